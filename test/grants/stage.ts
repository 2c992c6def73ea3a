/** Authorization server and clinic in one process on real PostgreSQL, as the domain puts them together: pages as data. */
import { tmpdir } from 'node:os';
import {
  type AuthorizationServer,
  createAuthorizationServer,
} from '@affinity/authorization-server/authorization-server.ts';
import { createClientRegistry } from '@affinity/authorization-server/clients.ts';
import type { GrantConsents } from '@affinity/authorization-server/grant-consents.ts';
import type { ConsentView } from '@affinity/authorization-server/page-views.ts';
import { createPeople } from '@affinity/authorization-server/people.ts';
import { createBrowser, type Fields, pageOf } from '@affinity/authorization-server/testing/browser.ts';
import {
  answerOf,
  authorizeUrl,
  clinic as base,
  basic,
  callback,
  codeFields,
  hospital,
  issuer,
  launchUri,
  postForm,
  secret,
  signIn,
  type Tokens,
} from '@affinity/authorization-server/testing/domain.ts';
import { testPages } from '@affinity/authorization-server/testing/pages.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { GrantState } from '@affinity/core/smart/grant-state.ts';
import { createAuditLog } from '@affinity/store/audit-log.ts';
import { createBackend, type StoreBackend } from '@affinity/store/backend.ts';
import { followGrantsAndConsents } from '@affinity/store/consent-feed.ts';
import { endGrant } from '@affinity/store/grant-feed.ts';
import { createPool } from '@affinity/store/postgres/pool.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { createValidator } from '@affinity/validation/validator.ts';
import pg from 'pg';
import { createClinic } from '../../affinity/clinic.ts';
import { createClinicFacts } from '../../affinity/clinic-facts.ts';
import { type Config, readConfig } from '../../affinity/config.ts';
import { createGrantConsents } from '../../affinity/grant-consents.ts';
import { createLaunchRecords } from '../../affinity/launch-records.ts';
import { createIdentifierReader } from '../../affinity/person-identifiers.ts';

export { base, basic, issuer };

export interface GrantStage {
  readonly server: AuthorizationServer;
  readonly backend: StoreBackend;
  readonly pool: pg.Pool;
  readonly consents: GrantConsents;
  /** the end of grants, as resource servers know it */
  readonly grants: GrantState;
  put(resource: Resource): Promise<void>;
  /** From the authorization request to the tokens: `choose` says what is posted from the consent page. */
  obtain(asked: Asked): Promise<Tokens>;
  /** the consent page that this request leads to */
  show(asked: Asked): Promise<ConsentView>;
  refresh(token: string | undefined, fields?: Fields): Promise<Response>;
  post(path: string, fields: Fields): Promise<Response>;
  send(path: string, token: string, init?: RequestInit): Promise<Response>;
  /** any request, answered by whichever of the two servers it is for */
  fetch(request: Request): Promise<Response>;
  /** ids of the type that the token finds, sorted; the status where it is refused */
  found(type: string, token: string): Promise<readonly string[] | number>;
  /** what is stored, as it is */
  consentOf(grant: string): Promise<Resource | undefined>;
}

export interface Asked {
  readonly scope: string;
  readonly username?: string;
  readonly choose?: (view: ConsentView) => Fields;
}

/** Every box as it comes, and Allow. */
export const asItComes = (view: ConsentView): Fields => ({
  scope: view.items.filter(({ checked }) => checked).map(({ scope }) => scope),
  ...(view.amount === undefined ? {} : { amount: view.amount }),
  kind_asked: view.kinds.map(({ kind }) => kind),
  kind: view.kinds.filter(({ checked }) => checked).map(({ kind }) => kind),
  confidential_asked: 'yes',
  leave_out_confidential: 'yes',
  ...(view.valuesShown === undefined ? {} : { values_shown: view.valuesShown }),
  duration: '365',
  decision: 'allow',
});

const apps = [
  {
    client_id: 'web',
    client_name: 'Web app',
    client_secret: secret,
    redirect_uris: [callback],
    launch_uris: [launchUri],
  },
  {
    client_id: 'ehr',
    client_name: 'Record system',
    client_secret: secret,
    redirect_uris: [callback],
    affinity_ehr: true,
  },
  { client_id: 'other', client_name: 'Other app', client_secret: secret, redirect_uris: [callback] },
  { client_id: 'phone', client_name: 'Phone app', application_type: 'native', redirect_uris: [callback] },
];

/** @param tokens settings of the domain, in place of the usual ones */
export const openStage = async (
  t: { after(work: () => Promise<void>): void },
  tokens: Partial<Config['file']['tokens']> = {},
): Promise<GrantStage> => {
  const database = await testDatabase(t);
  const pool = createPool({ url: database.url, max: 20, onError: () => {} });
  const log = (): void => {};
  const now = (): Date => new Date();
  const backend = createBackend({ pool, ownBases: [base] });
  const audit = createAuditLog({ pool });
  const feeds = followGrantsAndConsents({
    connect: () => new pg.Client({ connectionString: database.url }),
    staleAfterMs: 5_000,
    pollMs: 1_000,
    log,
    now: Date.now,
  });
  const validator = createValidator();
  const people = createPeople(pool);
  await people.add({
    username: 'ana',
    password: 'correct horse',
    name: 'Ana',
    fhirUser: 'Patient/p1',
    patients: [{ patient: 'p1', relation: 'self' }],
  });
  const self = [{ patient: 'p2', relation: 'self' }];
  await people.add({ username: 'eve', password: 'correct horse', name: 'Eve', patients: self });
  await people.add({ username: 'doctor', password: 'correct horse', name: 'Dr. Okafor', fhirUser: 'Practitioner/d1' });
  const registry = createClientRegistry(apps);
  const consents = createGrantConsents({ backend, base, clients: registry });
  const read = readConfig({ AFFINITY_DEMO: 'off' }, tmpdir());
  if (read.kind === 'faults') throw new Error(JSON.stringify(read.faults));
  const { file } = read.config;
  const config: Config = { ...read.config, file: { ...file, tokens: { ...file.tokens, ...tokens } } };
  const facts = createClinicFacts({
    config,
    base,
    pool,
    backend,
    consents: feeds.consents,
    people,
    registry,
    now,
    log,
  });
  const server = await createAuthorizationServer({
    issuer,
    pool,
    clients: apps,
    resourceServers: [
      { base, name: 'Clinic', tokens: config.file.tokens.format },
      { base: hospital, name: 'Hospital', tokens: config.file.tokens.format },
    ],
    settings: { requireProofNonce: config.file.tokens.require_proof_nonce },
    pages: testPages,
    patients: async (ids) => ids.map((id) => ({ id, name: `Patient ${id}` })),
    findPatient: async () => undefined,
    readIdentifiers: createIdentifierReader(backend, base),
    launchRecords: createLaunchRecords({ pool, backend, facts, base, now }),
    audit,
    endGrant,
    consents,
  });
  const clinic = await createClinic({
    config,
    base,
    stateBase: 'http://localhost:4000/state/fhir',
    issuer,
    pool,
    backend,
    validator,
    audit,
    grants: feeds.grants,
    authorization: server,
    registry,
    facts,
    now,
    log,
  });
  t.after(async () => {
    await server.close();
    await feeds.close();
    await validator.close();
    await audit.settle();
    await pool.end();
  });
  while (!feeds.isFresh()) await new Promise((done) => setTimeout(done, 10));

  const consentPage = async ({ scope, username = 'ana' }: Asked) => {
    const browser = createBrowser(server, issuer);
    const shown = await signIn(browser, authorizeUrl({ scope, prompt: 'consent' }), username);
    return { browser, page: await pageOf(shown, 'consent') };
  };
  const post = (path: string, fields: Fields): Promise<Response> => postForm(server, path, fields, basic('web'));
  const send: GrantStage['send'] = (path, token, init = {}) => {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${token}`);
    if (init.body !== undefined) headers.set('content-type', 'application/fhir+json');
    return clinic.fetch(new Request(`${base}/${path}`, { ...init, headers }), { address: '192.0.2.1' });
  };
  return {
    server,
    backend,
    pool,
    consents,
    grants: feeds.grants,
    put: async (resource) => {
      const { resourceType: type, id = '' } = resource;
      const result = await backend.create({ type, id, content: { resource, json: JSON.stringify(resource) } });
      if (result.kind !== 'created') throw new Error(`${type}/${id}: ${result.kind}`);
    },
    show: async (asked) => (await consentPage(asked)).page.view,
    obtain: async (asked) => {
      const { browser, page } = await consentPage(asked);
      const back = await browser.submit(page, (asked.choose ?? asItComes)(page.view));
      const response = await post('/token', codeFields(answerOf(back).get('code') ?? ''));
      if (response.status !== 200) throw new Error(await response.text());
      return (await response.json()) as Tokens;
    },
    refresh: (token, fields = {}) =>
      post('/token', { grant_type: 'refresh_token', refresh_token: token ?? '', ...fields }),
    post,
    send,
    fetch: (request) =>
      request.url.startsWith(`${base}/`) ? clinic.fetch(request, {}) : server.fetch(request, { address: '192.0.2.1' }),
    found: async (type, token) => {
      const response = await send(`${type}?_count=100`, token);
      if (response.status !== 200) return response.status;
      const bundle = (await response.json()) as { entry?: { resource: { id: string } }[] };
      return (bundle.entry ?? []).map(({ resource }) => resource.id).sort();
    },
    consentOf: async (grant) => {
      const found = await backend.read({ type: 'Consent', id: `grant-${grant}` }, { kind: 'everything' });
      return found.kind === 'found' ? (JSON.parse(found.version.body) as Resource) : undefined;
    },
  };
};
