/**
 * The process that is measured: the authorization server as the domain puts it together, everything durable on one
 * PostgreSQL with fsync on, and oidc-provider as it comes, with its adapter in memory; each on a port of its own.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAuthorizationServer } from '@affinity/authorization-server/authorization-server.ts';
import { createClientRegistry } from '@affinity/authorization-server/clients.ts';
import { createPeople } from '@affinity/authorization-server/people.ts';
import { createBrowser, pageOf } from '@affinity/authorization-server/testing/browser.ts';
import { testPages } from '@affinity/authorization-server/testing/pages.ts';
import {
  allow,
  answerOf,
  authorizeUrl,
  clinic as base,
  basic,
  challenge,
  codeFields,
  postForm,
  verifier,
} from '@affinity/authorization-server/testing/requests.ts';
import { createAuditLog } from '@affinity/store/audit-log.ts';
import { createBackend } from '@affinity/store/backend.ts';
import { endGrant } from '@affinity/store/grant-feed.ts';
import { startEmbedded } from '@affinity/store/postgres/embedded.ts';
import { migrate } from '@affinity/store/postgres/migrate.ts';
import { createPool } from '@affinity/store/postgres/pool.ts';
import { createSharedCommit } from '@affinity/store/postgres/shared-commit.ts';
import { createSharedConnection } from '@affinity/store/postgres/shared-connection.ts';
import { createAdaptorServer } from '@hono/node-server';
import { exportJWK, generateKeyPair } from 'jose';
import Provider, { type Adapter, type AdapterPayload } from 'oidc-provider';
import { createGrantConsents } from '../affinity/grant-consents.ts';
import { makeDirectory, removeDirectory } from '../test/journeys/domain.ts';
import type { Candidate, Stock, Wish } from './authorization.ts';

const redirectUri = 'https://app.example/callback';
const secret = randomBytes(24).toString('base64url');
const scope = 'openid fhirUser launch/patient offline_access patient/Observation.rs patient/Condition.rs';

const { publicKey, privateKey } = await generateKeyPair('ES384', { extractable: true });
const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES384', use: 'sig' };

const codeOf = (response: Response): string => answerOf(response).get('code') ?? '';

const open = (server: ReturnType<typeof createServer> | ReturnType<typeof createAdaptorServer>): Promise<number> =>
  new Promise((done) => {
    // Longer than any other candidate's turn: no caller meets a connection that is just being closed.
    if ('keepAliveTimeout' in server) server.keepAliveTimeout = 120_000;
    server.listen(0, '127.0.0.1', () => done((server.address() as AddressInfo).port));
  });

const directory = makeDirectory();
const postgres = await startEmbedded({ directory });
await migrate(postgres.url);
const pool = createPool({ url: postgres.url, max: 20, onError: () => {} });
const auditPool = createPool({ url: postgres.url, max: 1, onError: () => {} });
const shared = createSharedConnection({ url: postgres.url, onError: () => {} });
const commits = createSharedConnection({ url: postgres.url, onError: () => {} });
const backend = createBackend({ pool, shared, ownBases: [base] });

const openAffinity = async () => {
  const issuer = new URL('/auth', base).href;
  const clients = [
    { client_id: 'web', client_secret: secret, redirect_uris: [redirectUri] },
    { client_id: 'clinic', client_secret: secret, grant_types: [], resource_server: base },
    {
      client_id: 'service',
      jwks: { keys: [jwk] },
      grant_types: ['client_credentials'],
      scope: 'system/Observation.rs',
    },
  ];
  const people = createPeople(pool);
  await people.add({
    username: 'ana',
    password: 'correct horse',
    name: 'Ana',
    fhirUser: 'Patient/p1',
    patients: [{ patient: 'p1', relation: 'self' }],
  });
  const server = await createAuthorizationServer({
    issuer,
    pool,
    look: shared.query,
    commit: createSharedCommit(commits),
    clients,
    resourceServers: [{ base, name: 'Clinic' }],
    pages: testPages,
    patients: async (ids) => ids.map((id) => ({ id, name: id })),
    findPatient: async () => undefined,
    audit: createAuditLog({ pool: auditPool }),
    endGrant,
    consents: createGrantConsents({ backend, base, clients: createClientRegistry(clients) }),
    settings: { codeSeconds: 3600, assertionSeconds: 3600 },
  });
  const port = await open(createAdaptorServer({ fetch: (request) => server.fetch(request, {}) }));
  const browser = createBrowser(server, issuer);
  const url = authorizeUrl({ redirect_uri: redirectUri, scope });
  const page = await pageOf(await browser.open(url), 'sign-in');
  const first = await allow(browser, await browser.submit(page, { username: 'ana', password: 'correct horse' }));
  // Its first use makes the consent one that need not be asked for again.
  const response = await postForm(
    server,
    '/token',
    codeFields(codeOf(first), { redirect_uri: redirectUri }),
    basic('web', secret),
  );
  if (!response.ok) throw new Error(await response.text());
  const code = async (): Promise<string> => codeOf(await browser.open(url));
  return { port, code, prefix: '/auth', close: () => server.close() };
};

/** What oidc-provider's adapter in memory does, without forgetting what is still needed after a thousand entries. */
const inMemory = () => {
  const held = new Map<string, AdapterPayload>();
  const ofGrant = new Map<string, string[]>();
  return (model: string): Adapter => ({
    upsert: async (id, payload) => {
      held.set(`${model}:${id}`, payload);
      if (payload.grantId !== undefined)
        ofGrant.set(payload.grantId, [...(ofGrant.get(payload.grantId) ?? []).slice(-50), `${model}:${id}`]);
    },
    find: async (id) => held.get(`${model}:${id}`),
    findByUserCode: async () => undefined,
    findByUid: async () => undefined,
    consume: async (id) => {
      const payload = held.get(`${model}:${id}`);
      if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1000);
    },
    destroy: async (id) => void held.delete(`${model}:${id}`),
    revokeByGrantId: async (id) => {
      for (const key of ofGrant.get(id) ?? []) held.delete(key);
    },
  });
};

const openBare = async () => {
  const issuer = 'http://localhost:4001';
  const { privateKey: signing } = await generateKeyPair('RS256', { extractable: true });
  const { privateKey: short } = await generateKeyPair('ES256', { extractable: true });
  const keys = [
    { ...(await exportJWK(signing)), kid: 'rs', alg: 'RS256', use: 'sig' },
    { ...(await exportJWK(short)), kid: 'es', alg: 'ES256', use: 'sig' },
  ];
  const provider = new Provider(issuer, {
    adapter: inMemory(),
    jwks: { keys: keys as never },
    clients: [
      {
        client_id: 'web',
        client_secret: secret,
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code', 'refresh_token'],
      },
      {
        client_id: 'service',
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'ES384',
        jwks: { keys: [jwk as never] },
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    scopes: ['openid', 'offline_access'],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: async () => true,
        getResourceServerInfo: async () => ({
          scope: 'system/Observation.rs patient/Observation.rs patient/Condition.rs',
          audience: base,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 900,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    enabledJWA: { clientAuthSigningAlgValues: ['ES384'] },
    rotateRefreshToken: true,
    issueRefreshToken: async () => true,
    findAccount: async (_, accountId) => ({ accountId, claims: async () => ({ sub: accountId }) }),
    ttl: { AuthorizationCode: 3600, Grant: 86_400, RefreshToken: 86_400 },
  });
  const client = await provider.Client.find('web');
  if (client === undefined) throw new Error('no client');
  const code = async (resource: string | undefined = base): Promise<string> => {
    const grant = new provider.Grant({ accountId: 'ana', clientId: 'web' });
    grant.addOIDCScope('openid offline_access');
    grant.addResourceScope(base, 'patient/Observation.rs patient/Condition.rs');
    const made = new provider.AuthorizationCode({
      accountId: 'ana',
      client,
      grantId: await grant.save(),
      redirectUri,
      scope: 'openid offline_access patient/Observation.rs patient/Condition.rs',
      codeChallenge: challenge,
      codeChallengeMethod: 'S256',
      authTime: Math.floor(Date.now() / 1000),
      sessionUid: 'session',
      expiresWithSession: false,
      claims: {},
      ...(resource === undefined ? {} : { resource }),
    } as never);
    return made.save();
  };
  const server = createServer(provider.callback());
  return { port: await open(server), code, prefix: '', close: async () => void server.close() };
};

const candidates = { affinity: await openAffinity(), bare: await openBare() };

process.on('message', async (wish: Wish | 'stop') => {
  if (wish === 'stop') {
    for (const candidate of Object.values(candidates)) await candidate.close();
    await Promise.all([shared.close(), commits.close(), pool.end(), auditPool.end()]);
    await postgres.stop();
    removeDirectory(directory);
    process.exit(0);
  }
  const codes: string[] = [];
  const { code } = candidates[wish.candidate];
  for (let at = 0; at < wish.codes; at++) codes.push(wish.opaque ? await candidates.bare.code('') : await code());
  process.send?.(codes satisfies Stock);
});
const addresses = Object.fromEntries(
  Object.entries(candidates).map(([name, { port, prefix }]) => [name, `http://127.0.0.1:${port}${prefix}`]),
) as Record<Candidate, string>;
process.send?.({ addresses, secret, redirectUri, verifier, key: await exportJWK(privateKey) });
