/** FHIR requests with a session: renewal, repetition, and the addresses that a token never goes to. RFC 6749 §6, RFC 6750 §3. */
import assert from 'node:assert/strict';
import { after, beforeEach, describe, test } from 'node:test';
import type { Session } from '../session.ts';
import { createMemoryStore } from '../testing/session-store.ts';
import { startSmartServer } from '../testing/smart-server.ts';
import { createSmartClient, type SmartClientOptions } from './smart-client.ts';

const server = await startSmartServer();
const good = { ...server.knobs };
after(() => server.close());

const connect = (more: Partial<SmartClientOptions> = {}) =>
  createSmartClient({
    iss: server.iss,
    clientId: 'app',
    clientAuthentication: { kind: 'secret-basic', secret: 'client-secret' },
    redirectUri: 'http://localhost/callback',
    scope: 'openid launch/patient offline_access patient/Observation.rs',
    allowInsecureLoopback: true,
    ...more,
  });

async function signIn(client = connect(), change: (session: Session) => Session = (session) => session) {
  const begun = await client.begin();
  assert.ok(begun.kind === 'redirect');
  const completed = await client.complete(server.authorize(begun.url), begun.pending);
  assert.ok(completed.kind === 'ready');
  server.calls.length = 0;
  return { client, session: completed.session, store: createMemoryStore(change(completed.session)) };
}

const refreshes = () => server.callsTo('/auth/token').length;

beforeEach(() => {
  Object.assign(server.knobs, good);
  server.calls.length = 0;
});

test('a request carries the token and asks for FHIR JSON', async () => {
  const { client, store, session } = await signIn();
  const answer = await client.request(store, 'Patient/p1');
  assert.ok(answer.kind === 'response');
  assert.equal(((await answer.response.json()) as { id: string }).id, 'p1');
  assert.equal(server.calls[0]?.authorization, `Bearer ${session.accessToken}`);
  assert.equal(server.calls[0]?.path, '/fhir/Patient/p1');
});

test('a 401 renews the session and repeats a read; patient and scope stay', async () => {
  const { client, store, session } = await signIn();
  server.killAccessTokens();
  const answer = await client.request(store, 'Patient/p1');
  assert.ok(answer.kind === 'response');
  assert.equal(answer.response.status, 200);
  const kept = await store.load();
  assert.deepEqual(answer.session, kept);
  assert.notEqual(kept?.accessToken, session.accessToken);
  assert.notEqual(kept?.refreshToken, session.refreshToken);
  assert.deepEqual([kept?.id, kept?.patient, kept?.scope], [session.id, 'p1', session.scope]);
});

test('twelve 401s at once make one refresh', async () => {
  const { client, store } = await signIn();
  server.killAccessTokens();
  const answers = await Promise.all(Array.from({ length: 12 }, () => client.request(store, 'Patient/p1')));
  assert.ok(answers.every((answer) => answer.kind === 'response' && answer.response.status === 200));
  assert.equal(refreshes(), 1);
  assert.equal(store.saves(), 1);
});

test('a late 401 of an old token does not refresh again', async () => {
  const { client, store, session } = await signIn();
  server.killAccessTokens();
  assert.equal((await client.request(store, 'Patient/p1')).kind, 'response');
  const old = createMemoryStore(session);
  // Loads the old session once, as a caller would that began before the renewal, then what is kept.
  let loads = 0;
  const late = { load: () => (loads++ === 0 ? old.load() : store.load()), save: store.save };
  assert.equal((await client.request(late, 'Patient/p1')).kind, 'response');
  assert.equal(refreshes(), 1);
});

test('direct refreshes at once share one exchange', async () => {
  const { client, session } = await signIn();
  const all = await Promise.all([client.refresh(session), client.refresh(session), client.refresh(session)]);
  assert.ok(all.every((renewed) => renewed.kind === 'renewed'));
  assert.equal(refreshes(), 1);
});

test('a token near its end is renewed ahead', async () => {
  let now = Date.now();
  const { client, store, session } = await signIn(connect({ now: () => now, renewAheadSeconds: 30 }));
  now = session.expiresAt - 30_001;
  await client.request(store, 'Patient/p1');
  assert.equal(refreshes(), 0);
  now = session.expiresAt - 30_000;
  await client.request(store, 'Patient/p1');
  assert.equal(refreshes(), 1);
});

test('a session without a refresh token serves to its end and is then signed out', async () => {
  let now = Date.now();
  const { client, store, session } = await signIn(connect({ now: () => now }), ({ refreshToken, ...rest }) => rest);
  now = session.expiresAt - 1;
  assert.equal((await client.request(store, 'Patient/p1')).kind, 'response');
  now = session.expiresAt;
  assert.deepEqual(await client.request(store, 'Patient/p1'), { kind: 'signed-out', why: 'expired' });
  assert.equal(await store.load(), undefined);
});

test('a refused refresh signs out; a server in trouble does not', async () => {
  const { client, store } = await signIn();
  server.killAccessTokens();
  server.knobs.refreshStatus = 503;
  assert.equal((await client.request(store, 'Patient/p1')).kind, 'failed');
  assert.ok(await store.load());
  server.knobs.refreshStatus = 400;
  server.knobs.refreshError = 'invalid_client';
  assert.equal((await client.request(store, 'Patient/p1')).kind, 'failed');
  assert.ok(await store.load());
  server.knobs.refreshError = 'invalid_grant';
  assert.deepEqual(await client.request(store, 'Patient/p1'), { kind: 'signed-out', why: 'ended-by-server' });
  assert.equal(await store.load(), undefined);
  assert.deepEqual(await client.request(store, 'Patient/p1'), { kind: 'signed-out', why: 'no-session' });
});

test('a refresh may narrow the scope but never change patient or person', async () => {
  const { client, session } = await signIn();
  server.knobs.refresh = (body) => ({ ...body, scope: 'openid' });
  const narrowed = await client.refresh(session);
  assert.ok(narrowed.kind === 'renewed' && narrowed.session.scope === 'openid');
  server.knobs.refresh = (body) => ({ ...body, patient: 'p2' });
  assert.equal((await client.refresh(session)).kind, 'failed');
});

test('signing out while a refresh is on its way stays signed out, and revokes what came', async () => {
  const { client, store } = await signIn();
  server.killAccessTokens();
  let loads = 0;
  const leaving = {
    load: async () => {
      loads += 1;
      // The third look at the store is the one after the exchange.
      if (loads === 3) await store.save(undefined);
      return store.load();
    },
    save: store.save,
  };
  assert.deepEqual(await client.request(leaving, 'Patient/p1'), { kind: 'signed-out', why: 'no-session' });
  assert.equal(await store.load(), undefined);
  assert.equal(server.callsTo('/auth/revoke')[0]?.body.get('token_type_hint'), 'refresh_token');
});

test('a POST is never repeated: its 401 is the answer, and the next one has a new token', async () => {
  const { client, store } = await signIn();
  server.killAccessTokens();
  const create = { method: 'POST', body: '{}', headers: { 'content-type': 'application/fhir+json' } };
  const first = await client.request(store, 'Observation', create);
  assert.ok(first.kind === 'response' && first.response.status === 401);
  assert.equal(server.callsTo('/fhir/Observation').length, 1);
  const second = await client.request(store, 'Observation', create);
  assert.ok(second.kind === 'response' && second.response.status === 200);
  assert.equal(refreshes(), 1);
});

test('a token that is refused even when new signs out after one repetition', async () => {
  const { client, store } = await signIn();
  server.knobs.fhir = () => ({ status: 401 });
  assert.deepEqual(await client.request(store, 'Patient/p1'), { kind: 'signed-out', why: 'ended-by-server' });
  assert.equal(server.callsTo('/fhir/Patient').length, 2);
});

describe('the token goes nowhere but below the FHIR base', () => {
  const elsewhere = [
    'https://evil.example/Patient/p1',
    '//evil.example/x',
    '/auth/token',
    '../auth/jwks',
    'a/%2e%2e/../../x',
    'http://user@127.0.0.1/fhir/Patient',
    'javascript:alert(1)',
    '\\\\evil.example\\x',
  ];
  for (const path of elsewhere) {
    test(path, async () => {
      const { client, store } = await signIn();
      const answer = await client.request(store, path);
      assert.equal(answer.kind === 'failed' && answer.failure.category, 'address');
      assert.equal(server.calls.length, 0);
    });
  }
  test('nor where the server redirects to', async () => {
    const { client, store } = await signIn();
    server.knobs.fhir = () => ({ status: 307, headers: { location: `${server.base}/other` } });
    const answer = await client.request(store, 'Patient/p1');
    assert.equal(answer.kind === 'failed' && answer.failure.status, 307);
    assert.equal(server.calls.length, 1);
  });
  test('nor with the session of another server', async () => {
    const { client, store } = await signIn(connect(), (session) => ({
      ...session,
      server: { ...session.server, fhir: 'https://other.example/fhir' },
    }));
    assert.equal((await client.request(store, 'Patient/p1')).kind, 'failed');
    assert.equal(server.calls.length, 0);
  });
});

test('revoking ends the refresh token first, then the access token', async () => {
  const { client, session } = await signIn();
  assert.deepEqual(await client.revoke(session), { kind: 'revoked' });
  const hints = server.callsTo('/auth/revoke').map(({ body }) => [body.get('token_type_hint'), body.get('token')]);
  assert.deepEqual(hints, [
    ['refresh_token', session.refreshToken],
    ['access_token', session.accessToken],
  ]);
});

test('no failure holds a token or a secret', async () => {
  const { client, store } = await signIn(connect({ timeoutMs: 1000 }));
  const seen: unknown[] = [await client.request(store, 'https://evil.example/')];
  server.knobs.refreshStatus = 400;
  server.knobs.refreshError = 'invalid_client';
  server.killAccessTokens();
  seen.push(await client.request(store, 'Patient/p1'), await client.readAll(store, 'Observation'));
  server.knobs.refreshError = 'refresh-secret-1';
  seen.push(await client.request(store, 'Patient/p1'));
  const unreachable = connect({
    fetch: async () => {
      throw new TypeError('client-secret');
    },
  });
  seen.push(await unreachable.begin(), await unreachable.request(store, 'Patient/p1'));
  assert.ok(seen.every((answer) => (answer as { kind: string }).kind === 'failed'));
  assert.doesNotMatch(JSON.stringify(seen), /secret|eyJ/);
});
