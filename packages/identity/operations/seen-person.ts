/**
 * A person as far as a caller may see them: those of their records that may be found, and that are one person by what may be
 * found. Two records that a third one ties together are two persons for who may not know of the third, or the answer would
 * tell that there is one. FHIR R4 security.html#access-control.
 */
import type { Version } from '@affinity/core/fhir/backend.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { OperationView } from '@affinity/resource-server/own-operation.ts';
import type pg from 'pg';
import type { Matcher } from '../matcher.ts';
import { visibleRecords } from './visible-records.ts';

export interface SeenNeighbours {
  readonly pool: pg.Pool;
  readonly matcher: Pick<Matcher, 'judge'>;
}

interface Row {
  readonly record: string;
  readonly person: string;
  /** where it is from */
  readonly base: string | null;
  readonly patient: string | null;
  readonly replaced_by: string | null;
}

export interface SeenRecord extends Row {
  readonly version: Version;
  readonly resource: Resource;
}
export type SeenPerson = readonly SeenRecord[];

/** Records that a steward has put to others: whoever sees one of both sides knows of it. */
const readDecided = async (pool: pg.Pool, person: string): Promise<readonly ReadonlySet<string>[]> => {
  const { rows } = await pool.query<{ records: readonly string[] }>(
    `select records from person_event
     where to_person = $1 and kind in ('link', 'merge') and done_by not in ('matcher', 'source')`,
    [person],
  );
  return rows.map(({ records }) => new Set(records));
};

const isTied = (
  one: SeenRecord,
  other: SeenRecord,
  decided: readonly ReadonlySet<string>[],
  { matcher }: SeenNeighbours,
): boolean => {
  if (one.replaced_by === other.record || other.replaced_by === one.record) return true;
  if (decided.some((records) => records.has(one.record) !== records.has(other.record))) return true;
  // What its source has replaced is compared with nobody.
  if (one.replaced_by !== null || other.replaced_by !== null) return false;
  return matcher.judge(one.resource, other.resource).grade === 'certain';
};

const readPerson = async (pool: pg.Pool, found: readonly string[]): Promise<readonly Row[]> => {
  const { rows } = await pool.query<Row>(
    `select record, person, base, patient, replaced_by from person_record left join person_place using (record)
     where person in (select person from person_record where record = any($1)) order by record`,
    [found],
  );
  return rows;
};

/** The person of these records, which may be found themselves; undefined where they are of several, for this caller. */
export const seenPerson = async (
  view: Pick<OperationView, 'search'>,
  found: readonly string[],
  neighbours: SeenNeighbours,
): Promise<SeenPerson | undefined> => {
  const rows = await readPerson(neighbours.pool, found);
  const [first] = rows;
  if (first === undefined || rows.some(({ person }) => person !== first.person)) return undefined;
  const visible = await visibleRecords(
    view,
    rows.map(({ record }) => record),
  );
  const seen = rows.flatMap((row): SeenRecord[] => {
    const version = visible.get(row.record);
    return version === undefined ? [] : [{ ...row, version, resource: JSON.parse(version.body) as Resource }];
  });
  const decided = await readDecided(neighbours.pool, first.person);
  const reached = new Set(seen.filter(({ record }) => record === found[0]));
  for (const one of reached)
    for (const other of seen) if (!reached.has(other) && isTied(one, other, decided, neighbours)) reached.add(other);
  const records = new Set([...reached].map(({ record }) => record));
  return found.every((record) => records.has(record)) ? seen.filter((one) => reached.has(one)) : undefined;
};
