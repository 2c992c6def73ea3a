/** An index of persons over records that a test writes as a source would, with a matcher that anybody can follow. */
import { resourceKey } from '@affinity/store/terms.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { type LinkingNeighbours, linkPending } from '../linking.ts';
import { createPersons } from '../persons.ts';
import { followRecords } from '../records-followed.ts';
import { createStewardship } from '../steward.ts';
import { createPlainMatcher } from './plain-matcher.ts';

export const base = 'http://localhost:4000/identity/fhir';

type TestContext = Parameters<typeof testDatabase>[0];

export interface Said {
  readonly family?: string;
  readonly given?: string;
  readonly birthDate?: string;
  readonly number?: string;
  readonly replacedBy?: string;
}

export const numbers = 'urn:test:numbers';

export const patientOf = (id: string, { family, given, birthDate, number, replacedBy }: Said) => ({
  resourceType: 'Patient',
  id,
  ...(number === undefined ? {} : { identifier: [{ system: numbers, value: number }] }),
  active: replacedBy === undefined,
  name: [{ ...(family === undefined ? {} : { family }), ...(given === undefined ? {} : { given: [given] }) }],
  ...(birthDate === undefined ? {} : { birthDate }),
  ...(replacedBy === undefined
    ? {}
    : { link: [{ other: { identifier: { system: numbers, value: replacedBy } }, type: 'replaced-by' }] }),
});

export const openIndex = async (t: TestContext, given: Partial<LinkingNeighbours> = {}) => {
  const { pool, url } = await testDatabase(t);
  await pool.query('create schema identity');
  await pool.query('create table identity.resource (like resource including all)');
  await followRecords(pool, 'identity');
  const neighbours = {
    ...{ pool, schema: 'identity', base, matcher: createPlainMatcher(), matchesMost: 20 },
    ...{ recordsAtOnce: 100, recordsMost: 20, ...given },
  };
  const put = async (record: string, said: Said | undefined): Promise<void> => {
    const body = said === undefined ? null : JSON.stringify(patientOf(record, said));
    await pool.query(
      `insert into identity.resource (rid, last_updated, occurred, version, confidentiality, deleted, method, type, id,
         patients, terms, body)
       values ($1, 0, 0, 1, 2, $2, 'PUT', 'Patient', $3, '{}', '{}', $4)
       on conflict (rid) do update set deleted = excluded.deleted, body = excluded.body,
         version = resource.version + 1`,
      [resourceKey('Patient', record), said === undefined, record, body],
    );
  };
  const persons = createPersons({ db: pool, base });
  return {
    ...{ pool, url, put, persons },
    link: () => linkPending(neighbours),
    personOf: (record: string) => persons.personAt({ base, patient: record }),
    stewardship: createStewardship(neighbours),
  };
};
