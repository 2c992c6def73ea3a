/** Waiting for a busy server, and reading a search page after page. RFC 9110 §10.2.3; FHIR R4 http.html#paging. */
import assert from 'node:assert/strict';
import { after, beforeEach, describe, test } from 'node:test';
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

async function signIn(client = connect()) {
  const begun = await client.begin();
  assert.ok(begun.kind === 'redirect');
  const completed = await client.complete(server.authorize(begun.url), begun.pending);
  assert.ok(completed.kind === 'ready');
  server.calls.length = 0;
  return { client, store: createMemoryStore(completed.session) };
}

beforeEach(() => {
  Object.assign(server.knobs, good);
  server.calls.length = 0;
});

describe('Retry-After', () => {
  const busy =
    (value: string, method = 'GET') =>
    async () => {
      const waits: number[] = [];
      const { client, store } = await signIn(
        connect({ retryAfterSeconds: 5, sleep: async (ms) => void waits.push(ms) }),
      );
      server.knobs.fhir = () => ({ status: 429, headers: { 'retry-after': value } });
      const answer = await client.request(store, 'Patient/p1', { method });
      assert.ok(answer.kind === 'response' && answer.response.status === 429);
      return { waits, sent: server.callsTo('/fhir/Patient').length };
    };
  test('is waited for once, at the limit', async () => assert.deepEqual(await busy('5')(), { waits: [5000], sent: 2 }));
  test('past the limit is reported at once', async () => assert.deepEqual(await busy('6')(), { waits: [], sent: 1 }));
  test('of nonsense is reported at once', async () => assert.deepEqual(await busy('soon')(), { waits: [], sent: 1 }));
  test('of a POST is reported at once', async () =>
    assert.deepEqual(await busy('1', 'POST')(), { waits: [], sent: 1 }));
});

describe('readAll', () => {
  const bundle = (id: string, next?: string) => ({
    status: 200,
    body: {
      resourceType: 'Bundle',
      entry: [
        { resource: { resourceType: 'Observation', id } },
        { resource: { resourceType: 'OperationOutcome' }, search: { mode: 'outcome' } },
      ],
      link: next === undefined ? [] : [{ relation: 'next', url: next }],
    },
  });
  const pages =
    (total: number) =>
    ({ url }: { url: string }) => {
      const page = Number(new URL(url, server.base).searchParams.get('page') ?? '1');
      return bundle(`o${page}`, page < total ? `${server.iss}?page=${page + 1}` : undefined);
    };
  test('follows the pages and leaves outcomes out', async () => {
    const { client, store } = await signIn();
    server.knobs.fhir = pages(3);
    const read = await client.readAll(store, 'Observation?code=x', 3);
    assert.ok(read.kind === 'resources' && read.complete);
    assert.deepEqual(
      read.resources.map(({ id }) => id),
      ['o1', 'o2', 'o3'],
    );
  });
  test('stops at its limit and says so', async () => {
    const { client, store } = await signIn();
    server.knobs.fhir = pages(3);
    const read = await client.readAll(store, 'Observation?code=x', 2);
    assert.ok(read.kind === 'resources' && !read.complete && read.resources.length === 2);
  });
  test('refuses a next page elsewhere, a circle, and what is no Bundle', async () => {
    const { client, store } = await signIn();
    for (const answer of [
      bundle('a', 'https://evil.example/fhir?page=2'),
      bundle('a', `${server.iss}?page=1`),
      { status: 200, body: [] },
    ]) {
      server.knobs.fhir = () => answer;
      assert.equal((await client.readAll(store, 'Observation')).kind, 'failed');
    }
  });
  test('a refusal carries its status', async () => {
    const { client, store } = await signIn();
    server.knobs.fhir = () => ({ status: 403 });
    const read = await client.readAll(store, 'Observation');
    assert.equal(read.kind === 'failed' && read.failure.status, 403);
  });
});
