/** Writes to a foreign server: each only where the version is the one that was judged. FHIR R4 http.html#concurrency, #transaction. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { BackendUnavailable } from '@affinity/core/fhir/backend.ts';
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { SourceWrite, StagedWrite } from '../source.ts';
import type { RemoteFhirOptions } from './options.ts';
import { type Heard, observation, openRemote, type Say, startUpstream, statementOf } from './testing/upstream.ts';

const json = '{ "resourceType":"Observation", "meta":{"tag":[{"code":"x"}]},"valueQuantity":{"value":0.10} }';
const content = { json, resource: JSON.parse(json) as Resource };
const at = { type: 'Observation', id: 'o1' };
const create: StagedWrite = { kind: 'create', ...at, content };
const update: StagedWrite = { kind: 'update', ...at, content, ifMatch: '3' };
const remove: StagedWrite = { kind: 'delete', ...at, ifMatch: '3' };
const both: readonly StagedWrite[] = [update, remove];
const version = (versionId: string, id = 'o1') =>
  observation(id, 'a', { meta: { versionId, lastUpdated: '2026-01-02T03:04:05.678Z' } });
const status = (code: number) => (error: unknown) => error instanceof FhirError && error.status === code;

/** An upstream that answers reads with `now`, and writes as it is told. */
const open = async (
  t: TestContext,
  say: (heard: Heard) => Say | undefined,
  now: () => string | undefined,
  more: Partial<RemoteFhirOptions> = {},
) => {
  const upstream = await startUpstream(t);
  upstream.say = (heard) => {
    const read = now();
    if (heard.method !== 'GET') return say(heard);
    return read === undefined ? undefined : { body: version(read) };
  };
  const { remote, reports } = await openRemote(t, upstream.url, more);
  const write = async (staged: StagedWrite): Promise<SourceWrite | undefined> => remote.writer?.write(staged);
  const written = (): readonly Heard[] => upstream.heard.filter(({ method }) => method !== 'GET');
  return { upstream, remote, reports, write, written };
};

test('an update names the version that was judged, and keeps its text; what it made is what is there', async (t) => {
  const { write, written } = await open(
    t,
    () => ({ body: version('4') }),
    () => '3',
  );
  const result = await write(update);
  assert.ok(result?.kind === 'written');
  assert.deepEqual([result.version.versionId, result.version.resource], ['4', version('4')]);
  const [put] = written();
  assert.deepEqual(
    [put?.method, put?.path, put?.headers['if-match'], put?.headers.prefer, put?.headers['content-type']],
    ['PUT', '/fhir/Observation/o1', 'W/"3"', 'return=representation', 'application/fhir+json; charset=utf-8'],
  );
  assert.equal(put?.body, json.replace('"Observation"', '"Observation","id":"o1"'));
});

test('what the answer does not show is read, by the version that it names', async (t) => {
  const paths: string[] = [];
  for (const answer of [
    { status: 200, headers: { etag: 'W/"4"' } },
    {
      status: 200,
      headers: { location: 'Observation/o1/_history/4' },
      body: { resourceType: 'OperationOutcome', issue: [] },
    },
    { status: 200 },
  ]) {
    const { write, upstream } = await open(
      t,
      () => answer,
      () => '4',
    );
    const result = await write(update);
    assert.ok(result?.kind === 'written');
    assert.equal(result.version.versionId, '4');
    paths.push(upstream.heard.at(-1)?.path ?? '');
  }
  assert.deepEqual(paths, [
    '/fhir/Observation/o1/_history/4',
    '/fhir/Observation/o1/_history/4',
    '/fhir/Observation/o1',
  ]);
});

test('another version there is a conflict, whatever status says so; other refusals are 422 without a word of it', async (t) => {
  for (const code of [409, 412, 404, 410, 400, 422])
    for (const staged of both) {
      const moved = await open(
        t,
        () => ({ status: code, body: 'secret words' }),
        () => '4',
      );
      assert.deepEqual(await moved.write(staged), { kind: 'conflict' }, String(code));
    }
  for (const [code, told] of [
    [400, 422],
    [404, 422],
    [413, 422],
    [422, 422],
    [409, 409],
    [405, 405],
    [501, 405],
    [401, 502],
    [403, 502],
    [500, 502],
    [302, 502],
  ] as const) {
    const same = await open(
      t,
      () => ({ status: code, body: 'secret words' }),
      () => '3',
    );
    await assert.rejects(
      same.write(update),
      (error) => status(told)(error) && !String(error).includes('secret'),
      String(code),
    );
    assert.equal(same.written().length, 1, 'a write is made once');
  }
  for (const code of [503, 502, 504, 429]) {
    const away = await open(
      t,
      () => ({ status: code }),
      () => '3',
    );
    await assert.rejects(away.write(update), (error) => error instanceof BackendUnavailable);
    assert.equal(away.written().length, 1, 'a write is made once');
  }
});

test('a create has an id that nobody has: looked at before, and asked for', async (t) => {
  const free = await open(
    t,
    () => ({ status: 201, body: version('1') }),
    () => undefined,
  );
  assert.equal((await free.write(create))?.kind, 'written');
  assert.equal(free.written()[0]?.headers['if-none-match'], '*');
  assert.deepEqual(free.reports, []);
  const taken = await open(
    t,
    () => ({ status: 201, body: version('1') }),
    () => '1',
  );
  assert.deepEqual(await taken.write(create), { kind: 'conflict' });
  assert.equal(taken.written().length, 0, 'nothing was written over');
  const raced = await open(
    t,
    () => ({ status: 412 }),
    () => undefined,
  );
  assert.deepEqual(await raced.write(create), { kind: 'conflict' });
  const careless = await open(
    t,
    () => ({ status: 200, body: version('2') }),
    () => undefined,
    { create: 'put' },
  );
  assert.equal((await careless.write(create))?.kind, 'written');
  assert.equal(careless.written()[0]?.headers['if-none-match'], undefined);
  assert.deepEqual(
    careless.reports.map(({ kind }) => kind),
    ['upstream-overwrote'],
  );
});

test('of many who make the same at once, one does, though the foreign server heeds no condition', async (t) => {
  let made: string | undefined;
  const say = (): Say => {
    made = '1';
    return { status: 201, body: version('1') };
  };
  const { write, written } = await open(t, say, () => made, { create: 'put' });
  const results = await Promise.all(Array.from({ length: 10 }, () => write(create)));
  assert.equal(results.filter((result) => result?.kind === 'written').length, 1);
  assert.equal(written().length, 1);
});

test('a server that chooses ids says which; there are no transactions with it', async (t) => {
  const chosen = {
    status: 201,
    headers: { location: 'https://x.example/Observation/o9/_history/1' },
    body: version('1', 'o9'),
  };
  const { write, written, remote } = await open(
    t,
    () => chosen,
    () => undefined,
    { create: 'post' },
  );
  const result = await write(create);
  assert.ok(result?.kind === 'written');
  assert.equal(result.version.id, 'o9');
  assert.deepEqual([written()[0]?.method, written()[0]?.path], ['POST', '/fhir/Observation']);
  assert.equal(remote.writer?.transact, undefined);
});

test('a deletion has the version and instant that the foreign server says, in its answer or in its history', async (t) => {
  const said = { etag: 'W/"4"', 'last-modified': 'Fri, 02 Jan 2026 03:04:05 GMT' };
  const one = await open(
    t,
    () => ({ status: 204, headers: said }),
    () => '3',
  );
  const deletion = { ...at, versionId: '4', lastUpdated: '2026-01-02T03:04:05.000Z' };
  assert.deepEqual(await one.write(remove), { kind: 'deleted', deletion });
  assert.equal(one.written()[0]?.headers['if-match'], 'W/"3"');
  const two = await open(
    t,
    () => ({ status: 200, body: { resourceType: 'OperationOutcome', issue: [] } }),
    () => '3',
  );
  const { say } = two.upstream;
  const entry = {
    request: { method: 'DELETE', url: 'Observation/o1/_history/4' },
    response: { status: '204', lastModified: '2026-01-02T03:04:05Z' },
  };
  two.upstream.say = (heard) =>
    heard.path.includes('_history')
      ? { body: { resourceType: 'Bundle', type: 'history', entry: [entry] } }
      : say(heard);
  assert.deepEqual(await two.write(remove), { kind: 'deleted', deletion });
  const three = await open(
    t,
    () => ({ status: 204 }),
    () => undefined,
    { now: () => 0 },
  );
  assert.deepEqual(await three.write(remove), {
    kind: 'deleted',
    deletion: { ...at, versionId: '3.deleted', lastUpdated: '1970-01-01T00:00:00.000Z' },
  });
});

test('several writes go as one transaction, each with its condition; a conflict of one is one of all', async (t) => {
  const staged: readonly StagedWrite[] = [create, { ...update, id: 'o2' }, { ...remove, id: 'o3' }];
  const say = ({ path, body }: Heard): Say => {
    assert.equal(path, '/fhir');
    assert.deepEqual(
      JSON.parse(body).entry.map(({ request }: { request: unknown }) => request),
      [
        { method: 'PUT', url: 'Observation/o1', ifNoneMatch: '*' },
        { method: 'PUT', url: 'Observation/o2', ifMatch: 'W/"3"' },
        { method: 'DELETE', url: 'Observation/o3', ifMatch: 'W/"3"' },
      ],
    );
    assert.ok(body.includes('"value":0.10'));
    const response = { status: '200 OK', etag: 'W/"4"', lastModified: '2026-01-02T03:04:05Z' };
    return {
      body: {
        resourceType: 'Bundle',
        type: 'transaction-response',
        entry: [
          { resource: version('1'), response: { status: '201 Created' } },
          { resource: version('4', 'o2'), response },
          { response },
        ],
      },
    };
  };
  const { remote } = await open(t, say, () => undefined);
  const results = await remote.writer?.transact?.(staged);
  assert.ok(Array.isArray(results));
  assert.deepEqual(
    results.map(({ kind }) => kind),
    ['written', 'written', 'deleted'],
  );
  for (const code of [409, 412]) {
    const moved = await open(
      t,
      () => ({ status: code }),
      () => undefined,
    );
    assert.equal(await moved.remote.writer?.transact?.(staged), 'conflict');
  }
  const taken = await open(t, say, () => '1');
  assert.equal(await taken.remote.writer?.transact?.(staged), 'conflict');
  assert.equal(taken.written().length, 0);
  const refused = await open(
    t,
    () => ({ status: 422, body: 'secret' }),
    () => '3',
  );
  await assert.rejects(async () => refused.remote.writer?.transact?.([update]), status(422));
  const inParts = { resourceType: 'Bundle', type: 'transaction-response', entry: [{ response: { status: '412' } }] };
  for (const body of [inParts, { ...inParts, entry: [] }, { ...inParts, type: 'batch-response' }]) {
    const odd = await open(
      t,
      () => ({ body }),
      () => '3',
    );
    await assert.rejects(async () => odd.remote.writer?.transact?.([update]), status(502));
  }
});

test('nothing is written where the operator says no, or the statement does not speak of versions', async (t) => {
  const reading = await open(
    t,
    () => undefined,
    () => '3',
    { writes: false },
  );
  assert.equal(reading.remote.writer, undefined);
  const interactionsOf = async (more: Partial<RemoteFhirOptions>, versioning: string) => {
    const upstream = await startUpstream(t);
    upstream.statement = JSON.parse(
      JSON.stringify(statementOf({ Patient: [] })).replace('versioned-update', versioning),
    );
    const { remote } = await openRemote(t, upstream.url, more);
    return remote.capabilities[0]?.interactions.join(' ');
  };
  const [reads, all] = [
    'read vread history-instance search-type',
    'read vread history-instance search-type create update delete patch',
  ];
  assert.equal(await interactionsOf({}, 'versioned-update'), all);
  assert.equal(await interactionsOf({}, 'versioned'), reads);
  assert.equal(await interactionsOf({ writes: true }, 'versioned'), all);
  assert.equal(await interactionsOf({ writes: false }, 'versioned-update'), reads);
});
