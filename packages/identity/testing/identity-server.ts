/** The identity server over a real database, behind the real guard: two sources, a client that only asks, and a feed. */
import { createClinic } from '@affinity/resource-server/testing/clinic.ts';
import { createBackend } from '@affinity/store/backend.ts';
import { createImporting } from '@affinity/store/import-batch.ts';
import { migrate } from '@affinity/store/postgres/migrate.ts';
import { createPool } from '@affinity/store/postgres/pool.ts';
import { recordMigrations } from '@affinity/store/postgres/record-migrations.ts';
import { createIndexing } from '@affinity/store/reindexing.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { linkPending } from '../linking.ts';
import type { Matcher } from '../matcher.ts';
import { countEvidence, readDemographics } from '../matching/demographics.ts';
import { mothersMaidenName } from '../mothers-maiden-name.ts';
import { createIhePix } from '../operations/ihe-pix.ts';
import { createMatch } from '../operations/match.ts';
import { withPatientSearch } from '../patient-search.ts';
import { createPersons } from '../persons.ts';
import { followRecords } from '../records-followed.ts';
import { createSourceRule } from '../source-rule.ts';
import { createStewardship } from '../steward.ts';
import { createPlainMatcher } from './plain-matcher.ts';

/** That of the clinic which stands in for the server. */
export const base = 'http://localhost:4000/fhir';
export const red = 'urn:oid:1.3.6.1.4.1.21367.13.20.1000';
export const blue = 'urn:oid:1.3.6.1.4.1.21367.13.20.2000';
export const home = 'http://localhost:4000/home/fhir';

export const openIdentityServer = async (
  t: Parameters<typeof testDatabase>[0],
  {
    perMinute = 1000,
    matcher = createPlainMatcher(),
  }: { readonly perMinute?: number; readonly matcher?: Matcher } = {},
) => {
  const { pool, url } = await testDatabase(t);
  await migrate(url, recordMigrations(), 'identity');
  const own = createPool({ url, schema: 'identity', onError: () => {} });
  const indexing = createIndexing({ pool: own, ownBases: [base], log: () => {} });
  await indexing.start();
  t?.after(async () => {
    await indexing.stop();
    await own.end();
  });
  const store = createBackend({ pool: own, ownBases: [base], parameters: indexing.parameters });
  await followRecords(pool, 'identity');
  const content = { resource: mothersMaidenName, json: JSON.stringify(mothersMaidenName) };
  await store.create({ type: 'SearchParameter', id: mothersMaidenName.id, content });
  await indexing.catchUp();
  const neighbours = {
    ...{ pool, schema: 'identity', base, matcher },
    ...{ matchesMost: 20, recordsAtOnce: 100, recordsMost: 20 },
  };
  const settle = () => linkPending(neighbours);
  const limit = { pool, perMinute, now: () => Date.now() };
  const domains = new Set([red, blue]);
  const clinic = await createClinic({
    backend: withPatientSearch(store, domains),
    operations: [
      createIhePix({ pool, base, matcher, bases: [home], domains, settle, limit, recordsMost: 20 }),
      createMatch({
        ...{ pool, base, matcher: neighbours.matcher, settle, limit, resultsMost: 20, evidenceLeast: 2 },
        evidenceOf: (patient) => countEvidence(readDemographics(patient)),
      }),
    ],
    objects: createSourceRule({
      ...{ pool, base, settle },
      sources: new Map([
        ['red', new Set([red])],
        ['blue', new Set([blue])],
      ]),
      shared: new Set(['urn:insurance']),
    }),
  });
  const tokens = new Map<string, string>();
  const tokenOf = async (client: string, scope = 'system/*.cruds'): Promise<string> => {
    const known = tokens.get(`${client} ${scope}`);
    if (known !== undefined) return known;
    const claims = { sub: client, client_id: client, grant_id: undefined, patient: undefined, scope };
    const token = await clinic.token(claims);
    tokens.set(`${client} ${scope}`, token);
    return token;
  };
  const send = async (client: string, path: string, init: RequestInit = {}, scope?: string): Promise<Response> =>
    clinic.send(path, await tokenOf(client, scope), init);
  const json = (body: unknown): RequestInit => ({
    body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/fhir+json' },
  });
  /** As ITI-104 feeds it. */
  const feed = (client: string, system: string, value: string, more: Readonly<Record<string, unknown>> = {}) =>
    send(client, `/Patient?identifier=${encodeURIComponent(`${system}|${value}`)}`, {
      method: 'PUT',
      ...json({
        resourceType: 'Patient',
        identifier: [{ system, value }],
        active: true,
        name: [{ family: 'Mohr', given: ['Alice'] }],
        gender: 'female',
        birthDate: '1958-01-30',
        ...more,
      }),
    });
  const taking = { pool, store, importing: createImporting(own, [base]), now: () => Date.now(), log: () => {} };
  const persons = createPersons({ db: pool, base });
  return {
    ...{ clinic, pool, store, send, json, feed, settle, taking, persons },
    stewardship: createStewardship(neighbours),
  };
};

export type IdentityServer = Awaited<ReturnType<typeof openIdentityServer>>;

export interface Told {
  readonly resourceType: string;
  readonly total?: number;
  readonly issue?: readonly { readonly severity: string; readonly code: string; readonly diagnostics?: string }[];
  readonly parameter?: readonly {
    readonly name: string;
    readonly valueIdentifier?: { readonly system: string; readonly value: string };
    readonly valueReference?: { readonly reference: string };
  }[];
  readonly link?: readonly { readonly relation: string; readonly url: string }[];
  readonly entry?: readonly {
    readonly fullUrl?: string;
    readonly resource: { readonly resourceType: string; readonly id: string; readonly [element: string]: unknown };
    readonly search?: {
      readonly mode: string;
      readonly score?: number;
      readonly extension?: readonly { readonly url: string; readonly valueCode: string }[];
    };
  }[];
}

export const told = async (response: Response): Promise<Told> => (await response.json()) as Told;

/** Status, code and words of a refusal. */
export const refusal = async (response: Response): Promise<readonly unknown[]> => {
  const { issue = [] } = await told(response);
  return [response.status, issue[0]?.severity, issue[0]?.code, issue[0]?.diagnostics];
};
