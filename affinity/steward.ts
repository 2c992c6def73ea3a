/** The stewards' pages put together: the queue and the records of the index of persons, decisions, and their records. IHE PIXm. */
import type { ClientMetadata } from '@affinity/authorization-server/clients.ts';
import type { People } from '@affinity/authorization-server/people.ts';
import type { AuditLog } from '@affinity/core/fhir/audit-event.ts';
import { isObject, list, text } from '@affinity/core/fhir/path-values.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { IndexedRecord, ReviewCase, Stewarding } from '@affinity/core/identity/stewardship.ts';
import { createStewardship } from '@affinity/identity/steward.ts';
import type { AtDesk } from '@affinity/portal/admin/administration.ts';
import type { CaseView, Decided, RecordView, Steward } from '@affinity/portal/steward/steward.ts';
import type pg from 'pg';
import type { Config } from './config.ts';
import { createPersonsFollower, type FollowedBases } from './followed-persons.ts';
import { identityService } from './identity.ts';
import { createStaffClient, createStaffNotes, createStaffSignIn, type Noted } from './staff-sign-in.ts';

export const stewardClientId = 'stewards';
const callbackPath = '/steward/callback';
/** Who somebody is, and nothing of any record. */
const scope = 'openid profile';

/** The pages as a client of the domain. @param secret shared inside this process only, and made anew at each start */
export const stewardClient = (origin: string, secret: string): ClientMetadata => ({
  client_id: stewardClientId,
  client_name: 'Possible duplicates',
  publisher: 'the people who run this place',
  client_secret: secret,
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: ['authorization_code'],
  redirect_uris: [`${origin}${callbackPath}`],
  client_uri: `${origin}/steward`,
  scope,
});

export interface StewardNeighbours {
  readonly config: Config;
  readonly pool: pg.Pool;
  readonly people: People;
  readonly audit: AuditLog;
  readonly issuer: string;
  /** FHIR base of the clinic */
  readonly base: string;
  readonly secret: string;
  readonly key: Uint8Array;
  /** names of the servers that records come from, by their bases */
  readonly titles: ReadonlyMap<string, string>;
  readonly follows: FollowedBases;
  readonly fetch: typeof globalThis.fetch;
  readonly now: () => Date;
}

/** Cases that one page shows, persons that one number finds, values of one fact, and characters of a value. */
const shownCases = 50;
const mostFound = 20;
const mostValues = 10;
const longestValue = 200;

const values = (found: readonly string[]): readonly string[] =>
  [...new Set(found.filter((value) => value !== ''))].slice(0, mostValues).map((value) => value.slice(0, longestValue));

const joined = (...parts: readonly unknown[]): string =>
  parts
    .flatMap((part) => (Array.isArray(part) ? part : [part]))
    .flatMap((part) => text(part) ?? [])
    .join(' ');

const factsIn = ({ name, birthDate, gender, address, telecom, identifier }: Resource): RecordView['facts'] => {
  const each = (element: unknown, words: (one: Readonly<Record<string, unknown>>) => string): readonly string[] =>
    values(list(element).flatMap((one) => (isObject(one) && one.use !== 'old' ? [words(one)] : [])));
  return {
    name: each(name, (one) => joined(one.given, one.family) || joined(one.text)),
    birthDate: values([joined(birthDate)]),
    gender: values([joined(gender)]),
    address: each(address, (one) => joined(one.line, one.postalCode, one.city) || joined(one.text)),
    telecom: each(telecom, (one) => joined(one.value)),
    identifier: each(identifier, (one) => joined(one.value)),
  };
};

const decidedAs = (done: Stewarding | 'decided-already'): Decided => (done === 'decided-already' ? 'already' : done);

export const createSteward = (neighbours: StewardNeighbours): Steward => {
  const { config, pool, people, key, titles, follows, base } = neighbours;
  const { origin } = config;
  const staffPages = { ...neighbours, clientId: stewardClientId, callbackPath, scope, origin };
  const smart = createStaffClient(staffPages);
  const { note, noteShown } = createStaffNotes(staffPages);
  const noteBy = ({ user, address }: AtDesk, facts: Noted): Promise<void> => note(user, address, facts);
  const follow = createPersonsFollower(follows);
  const schema = identityService.name;
  const reading = createStewardship({ pool, schema });

  const recordOf = ({ record, person, place, resource }: IndexedRecord): RecordView => ({
    record,
    person,
    source: titles.get(place?.base ?? '') ?? place?.base ?? 'Another source',
    ...(place === undefined ? {} : { id: place.patient }),
    facts: factsIn(resource),
  });
  const caseOf = ({ id, one, other, score, state, raisedAt, decidedAt, decidedBy }: ReviewCase): CaseView => ({
    ...{ id, score, state },
    one: recordOf(one),
    other: recordOf(other),
    raisedAt: new Date(raisedAt),
    ...(decidedAt === undefined ? {} : { decidedAt: new Date(decidedAt) }),
    ...(decidedBy === undefined ? {} : { decidedBy }),
  });

  /** Whose records these are at home: whoever asks who has seen a record, is told of this too. */
  const homeIds = (records: readonly IndexedRecord[]): { readonly patients?: readonly string[] } => {
    const ids = records.flatMap(({ place }) => (place?.base === base ? [place.patient] : []));
    return ids.length === 0 ? {} : { patients: [...new Set(ids)] };
  };
  const shown = (records: readonly IndexedRecord[], reason: string, by: AtDesk): Promise<void> =>
    noteBy(by, { event: 'patient-shown', outcome: 'permitted', reason, ...homeIds(records) });

  /** Recorded in the transaction that decides, before it stands: there is no decision that nobody could read of. */
  const deciding = (records: readonly IndexedRecord[], words: string, why: string, by: AtDesk) =>
    createStewardship({
      pool,
      schema,
      changed: async (db, persons) => {
        await follow(db, persons);
        const [first] = records;
        await noteBy(by, {
          event: 'identity-linked',
          outcome: 'permitted',
          ...(first === undefined ? {} : { target: `Patient/${first.record}` }),
          ...homeIds(records),
          reason: `${words} ${records.map(({ record }) => record).join(' and ')}: ${why}`,
        });
      },
    });
  const whoAnd = ({ name }: AtDesk, why: string) => ({ by: name.slice(0, 200), why });

  return {
    // Who it is, is all that is wanted: the tokens are given back at once.
    signIn: createStaffSignIn(smart, async (session) => {
      await smart.revoke(session);
      return {};
    }),
    async steward(user) {
      const [person, may] = await Promise.all([people.find(user), people.isSteward(user)]);
      return may ? person?.name : undefined;
    },
    note: noteShown('not a steward'),
    async queue(after, by) {
      const { cases, ...rest } = await reading.waiting({
        count: shownCases,
        ...(after === undefined ? {} : { after }),
      });
      const records = cases.flatMap(({ one, other }) => [one, other]);
      if (records.length > 0) await shown(records, 'possible duplicates', by);
      return { ...rest, cases: cases.map(caseOf) };
    },
    async findCase(id, by) {
      const found = await reading.findCase(id);
      if (found === undefined) return undefined;
      await shown([found.one, found.other], `the possible duplicate ${id}`, by);
      return caseOf(found);
    },
    async findPerson(id, by) {
      const records = await reading.recordsOf(id);
      const [first] = records;
      if (first === undefined) return undefined;
      const history = await reading.historyOf(first.person);
      await shown(records, `the records of the person ${first.person}`, by);
      return {
        id: first.person,
        records: records.map(recordOf),
        history: history.map(({ at, event, kind, by: who, why }) => ({ event, kind, by: who, why, at: new Date(at) })),
      };
    },
    async findByNumber(number, by) {
      if (number === '') return [];
      const { rows } = await pool.query<{ person: string }>(
        `select distinct person from person_identifier join person_record using (record) where value = $1 limit $2`,
        [number, mostFound],
      );
      await noteBy(by, { event: 'patient-shown', outcome: 'permitted', reason: 'looked for a person by a number' });
      return rows.map(({ person }) => person);
    },
    async decide(id, verdict, why, by) {
      const found = await reading.findCase(id);
      if (found === undefined) return 'absent';
      const words = verdict === 'same' ? 'the same person:' : 'not the same person:';
      const stewardship = deciding([found.one, found.other], words, why, by);
      return decidedAs(await stewardship.decide(id, verdict, whoAnd(by, why)));
    },
    async separate(record, why, by) {
      const { rows } = await pool.query<{ person: string }>('select person from person_record where record = $1', [
        record,
      ]);
      const records = rows[0] === undefined ? [] : await reading.recordsOf(rows[0].person);
      const own = records.filter((one) => one.record === record);
      return decidedAs(await deciding(own, 'separated:', why, by).unlink(record, whoAnd(by, why)));
    },
    key,
    idleSeconds: config.file.administration.idle_minutes * 60,
    sessionSeconds: config.file.administration.session_hours * 3600,
  };
};
