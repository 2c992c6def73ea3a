/** An authorization server on a database of its own, with apps and people: what each test of this package starts from. */
import assert from 'node:assert/strict';
import { KeyObject, randomBytes, sign } from 'node:crypto';
import type { AuditRecord } from '@affinity/core/fhir/audit-event.ts';
import { endGrant } from '@affinity/store/grant-feed.ts';
import { type TestDatabase, testDatabase } from '@affinity/store/testing/database.ts';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  createAuthorizationServer,
} from '../authorization-server.ts';
import type { BusinessIdentifier } from '../identifiers.ts';
import { createPeople, type People } from '../people.ts';
import type { Settings } from '../settings.ts';
import { createBrowser, type Fields, type TestBrowser } from './browser.ts';
import { createTestConsents, type TestConsents } from './consents.ts';
import { createTestRecords, type TestRecords } from './launches.ts';
import { testPages } from './pages.ts';
import {
  allow,
  answerOf,
  authorizeUrl,
  basic,
  callback,
  clinic,
  codeFields,
  issuer,
  postForm,
  secret,
  signIn,
  type Tokens,
} from './requests.ts';

export * from './requests.ts';

import { hospital, prepared } from './prepared.ts';

export { hospital };

export const mrn = 'https://clinic.example/mrn';
export const launchUri = 'http://localhost:4000/apps/vitals/launch?from=ehr';

/** `web` is confidential and can be launched, `ehr` is a record system, `ward` may ask for purposes, `browser` and `native` are public, `service` has keys. */
const apps = (serviceKey: JWK): readonly unknown[] => [
  {
    client_id: 'web',
    client_name: 'Web app',
    client_secret: secret,
    redirect_uris: [callback],
    launch_uris: [launchUri, 'http://localhost:4000/apps/vitals/other-launch'],
  },
  { client_id: 'ehr', client_secret: secret, redirect_uris: [callback], affinity_ehr: true },
  { client_id: 'other', client_secret: secret, redirect_uris: [callback] },
  { client_id: 'es256', client_secret: secret, redirect_uris: [callback], id_token_signed_response_alg: 'ES256' },
  {
    client_id: 'ward',
    client_secret: secret,
    redirect_uris: [callback],
    affinity_purposes: ['BTG', 'HRESCH', 'FAMRQT'],
  },
  {
    client_id: 'browser',
    redirect_uris: [callback, 'http://localhost:4000/apps/vitals/other'],
    launch_uris: ['http://localhost:4000/apps/vitals/browser-launch'],
  },
  { client_id: 'native', application_type: 'native', redirect_uris: ['com.example.app:/cb', 'http://127.0.0.1/cb'] },
  { client_id: 'signed', jwks: { keys: [serviceKey] }, redirect_uris: [callback] },
  {
    client_id: 'scale',
    client_name: 'Kitchen Scale',
    grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
  },
  {
    client_id: 'monitor',
    client_secret: secret,
    grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'authorization_code', 'refresh_token'],
    redirect_uris: [callback],
    affinity_purposes: ['BTG', 'HRESCH'],
  },
  { client_id: 'clinic', client_secret: secret, grant_types: [], resource_server: clinic },
  {
    client_id: 'pusher',
    client_secret: secret,
    redirect_uris: [callback],
    require_pushed_authorization_requests: true,
  },
  { client_id: 'bound', redirect_uris: [callback], dpop_bound_access_tokens: true },
  {
    client_id: 'gateway',
    client_secret: secret,
    grant_types: ['urn:ietf:params:oauth:grant-type:token-exchange'],
    resource_server: clinic,
    affinity_upstreams: [hospital],
  },
  {
    client_id: 'hospital',
    client_secret: secret,
    grant_types: ['urn:ietf:params:oauth:grant-type:token-exchange'],
    resource_server: hospital,
    affinity_upstreams: [`${clinic}/`, hospital],
  },
  { client_id: 'limited', redirect_uris: [callback], scope: 'openid launch/patient patient/Observation.rs' },
  {
    client_id: 'service',
    jwks: { keys: [serviceKey] },
    grant_types: ['client_credentials'],
    scope: 'system/Patient.rs system/Observation.rs',
    affinity_purposes: ['HOPERAT'],
  },
];

export interface TestDomain {
  readonly server: AuthorizationServer;
  readonly database: TestDatabase;
  readonly people: People;
  readonly audit: AuditRecord[];
  readonly consents: TestConsents;
  /** of a person's own resource, which a test may change */
  readonly identifiers: Map<string, readonly BusinessIdentifier[]>;
  readonly records: TestRecords;
  /** what operators would read */
  readonly logged: object[];
  readonly browser: () => TestBrowser;
  readonly ana: string;
  /** moves the clock of the server; what PostgreSQL times itself is not moved */
  advance(seconds: number): void;
  now(): Date;
  /** a second server on the same database */
  another(settings?: Partial<Settings>, options?: Partial<AuthorizationServerOptions>): Promise<AuthorizationServer>;
  /** a client assertion of `service` or `signed`; claims and header members can be replaced */
  assertion(claims?: JWTPayload, header?: Readonly<Record<string, unknown>>): Promise<string>;
  /** a compact JWS of `service` over these very texts, however odd */
  signed(header: string, payload: string): string;
  token(fields: Fields, headers?: Readonly<Record<string, string>>): Promise<Response>;
}

export async function startDomain(
  t: { after(work: () => Promise<void>): void },
  settings: Partial<Settings> = {},
  /** of the access tokens for the clinic and for the hospital */
  formats: { readonly clinic?: 'opaque'; readonly hospital?: 'opaque' } = {},
  options: Partial<AuthorizationServerOptions> = {},
): Promise<TestDomain> {
  const database = await testDatabase(t, prepared);
  const { pool } = database;
  const people = createPeople(pool);
  const ana = (await people.findNamed('ana'))?.sub ?? assert.fail('nobody is named ana');
  const { privateKey, publicKey } = await generateKeyPair('ES384', { extractable: true });
  const serviceKey = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES384', use: 'sig' };
  const audit: AuditRecord[] = [];
  const logged: object[] = [];
  const consents = createTestConsents(clinic);
  const identifiers = new Map<string, readonly BusinessIdentifier[]>([
    ['Patient/p1', [{ system: mrn, value: 'MRN-p1' }]],
    [
      'Practitioner/d1',
      [
        { system: 'http://hl7.org/fhir/sid/us-npi', value: '9123456784' },
        { system: 'https://staff.example', value: 'd-1' },
      ],
    ],
  ]);
  const records = createTestRecords();
  let shift = 0;
  const now = (): Date => new Date(Date.now() + shift);
  const another = async (
    more: Partial<Settings> = {},
    given: Partial<AuthorizationServerOptions> = {},
  ): Promise<AuthorizationServer> => {
    const made = await createAuthorizationServer({
      issuer,
      pool,
      clients: apps(serviceKey),
      resourceServers: [
        { base: `${clinic}/`, name: 'Clinic', tokens: formats.clinic ?? 'jwt' },
        { base: hospital, name: 'Hospital', tokens: formats.hospital ?? 'jwt' },
      ],
      pages: testPages,
      patients: async (ids) => ids.map((id) => ({ id, name: `Patient ${id}` })),
      findPatient: async ({ identifier }) => (/^MRN-p\d$/.test(identifier ?? '') ? identifier?.slice(4) : undefined),
      readIdentifiers: async (_, fhirUser) => identifiers.get(fhirUser) ?? [],
      launchRecords: records,
      styles: { standard: { color_text: '#000000' }, night: { color_background: '#111111' } },
      audit: { append: async (record) => void audit.push(record) },
      endGrant,
      consents,
      settings: { ...settings, ...more },
      now,
      log: (event, fields) => logged.push({ event, ...fields }),
      ...options,
      ...given,
    });
    t.after(() => made.close());
    return made;
  };
  const server = await another();
  return {
    server,
    database,
    people,
    audit,
    consents,
    identifiers,
    records,
    logged,
    ana,
    browser: () => createBrowser(server, issuer),
    advance: (seconds) => {
      shift += seconds * 1000;
    },
    now,
    another,
    assertion: (claims = {}, header = {}) => {
      const time = Math.floor(now().getTime() / 1000);
      const id = claims.iss ?? 'service';
      const payload = {
        iss: id,
        sub: id,
        aud: `${issuer}/token`,
        exp: time + 200,
        iat: time,
        jti: randomBytes(12).toString('hex'),
        ...claims,
      };
      return new SignJWT(payload)
        .setProtectedHeader({ alg: 'ES384', kid: 'k1', typ: 'JWT', ...header })
        .sign(privateKey);
    },
    signed: (header, payload) => {
      const text = [header, payload].map((part) => Buffer.from(part).toString('base64url')).join('.');
      const key = { key: KeyObject.from(privateKey), dsaEncoding: 'ieee-p1363' } as const;
      return `${text}.${sign('sha384', Buffer.from(text), key).toString('base64url')}`;
    },
    token: (fields, headers = {}) => postForm(server, '/token', fields, headers),
  };
}

/** The whole way for `web`: sign in, allow where that is asked, redeem. */
export async function obtainTokens(
  domain: TestDomain,
  changes: Parameters<typeof authorizeUrl>[0] = {},
  without: readonly string[] = [],
  username = 'ana',
): Promise<Tokens> {
  const browser = domain.browser();
  const shown = await signIn(browser, authorizeUrl(changes), username);
  const back = shown.headers.has('location') ? shown : await allow(browser, shown, { without });
  const response = await domain.token(codeFields(answerOf(back).get('code') ?? ''), basic(changes.client_id ?? 'web'));
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()) as Tokens;
}
