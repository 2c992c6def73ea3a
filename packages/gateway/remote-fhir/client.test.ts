/** How a foreign server is asked: with nothing of the caller's, in time, again only where that changes nothing. RFC 9110 §9.2.2, §15.6. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { BackendUnavailable } from '@affinity/core/fhir/backend.ts';
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import { inRequest } from '../request-context.ts';
import { createCircuitBreaker } from './circuit-breaker.ts';
import { observation, openRemote, searchset, startUpstream } from './testing/upstream.ts';

const at = { type: 'Observation', id: 'o1' };
const everything = { type: 'Observation', clauses: [], sort: [], count: 50 };
const status = (code: number) => (error: unknown) => error instanceof FhirError && error.status === code;
const unavailable = (error: unknown) => error instanceof BackendUnavailable;

test('E80, E86: a foreign server hears our headers alone, and the id of the request', async (t) => {
  const upstream = await startUpstream(t);
  upstream.say = () => ({ body: observation('o1', 'a') });
  const { remote } = await openRemote(t, upstream.url, {
    credentials: { kind: 'header', name: 'X-Api-Key', value: 'ours' },
  });
  const { signal } = new AbortController();
  await inRequest({ requestId: 'request-7', signal }, () => remote.read(at));
  await inRequest({ requestId: 'no\r\nX-Evil: 1', signal }, () => remote.read(at));
  const [{ headers }, odd] = upstream.heard as [(typeof upstream.heard)[0], (typeof upstream.heard)[0]];
  const { host, connection, ...rest } = headers;
  assert.deepEqual(rest, {
    accept: 'application/fhir+json',
    'accept-encoding': 'identity',
    'cache-control': 'no-cache',
    'user-agent': 'Affinity',
    'x-api-key': 'ours',
    'x-request-id': 'request-7',
  });
  assert.match(String(odd.headers['x-request-id']), /^[0-9a-f-]{36}$/);
});

test('reads are tried once more after 503, 429 and a closed connection; writes never are', async (t) => {
  const upstream = await startUpstream(t);
  const { remote } = await openRemote(t, upstream.url);
  const first = (how: (response: ServerResponse) => void) => {
    upstream.heard.length = 0;
    upstream.say = () =>
      upstream.heard.length === 1
        ? how
        : { body: upstream.heard[0]?.path.includes('?') ? searchset(upstream.url, []) : observation('o1', 'a') };
  };
  const failures: readonly ((response: ServerResponse) => void)[] = [
    (response) => response.writeHead(503).end(),
    (response) => response.writeHead(429).end(),
    (response) => response.destroy(),
  ];
  for (const failure of failures) {
    first(failure);
    assert.equal((await remote.read(at)).kind, 'found');
    assert.equal(upstream.heard.length, 2);
    first(failure);
    assert.deepEqual(await remote.find(everything), { found: [] });
    first(failure);
    await assert.rejects(async () => remote.writer?.write({ kind: 'delete', ...at, ifMatch: '1' }), unavailable);
    assert.equal(upstream.heard.length, 1, 'a write was made twice');
  }
  upstream.heard.length = 0;
  upstream.say = () => ({ status: 503 });
  await assert.rejects(remote.read(at), unavailable);
  assert.equal(upstream.heard.length, 2, 'not more than once');
});

test('a server that cannot be reached, is too slow or hangs in its answer is 503 or 504, and no word of it is told', async (t) => {
  const upstream = await startUpstream(t);
  const { remote } = await openRemote(t, upstream.url, { limits: { headersMs: 60, bodyMs: 60, totalMs: 2_000 } });
  upstream.say = () => () => {};
  await assert.rejects(remote.read(at), status(504));
  upstream.say = () => (response) => {
    response.writeHead(200, { 'content-type': 'application/fhir+json' }).write('{"resourceType":');
  };
  await assert.rejects(remote.read(at), status(504));
  const slow = await openRemote(t, upstream.url, { limits: { totalMs: 60 } });
  upstream.say = () => () => {};
  await assert.rejects(slow.remote.read(at), status(504));
  assert.equal(slow.remote.counts().timeouts, 1);
  await upstream.close();
  const port = new URL(upstream.url).port;
  await assert.rejects(remote.read(at), (error: unknown) => {
    assert.ok(unavailable(error));
    assert.doesNotMatch(`${error} ${error instanceof Error ? error.cause : ''}`, new RegExp(`127\\.0\\.0\\.1|${port}`));
    return true;
  });
});

test('a caller who goes ends the work there, one who has gone begins none; a write goes on to its end', async (t) => {
  const upstream = await startUpstream(t);
  const { remote } = await openRemote(t, upstream.url);
  let closed: Promise<unknown> = Promise.resolve();
  const asked = Promise.withResolvers<void>();
  upstream.say = () => (response) => {
    closed = once(response, 'close');
    asked.resolve();
  };
  const caller = new AbortController();
  const gone = new Error('the caller has gone');
  const work = inRequest({ requestId: '1', signal: caller.signal }, () => remote.read(at));
  await asked.promise;
  caller.abort(gone);
  await assert.rejects(work, gone);
  await closed;
  upstream.heard.length = 0;
  await assert.rejects(remote.find(everything, AbortSignal.abort(gone)), gone);
  await assert.rejects(
    inRequest({ requestId: '1', signal: caller.signal }, () => remote.read(at)),
    gone,
  );
  assert.equal(upstream.heard.length, 0);
  const writer = new AbortController();
  upstream.say = () => (response) => {
    writer.abort(gone);
    setTimeout(() => response.writeHead(204, { etag: 'W/"2"' }).end(), 20);
  };
  const written = await inRequest({ requestId: '1', signal: writer.signal }, async () =>
    remote.writer?.write({ kind: 'delete', ...at, ifMatch: '1' }),
  );
  assert.equal(written?.kind, 'deleted');
});

test('a server that fails again and again is left alone, then tried by one, and asked again when it answers', async (t) => {
  const upstream = await startUpstream(t);
  let time = 1_000_000;
  const { remote, reports } = await openRemote(t, upstream.url, {
    now: () => time,
    limits: { breakerFailures: 4, breakerMs: 10_000 },
  });
  assert.equal(remote.health().state, 'up');
  upstream.say = () => ({ status: 503 });
  for (let i = 0; i < 2; i += 1) await assert.rejects(remote.read(at), unavailable);
  assert.equal(upstream.heard.length, 4);
  assert.deepEqual([remote.health().state, remote.health().circuit], ['down', 'open']);
  await assert.rejects(remote.read(at), unavailable);
  assert.equal(upstream.heard.length, 4, 'it was asked though it is left alone');
  time += 10_000;
  await assert.rejects(remote.read(at), unavailable);
  assert.equal(upstream.heard.length, 5, 'one request tries it');
  time += 10_000;
  upstream.say = () => ({ body: observation('o1', 'a') });
  await remote.read(at);
  assert.equal(remote.health().state, 'up');
  assert.deepEqual(
    reports.map(({ kind }) => kind),
    ['upstream-down', 'upstream-down', 'upstream-up'],
  );
});

test('the circuit opens at its limit and not before, and lets one through at a time', () => {
  let time = 0;
  const breaker = createCircuitBreaker({ failures: 3, openMs: 10 }, () => time);
  for (const _ of [1, 2]) breaker.failed();
  breaker.succeeded();
  for (const _ of [1, 2]) breaker.failed();
  assert.ok(breaker.admits());
  breaker.failed();
  assert.ok(!breaker.admits());
  time = 9;
  assert.ok(!breaker.admits());
  time = 10;
  assert.deepEqual([breaker.admits(), breaker.admits()], [true, false]);
  breaker.ended();
  assert.deepEqual([breaker.admits(), breaker.admits()], [true, false], 'one that was given up makes way for another');
  breaker.succeeded();
  assert.deepEqual([breaker.admits(), breaker.admits()], [true, true]);
});

test('E82: a server that is away at the start offers nothing, and what it can do once it answers', async (t) => {
  const upstream = await startUpstream(t);
  const { statement } = upstream;
  upstream.statement = 'not yet';
  const { remote } = await openRemote(t, upstream.url, { limits: { metadataRetryMs: 10, metadataMs: 10 } });
  assert.deepEqual([remote.capabilities, remote.health().state], [[], 'unknown']);
  upstream.statement = statement;
  while (remote.capabilities.length === 0) await new Promise((done) => setTimeout(done, 5));
  const known = remote.capabilities;
  assert.equal(remote.health().state, 'up');
  upstream.statement = 'gone again';
  await new Promise((done) => setTimeout(done, 60));
  assert.equal(remote.capabilities, known, 'what was known last stands, the same array');
});
