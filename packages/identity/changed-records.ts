/** What changed records say, and with which others they may be of one person: read in the transaction that links them. */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { PersonIdentifier } from '@affinity/core/identity/person-index.ts';
import { resourceKey } from '@affinity/store/terms.ts';
import type pg from 'pg';
import type { ReviewRow } from './linking-rows.ts';
import { type Matcher, reasonsOf } from './matcher.ts';
import { identifiersIn, type Replacement, replacementOf } from './patient-record.ts';
import type { Pair } from './union.ts';

export interface ReadingNeighbours {
  /** the schema in which the records stand */
  readonly schema: string;
  /** base of the identity server */
  readonly base: string;
  readonly matcher: Matcher;
  /** matches of one record that are looked at */
  readonly matchesMost: number;
}

export interface Changed {
  readonly record: string;
  readonly patient: Resource;
  readonly active: boolean;
  readonly identifiers: readonly PersonIdentifier[];
  readonly replacedBy?: string;
}

export interface Known {
  readonly record: string;
  readonly person: string;
  readonly replaced_by: string | null;
}

type Db = pg.PoolClient;

export const readKnown = async (db: Db, records: readonly string[]): Promise<ReadonlyMap<string, Known>> => {
  const { rows } = await db.query<Known>(
    'select record, person, replaced_by from person_record where record = any($1)',
    [records],
  );
  return new Map(rows.map((row) => [row.record, row]));
};

/** Every record of these persons, with its person. */
export const readMembers = async (db: Db, persons: readonly string[]): Promise<ReadonlyMap<string, string>> => {
  const { rows } = await db.query<{ record: string; person: string }>(
    'select record, person from person_record where person = any($1) order by record',
    [persons],
  );
  return new Map(rows.map(({ record, person }) => [record, person]));
};

const bearerOf = async (db: Db, { system, value }: PersonIdentifier): Promise<string | undefined> => {
  const { rows } = await db.query<{ record: string }>(
    `select record from person_identifier join person_record using (record)
     where system = $1 and value = $2 and replaced_by is null limit 2`,
    [system, value],
  );
  return rows.length === 1 ? rows[0]?.record : undefined;
};

/** As they stand now; those that are not there any more are left out. */
export const readChanged = async (
  db: Db,
  records: readonly string[],
  { schema, base }: Pick<ReadingNeighbours, 'schema' | 'base'>,
): Promise<readonly Changed[]> => {
  const { rows } = await db.query<{ id: string; body: string | null }>(
    `select id, body from ${schema}.resource where rid = any($1::bigint[]) and type = 'Patient' order by id`,
    [records.map((record) => resourceKey('Patient', record))],
  );
  const there = rows.flatMap(({ id, body }) => {
    if (body === null) return [];
    const patient = JSON.parse(body) as Resource;
    const replacement = replacementOf(patient, [base]);
    const active = patient.active !== false;
    return [{ record: id, patient, active, identifiers: identifiersIn(patient), replacement }];
  });
  const named = async (given: Replacement | undefined): Promise<string | undefined> => {
    if (given === undefined || given.kind === 'record') return given?.record;
    const { system, value } = given.identifier;
    const beside = there.find(({ replacement, identifiers }) =>
      replacement === undefined ? identifiers.some((one) => one.system === system && one.value === value) : false,
    );
    return beside?.record ?? bearerOf(db, given.identifier);
  };
  return Promise.all(
    there.map(async ({ replacement, ...one }) => {
      const replacedBy = await named(replacement);
      return { ...one, ...(replacedBy === undefined || replacedBy === one.record ? {} : { replacedBy }) };
    }),
  );
};

export interface Found {
  readonly certain: readonly Pair[];
  readonly possible: readonly Pair[];
}

/** What a matcher finds for each of them among everybody, themselves included. */
export const findMatches = async (
  db: Db,
  changed: readonly Changed[],
  { matcher, base, matchesMost }: ReadingNeighbours,
): Promise<Found> => {
  const placeOf = (record: string) => ({ base, patient: record });
  const [certain, possible]: [Pair[], Pair[]] = [[], []];
  const replaced = changed.filter(({ replacedBy }) => replacedBy !== undefined);
  const compared = changed.filter(({ replacedBy }) => replacedBy === undefined);
  await matcher.forget(
    db,
    replaced.map(({ record }) => placeOf(record)),
  );
  await matcher.index(
    db,
    compared.map(({ record, patient }) => ({ place: placeOf(record), patient })),
  );
  for (const { record, patient } of compared) {
    const matches = await matcher.match(db, patient, { limit: matchesMost, except: placeOf(record) });
    for (const { grade, score, place, comparison } of matches) {
      const pair = { one: record, other: place.patient, score, reasons: reasonsOf({ comparison }) };
      if (grade === 'certain') certain.push(pair);
      else if (grade !== 'certainly-not') possible.push(pair);
    }
  }
  return { certain, possible };
};

/** Those that have changed so much that nothing ties them to the others of their person any more. */
export const doubtsOf = (
  changed: readonly Changed[],
  members: ReadonlyMap<string, string>,
  replaced: ReadonlySet<string>,
  { certain, possible }: Found,
): readonly ReviewRow[] =>
  changed.flatMap(({ record, replacedBy }): ReviewRow[] => {
    const person = members.get(record);
    if (person === undefined || replacedBy !== undefined) return [];
    const others = [...members].flatMap(([other, of]) =>
      of === person && other !== record && !replaced.has(other) ? [other] : [],
    );
    const tied = [...certain, ...possible].some(
      ({ one, other }) => (one === record && others.includes(other)) || (other === record && others.includes(one)),
    );
    const [first] = others;
    if (first === undefined || tied) return [];
    return [{ one: record, other: first, score: 0, reasons: ['changed: fits no other record'], doubted: record }];
  });
