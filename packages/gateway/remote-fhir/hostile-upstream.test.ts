/** Foreign servers that answer wrongly, on purpose or not: nothing of it is used, and no word of it is told. FHIR R4 security.html#http. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import { fhirJsonType, observation, openRemote, type Say, searchset, startUpstream } from './testing/upstream.ts';

const at = { type: 'Observation', id: 'o1' };
const everything = { type: 'Observation', clauses: [], sort: [], count: 50 };
const secret = 'upstream-internals';

/** 502, and nothing of what the foreign server said. */
const useless = (error: unknown): boolean => {
  assert.ok(error instanceof FhirError, String(error));
  assert.equal(error.status, 502);
  assert.deepEqual(
    [error.message, Object.keys(error.headers)],
    ['the records system gave no answer that can be used', []],
  );
  assert.equal(error.cause, undefined);
  return true;
};

test('E83, E84: what is not FHIR in JSON, is of another name or is none at all is 502, without a word of it', async (t) => {
  const upstream = await startUpstream(t);
  const { remote, reports } = await openRemote(t, upstream.url);
  const good = JSON.stringify(observation('o1', 'a'));
  const says: Readonly<Record<string, Say>> = {
    html: { headers: { 'content-type': 'text/html' }, body: `<h1>${secret}</h1>` },
    'json said to be html': { headers: { 'content-type': 'text/html' }, body: good },
    'html said to be json': { body: `<h1>${secret}</h1>` },
    xml: { headers: { 'content-type': 'application/fhir+xml' }, body: '<Observation/>' },
    'another charset': { headers: { 'content-type': 'application/fhir+json; charset=iso-8859-1' }, body: good },
    'another version of FHIR': { headers: { 'content-type': 'application/fhir+json; fhirVersion=5.0' }, body: good },
    nothing: {},
    'an array': { body: `[${good}]` },
    'cut off JSON': { body: good.slice(0, -1) },
    'two resources': { body: good + good },
    'another resource': { body: observation('o2', 'a') },
    'another type': { body: { resourceType: 'Patient', id: 'o1' } },
    'no type': { body: { id: 'o1' } },
    'an unknown type': { body: { resourceType: secret, id: 'o1' } },
    'no id': { body: { resourceType: 'Observation' } },
    'an outcome': { body: { resourceType: 'OperationOutcome', issue: [{ diagnostics: secret }] } },
    'an error': { status: 500, body: { resourceType: 'OperationOutcome', issue: [{ diagnostics: secret }] } },
    'a bad request': { status: 400, body: secret },
    'no content': { status: 204 },
    partial: { status: 206, body: good },
    'a key twice': { body: good.replace('"status":', '"status":"final","status":') },
    'a key twice, deep': { body: good.replace('"reference":', '"reference":"Patient/b","reference":') },
    'a key twice, escaped': { body: good.replace('"reference":', '"reference":"Patient/b","\\u0072eference":') },
    'a prototype': { body: good.replace('"status":', '"__proto__":{},"status":') },
    'a constructor': { body: good.replace('"status":', '"constructor":{},"status":') },
    deep: { body: good.replace('"final"', `${'['.repeat(70)}${']'.repeat(70)}`) },
    'very deep': { body: good.replace('"final"', `${'['.repeat(100_000)}${']'.repeat(100_000)}`) },
    'no UTF-8': (response) =>
      response.writeHead(200, fhirJsonType).end(Buffer.from(good.replace('final', 'final\xff'), 'latin1')),
    'said to be compressed': { headers: { 'content-encoding': 'x-odd' }, body: good },
    compressed: (response) =>
      response.writeHead(200, { ...fhirJsonType, 'content-encoding': 'gzip' }).end(gzipSync(good)),
    'a bomb': (response) =>
      response
        .writeHead(200, { ...fhirJsonType, 'content-encoding': 'gzip' })
        .end(gzipSync(Buffer.alloc(5_000_000, ' '))),
    'cut off in the middle': (response) => {
      response.writeHead(200, { ...fhirJsonType, 'content-length': String(good.length) });
      response.write(good.slice(0, 50), () => response.destroy());
    },
    'cut off between chunks': (response) => {
      response.writeHead(200, fhirJsonType);
      response.write(good, () => response.destroy());
    },
    'too many headers': (response) =>
      response.writeHead(200, { ...fhirJsonType, 'x-long': 'x'.repeat(20_000) }).end(good),
    'a redirect': { status: 302, headers: { location: `${upstream.url}/Observation/o1` } },
    'a lasting redirect': { status: 308, headers: { location: `${upstream.url}/Observation/o1` }, body: good },
    'not modified': { status: 304 },
    'a refusal of our credentials': { status: 401, headers: { 'www-authenticate': secret } },
    'a refusal of our rights': { status: 403, body: secret },
  };
  for (const [name, say] of Object.entries(says)) {
    upstream.heard.length = 0;
    upstream.say = () => say;
    await assert.rejects(remote.read(at), useless, name);
    await assert.rejects(remote.find(everything), useless, name);
    assert.equal(upstream.heard.length, 2, `${name}: one request each`);
  }
  assert.ok(reports.some(({ kind, detail }) => kind === 'upstream-credentials' && detail === '401'));
  const told = JSON.stringify(reports);
  assert.ok(!told.includes(secret) && !told.includes('127.0.0.1') && !told.includes('o2'), told);
  assert.equal(remote.health().state, 'up', 'a system that answers wrongly is there');
});

test('E84: a Bundle with one entry that is not sound is not used at all', async (t) => {
  const upstream = await startUpstream(t);
  const { remote } = await openRemote(t, upstream.url);
  const { url } = upstream;
  const [one, two] = [observation('o1', 'a'), observation('o2', 'a')];
  const good = JSON.stringify(searchset(url, [one, two]));
  const bad: readonly string[] = [
    good.replace('"searchset"', '"history"'),
    good.replace('"searchset"', '"collection"'),
    good.replace(`${url}/Observation/o2`, `${url}/Observation/o1`),
    good.replace(`${url}/Observation/o2`, `${url}/Patient/o2`),
    good.replace('"id":"o2"', '"id":"../o2"'),
    good.replace('"id":"o2",', ''),
    good.replace('"resource":{', '"resource":null,"r":{'),
    good.replace('"resource":{', '"\\u0072esource":{'),
    good.replace('"resource":{"resourceType":"Observation"', '"resource":{"resourceType":7'),
    good.replace('"entry":', '"\\u0065ntry":'),
    good.replace('"entry":[', '"entry":{"0":[').replace(/\]\}$/, ']}}'),
    JSON.stringify(one),
  ];
  for (const body of bad) {
    assert.notEqual(body, good);
    upstream.say = () => ({ body });
    await assert.rejects(remote.find(everything), useless, body);
  }
});

test('what was not asked for is dropped: other types, includes, outcomes, doubles; a total is not listened to', async (t) => {
  const upstream = await startUpstream(t);
  const { remote, reports } = await openRemote(t, upstream.url);
  const entry = (resource: object, mode?: string) => ({
    resource,
    ...(mode === undefined ? {} : { search: { mode } }),
  });
  upstream.say = () => ({
    body: {
      resourceType: 'Bundle',
      type: 'searchset',
      total: 1_000_000,
      entry: [
        entry({ resourceType: 'OperationOutcome', issue: [] }, 'outcome'),
        entry({ resourceType: 'OperationOutcome', issue: [] }),
        entry(observation('o1', 'a'), 'match'),
        entry({ resourceType: 'Patient', id: 'b' }, 'include'),
        entry(observation('o3', 'b'), 'include'),
        entry({ resourceType: 'Patient', id: 'b' }),
        entry(observation('o2', 'a')),
        entry(observation('o1', 'a'), 'match'),
        { fullUrl: 'urn:uuid:1', link: [] },
      ],
    },
  });
  const { found } = await remote.find(everything);
  assert.deepEqual(
    found.map(({ id }) => id),
    ['o1', 'o2'],
  );
  assert.deepEqual(
    reports.map(({ kind, detail }) => `${kind} ${detail}`),
    ['upstream-unusable another type'],
  );
});

test('E47, E48: pages that lead elsewhere, or in a circle, end there', async (t) => {
  const upstream = await startUpstream(t);
  const { remote, reports } = await openRemote(t, upstream.url, { limits: { pages: 4 } });
  const next = (link: string) => {
    upstream.say = () => ({ body: searchset(upstream.url, [], { link: [{ relation: 'next', url: link }] }) });
  };
  for (const link of [
    'http://evil.example/fhir?x',
    `${upstream.url}/../admin`,
    '//evil.example',
    `${upstream.url}?${'x'.repeat(4000)}`,
    upstream.url,
  ]) {
    next(link);
    await assert.rejects(remote.find(everything), useless, link);
  }
  next(`${upstream.url}?page=1`);
  const first = await remote.find(everything);
  assert.ok(first.next !== undefined);
  await assert.rejects(remote.find({ ...everything, cursor: first.next }), useless, 'the same page again');
  let cursor: string | undefined;
  let pages = 0;
  await assert.rejects(async () => {
    for (;;) {
      next(`${upstream.url}?page=${pages % 2}`);
      const found = await remote.find({ ...everything, ...(cursor === undefined ? {} : { cursor }) });
      cursor = found.next;
      pages += 1;
    }
  }, useless);
  assert.equal(pages, 3);
  assert.ok(reports.some(({ kind, detail }) => kind === 'upstream-paging' && detail === 'elsewhere'));
  assert.ok(reports.some(({ kind, detail }) => kind === 'upstream-paging' && detail === 'without end'));
  for (const odd of ['', 'x', '1', '0http://evil.example/', '0//evil.example', '-1/Patient', '0/../admin', '0 /x'])
    await assert.rejects(
      remote.find({ ...everything, cursor: odd }),
      (error) => error instanceof FhirError && error.status === 410,
    );
  upstream.say = () => ({ status: 410 });
  await assert.rejects(
    remote.find({ ...everything, cursor: '1?page=2' }),
    (error) => error instanceof FhirError && error.status === 410,
  );
});

test('E44, E49: a parameter that a foreign server says it has passed over is told to operators once', async (t) => {
  const upstream = await startUpstream(t);
  const { remote, reports } = await openRemote(t, upstream.url);
  const clauses = [
    { param: 'patient', values: [{ kind: 'reference', type: 'Patient', id: 'a' }] },
    { param: 'status', values: [{ kind: 'token', code: 'final' }] },
  ] as const;
  upstream.say = () => ({
    body: searchset(`${upstream.url}/Observation?status=final`, [observation('o1', 'a'), observation('o2', 'b')], {
      entry: [],
    }),
  });
  for (const _ of [1, 2]) await remote.find({ ...everything, clauses });
  assert.deepEqual(
    reports.map(({ kind, detail }) => [kind, detail]),
    [['upstream-ignores-parameter', 'patient']],
  );
});

/** A server of bytes: it answers each request with these. */
const startRaw = async (t: TestContext, answer: (socket: Socket) => void): Promise<string> => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => answer(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/fhir`;
};

test('Q22: an answer of which two readings are possible is none', async (t) => {
  const body = JSON.stringify(observation('o1', 'a'));
  const type = 'Content-Type: application/fhir+json\r\n';
  const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  const answers = [
    `HTTP/1.1 200 OK\r\n${type}Content-Length: ${body.length}\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`,
    `HTTP/1.1 200 OK\r\n${type}Content-Length: ${body.length}\r\nContent-Length: 5\r\n\r\n${body}`,
    `HTTP/1.1 200 OK\r\n${type}Content-Length: 5x\r\n\r\n${body}`,
    `HTTP/1.1 200 OK\r\n${type} folded: yes\r\nContent-Length : 5\r\n\r\n${body}`,
    `HTTP/1.1 200 OK\r\n${type}Content-Length: ${body.length + 5}\r\n\r\n${body}`,
    'SSH-2.0-OpenSSH_9.0\r\n',
    `HTTP/1.1 200 OK\r\n${type}Transfer-Encoding: chunked\r\n\r\nzz\r\n${body}\r\n0\r\n\r\n`,
  ];
  for (const answer of answers) {
    const url = await startRaw(t, (socket) => socket.end(answer));
    const { remote } = await openRemote(t, url);
    await assert.rejects(remote.read(at), useless, answer.slice(0, 90));
  }
});

test('an answer may be as large as the setting says, and not one byte larger', async (t) => {
  const upstream = await startUpstream(t);
  const body = JSON.stringify(observation('o1', 'a'));
  upstream.say = () => (response) => response.writeHead(200, fhirJsonType).end(body);
  const { statement } = upstream;
  upstream.statement = '{}';
  const fits = await openRemote(t, upstream.url, { limits: { responseBytes: body.length } });
  assert.equal((await fits.remote.read(at)).kind, 'found');
  const short = await openRemote(t, upstream.url, { limits: { responseBytes: body.length - 1 } });
  await assert.rejects(short.remote.read(at), useless);
  upstream.say = () => (response) => {
    response.writeHead(200, { ...fhirJsonType, 'transfer-encoding': 'chunked' });
    response.end(body);
  };
  assert.equal((await fits.remote.read(at)).kind, 'found');
  await assert.rejects(short.remote.read(at), useless);
  upstream.statement = statement;
});

test('E85: a Bundle of 20 MB passes, each resource as its own text', async (t) => {
  const upstream = await startUpstream(t);
  const { remote } = await openRemote(t, upstream.url);
  const note = 'ü'.repeat(50_000);
  const resources = Array.from({ length: 200 }, (_, i) => observation(`o${i}`, 'a', { note: [{ text: note }] }));
  const body = JSON.stringify(searchset(upstream.url, resources));
  assert.ok(Buffer.byteLength(body) > 20_000_000);
  upstream.say = () => ({ body });
  const { found } = await remote.find(everything);
  assert.equal(found.length, 200);
  assert.deepEqual(
    found.map((held) => held.body),
    resources.map((resource) => JSON.stringify(resource)),
  );
});
