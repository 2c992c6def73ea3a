/** Bad input from the wire up: framing, paths, headers, bodies, floods. RFC 9112 §3, §5, §6, §11; FHIR R4 http.html, json.html. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Domain, removeDirectory, startDomain } from '../journeys/domain.ts';
import { bearer, clientsYaml, serviceToken } from './caller.ts';

interface Spoken {
  readonly text: string;
  readonly status: number;
  /** the other side closed the connection */
  readonly closed: boolean;
}

const kilobyte = 1024;
const bodyLimit = 8 * 1024 * kilobyte;

suite('the wire', () => {
  let domain: Domain;
  let token: string;
  let host: string;
  before(async () => {
    const yaml = `${clientsYaml}limits:\n  body_bytes: ${bodyLimit}\n`;
    domain = await startDomain({ yaml, env: { AFFINITY_DEMO_PATIENTS: '4' } });
    host = new URL(domain.origin).host;
    token = await serviceToken(domain.origin);
  });
  after(async () => {
    assert.equal(await domain.stop(), 0, domain.output());
    removeDirectory(domain.directory);
  });

  /** Writes bytes as they are; waits for the end of the connection, or of the first answer where that is enough. */
  const speak = (parts: readonly (string | Buffer)[], untilClosed = false): Promise<Spoken> =>
    new Promise((done) => {
      const socket = connect(Number(new URL(domain.origin).port), '127.0.0.1');
      let text = '';
      const finish = (closed: boolean): void => {
        clearTimeout(patience);
        socket.destroy();
        done({ text, closed, status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0) });
      };
      const patience = setTimeout(() => finish(false), 5_000);
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
        const [head = '', body = ''] = text.split('\r\n\r\n', 2);
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN);
        const whole = body.endsWith('0') || body.length >= length || /\r\n0\r\n/.test(text.slice(head.length + 4));
        if (!untilClosed && whole) finish(false);
      });
      socket.on('error', () => {});
      socket.on('close', () => finish(true));
      for (const part of parts) socket.write(part);
    });
  const head = (line: string, ...headers: readonly string[]): string =>
    `${[line, `Host: ${host}`, ...headers].join('\r\n')}\r\n\r\n`;
  const authorization = (): string => `Authorization: Bearer ${token}`;

  test('what two parsers could read in two ways is refused and the connection closed', async () => {
    const smuggled = head('GET /health/live HTTP/1.1');
    const cases: Readonly<Record<string, string>> = {
      'length and chunks': `${head('POST /auth/token HTTP/1.1', 'Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n${smuggled}`,
      'chunks and length': `${head('POST /auth/token HTTP/1.1', 'Transfer-Encoding: chunked', 'Content-Length: 5')}0\r\n\r\n${smuggled}`,
      'two lengths': `${head('POST /auth/token HTTP/1.1', 'Content-Length: 5', 'Content-Length: 6')}abcdef${smuggled}`,
      'a list of lengths': `${head('POST /auth/token HTTP/1.1', 'Content-Length: 5, 5')}abcde${smuggled}`,
      'a negative length': `${head('POST /auth/token HTTP/1.1', 'Content-Length: -1')}${smuggled}`,
      'a length with a sign': `${head('POST /auth/token HTTP/1.1', 'Content-Length: +5')}abcde${smuggled}`,
      'an unknown coding': `${head('POST /auth/token HTTP/1.1', 'Transfer-Encoding: xchunked')}0\r\n\r\n${smuggled}`,
      'chunked not last': `${head('POST /auth/token HTTP/1.1', 'Transfer-Encoding: chunked, identity')}0\r\n\r\n${smuggled}`,
      'a bad chunk length': `${head('POST /auth/token HTTP/1.1', 'Transfer-Encoding: chunked')}0x1\r\na\r\n0\r\n\r\n${smuggled}`,
      'a folded header': head('GET /health/live HTTP/1.1', 'X-A: b', ' c'),
      'a space before the colon': head('GET /health/live HTTP/1.1', 'X-A : b'),
      'bare line feeds': head('GET /health/live HTTP/1.1').replaceAll('\r\n', '\n'),
      'a NUL in a header': head('GET /health/live HTTP/1.1', 'X-A: b\0c'),
      'a control in the path': head('GET /fhir/Pat\x01ient HTTP/1.1'),
      'no host': 'GET /health/live HTTP/1.1\r\n\r\n',
      'another protocol': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    };
    for (const [name, bytes] of Object.entries(cases)) {
      const { status, text, closed } = await speak([bytes], true);
      assert.deepEqual([status, closed], [400, true], `${name}: ${text.slice(0, 300)}`);
      assert.equal(text.split('HTTP/1.1 ').length, 2, `${name}: exactly one answer`);
    }
  });

  test('two Host headers are refused', async () => {
    assert.equal((await speak([head('GET /health/live HTTP/1.1', 'Host: evil.example')])).status, 400);
  });

  test('a header too large is refused with 431', async () => {
    const large = await speak([head('GET /fhir/Patient HTTP/1.1', `X-A: ${'a'.repeat(70 * kilobyte)}`)], true);
    assert.deepEqual([large.status, large.closed], [431, true]);
    const many = Array.from({ length: 3_000 }, (_, at) => `X-${at}: 1`);
    assert.notEqual((await speak([head('GET /fhir/Patient HTTP/1.1', ...many, authorization())])).status, 200);
  });

  test('a path is what it is: no other spelling of it reaches a record', async () => {
    const record = '/fhir/Patient/patient-0001';
    assert.equal((await speak([head(`GET ${record} HTTP/1.1`, authorization())])).status, 200);
    for (const path of [
      '//fhir/Patient/patient-0001',
      '/fhir//Patient/patient-0001',
      '/fhir/Patient//patient-0001',
      '/fhir/Patient/patient-0001/',
      '/fhir/Patient/patient-0001;x',
      '/fhir;x/Patient/patient-0001',
      '/fhir/Patient%2Fpatient-0001',
      '/fhir%2FPatient/patient-0001',
      '/fhir/%50atient/patient-0001',
      '/fhir/Patient/patient%2d0001',
      '/fhir/Patient/patient-0001%00',
      '/fhir/Patient/patient-0001%0a',
      '/FHIR/Patient/patient-0001',
      '/fhir/patient/patient-0001',
      '/fhir/Patient/PATIENT-0001',
      '/fhir/Patient/patient-0001.json',
      '/fhir/Patient/patient-0001/_history/',
      '/fhir/Patient/patient-0001/_history/1/',
      '/fhir/Patient/patient-0001/$everything/',
      '/fhir/Patient/patient-0001/%24everything',
      '/fhir/Patient/patient-0001/$graph',
      '/fhir/Patient/$export',
      '/fhir/Patient/patient-0001/Observation',
      '/fhir/$graphql',
      '/fhir/_history/',
      '/fhir/__proto__',
      '/fhir/constructor/x',
    ]) {
      const { status, text } = await speak([head(`GET ${path} HTTP/1.1`, authorization())]);
      assert.equal(status, 404, `${path}: ${text.slice(0, 200)}`);
      assert.doesNotMatch(text, /"resourceType":"Patient"/, path);
    }
  });

  test('the method is that of the request line', async () => {
    for (const name of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override']) {
      const tricked = await fetch(`${domain.origin}/fhir/Patient/patient-0001?_method=DELETE`, {
        method: 'POST',
        headers: { ...bearer(token), [name]: 'DELETE' },
      });
      assert.equal(tricked.status, 405);
    }
    for (const method of ['TRACE', 'PROPFIND', 'LINK']) {
      const { status, text } = await speak([head(`${method} /fhir/Patient/patient-0001 HTTP/1.1`, authorization())]);
      assert.equal(status, 405, text.slice(0, 200));
      assert.doesNotMatch(text, new RegExp(token.slice(-40)), 'TRACE gives nothing back');
    }
    assert.equal((await fetch(`${domain.origin}/fhir/Patient/patient-0001`, { headers: bearer(token) })).status, 200);
  });

  const send = (body: RequestInit['body'], headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(`${domain.origin}/fhir/Observation`, {
      method: 'POST',
      headers: { ...bearer(token), 'content-type': 'application/fhir+json', ...headers },
      body: body ?? null,
      ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
    } as RequestInit);
  const observation = (more = ''): string =>
    `{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/patient-0001"}${more}}`;

  test('a body at the limit is read, one byte more is refused, while it still streams', async () => {
    const padded = (length: number): string => observation().padEnd(length, ' ');
    assert.equal((await send(padded(bodyLimit))).status, 201);
    assert.equal((await send(padded(bodyLimit + 1))).status, 413);
    const chunks = (text: string): ReadableStream => new Blob([text]).stream();
    assert.equal((await send(chunks(padded(bodyLimit)))).status, 201);
    assert.equal((await send(chunks(padded(bodyLimit + 1)))).status, 413);
    // A body that never ends: the answer does not wait for it.
    const line = `${(bodyLimit + 1).toString(16)}\r\n${' '.repeat(bodyLimit + 1)}\r\n`;
    const endless = head(
      'POST /fhir/Observation HTTP/1.1',
      authorization(),
      'Content-Type: application/fhir+json',
      'Transfer-Encoding: chunked',
    );
    assert.equal((await speak([endless, line])).status, 413);
    const told = head(
      'POST /fhir/Observation HTTP/1.1',
      authorization(),
      'Content-Type: application/fhir+json',
      'Content-Length: 999999999999',
    );
    assert.equal((await speak([told, ' '.repeat(1000)])).status, 413);
    for (const path of ['/auth/token', '/auth/authorize', '/fhir/Observation/_search']) {
      const form = new URLSearchParams({ a: 'a'.repeat(200 * kilobyte) });
      const refused = await fetch(`${domain.origin}${path}`, { method: 'POST', headers: bearer(token), body: form });
      assert.equal(refused.status, 413, path);
    }
  });

  test('a body that is not what it must be is refused with an OperationOutcome', async () => {
    const xml = { 'content-type': 'application/fhir+xml' };
    const proto = observation(',"__proto__":{"status":"x"}');
    const cases: readonly (readonly [string, RequestInit['body'], number, Record<string, string>?])[] = [
      ['empty', '', 400],
      ['absent', undefined, 400],
      ['not JSON', '<a/>', 400],
      ['an array', '[]', 400],
      ['null', 'null', 400],
      ['a number', '1e999', 400],
      ['deep', `${'['.repeat(30_000)}${']'.repeat(30_000)}`, 400],
      ['deep within', observation(`,"x":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`), 400],
      ['a key twice', observation(',"status":"final"'), 400],
      ['a key twice, escaped', observation(',"st\\u0061tus":"entered-in-error"'), 400],
      ['__proto__', proto, 400],
      ['__proto__, escaped', proto.replace('__proto__', '\\u005f_proto__'), 400],
      ['constructor', observation(',"constructor":{"prototype":{}}'), 400],
      ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22]), 400],
      ['half a surrogate pair in bytes', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 400],
      ['UTF-16', Buffer.from(`\ufeff${observation()}`, 'utf16le'), 400],
      ['a NUL', observation(',"note":[{"text":"a\\u0000b"}]'), 422],
      ['another type', observation().replace('Observation', 'Patient'), 400],
      ['no type', '{}', 400],
      [
        'XML that declares an entity',
        '<!DOCTYPE x [<!ENTITY a "b">]><Observation xmlns="http://hl7.org/fhir"/>',
        400,
        xml,
      ],
      ['XML without its namespace', '<Observation/>', 400, xml],
      ['a form', 'a=b', 415, { 'content-type': 'application/x-www-form-urlencoded' }],
      ['another charset', observation(), 415, { 'content-type': 'application/fhir+json; charset=utf-16' }],
      ['no content type', Buffer.from(observation()), 415, { 'content-type': '' }],
      ['compressed', gzipSync(observation()), 415, { 'content-encoding': 'gzip' }],
    ];
    for (const [name, body, status, headers] of cases) {
      const response = await send(body, headers);
      const text = await response.text();
      assert.equal(response.status, status, `${name}: ${text}`);
      assert.match(response.headers.get('content-type') ?? '', /^application\/fhir\+json/, name);
      assert.equal((JSON.parse(text) as { resourceType: string }).resourceType, 'OperationOutcome', name);
      assert.doesNotMatch(text, /\bat \S+ \(|node:|\.ts:\d/, `${name}: no stack`);
    }
    assert.equal(({} as { status?: string }).status, undefined);
  });

  test('JSON a million deep and lists a million long are refused, and others are answered', async () => {
    const million = 1_000_000;
    for (const body of [
      `${'['.repeat(million)}${']'.repeat(million)}`,
      '{"a":'.repeat(million),
      observation(`,"x":[${'0,'.repeat(million)}0]`),
      observation(`,"x":"${'\\u0061'.repeat(million)}"`),
      `{${Array.from({ length: 300_000 }, (_, at) => `"k${at}":0`).join(',')}}`,
    ]) {
      const answer = send(body);
      const other = fetch(`${domain.origin}/fhir/Patient/patient-0001`, { headers: bearer(token) });
      assert.equal((await other).status, 200);
      assert.equal((await answer).status, 400, body.slice(0, 40));
    }
  });

  test('thousands of connections at once, silent or asking, do not end it', async () => {
    const port = Number(new URL(domain.origin).port);
    const silent = await Promise.all(
      Array.from(
        { length: 2_000 },
        () =>
          new Promise<ReturnType<typeof connect>>((done) => {
            const socket = connect(port, '127.0.0.1', () => done(socket));
            socket.on('error', () => done(socket));
            socket.write('GET /fhir/Patient HTTP/1.1\r\nHost: x\r\nX-A: ');
          }),
      ),
    );
    try {
      const asked = await Promise.all(
        Array.from({ length: 500 }, () =>
          fetch(`${domain.origin}/fhir/Patient/patient-0001`, { headers: bearer(token) }),
        ),
      );
      assert.deepEqual(new Set(asked.map(({ status }) => status)), new Set([200]));
      await Promise.all(asked.map((response) => response.text()));
    } finally {
      for (const socket of silent) socket.destroy();
    }
    assert.equal((await fetch(`${domain.origin}/health/ready`)).status, 200);
  });

  test('every error has the form of its part, and none a stack', async () => {
    const errors: readonly (readonly [string, RequestInit, RegExp])[] = [
      ['/fhir/Patient/x', {}, /fhir\+json/],
      ['/fhir/Nothing/x', {}, /fhir\+json/],
      ['/fhir/Nothing/x', { headers: bearer(token) }, /fhir\+json/],
      ['/fhir/Patient?_sort=%00', { headers: bearer(token) }, /fhir\+json/],
      ['/fhir/Patient?birthdate=lt', { headers: bearer(token) }, /fhir\+json/],
      ['/fhir/Patient?_id=%ff', { headers: { ...bearer(token), prefer: 'handling=strict' } }, /fhir\+json/],
      ['/fhir/Patient?name:exact', { headers: bearer(token) }, /fhir\+json/],
      ['/fhir/Patient?_count=-1', { headers: bearer(token) }, /fhir\+json/],
      ['/fhir/Patient?_cursor=AAAA', { headers: bearer(token) }, /fhir\+json/],
      ['/fhir/Patient', { method: 'PURGE' }, /fhir\+json/],
      ['/fhir?_type=Nothing', { headers: bearer(token) }, /fhir\+json/],
      ['/fhir/', { method: 'POST', headers: bearer(token), body: '{}' }, /fhir\+json/],
      ['/auth/token', { method: 'GET' }, /application\/json/],
      ['/auth/token', { method: 'POST' }, /application\/json/],
      ['/auth/token', { method: 'POST', body: new URLSearchParams({ grant_type: 'password' }) }, /application\/json/],
      ['/auth/revoke', { method: 'POST', body: '{}' }, /application\/json/],
      ['/auth/introspect', { method: 'POST', body: new URLSearchParams({ token }) }, /application\/json/],
      ['/auth/userinfo', { headers: { authorization: 'Bearer x' } }, /application\/json/],
      ['/auth/authorize', {}, /text\/html/],
      ['/auth/authorize/aaaaaaaaaaaaaaaaaaaaaaaa', {}, /text\/html/],
      ['/auth/interaction/aaaaaaaaaaaaaaaaaaaaaaaa', { method: 'POST' }, /text\/html/],
      ['/auth/nothing', {}, /text\/html/],
      ['/nothing', {}, /text\/html/],
    ];
    for (const [path, init, type] of errors) {
      const response = await fetch(`${domain.origin}${path}`, init);
      const text = await response.text();
      const name = `${init.method ?? 'GET'} ${path}: ${response.status} ${text.slice(0, 200)}`;
      assert.ok(response.status >= 400 || path.includes('_id'), name);
      assert.ok(response.status < 500, name);
      assert.match(response.headers.get('content-type') ?? '', type, name);
      assert.equal(response.headers.get('x-content-type-options'), 'nosniff', name);
      assert.doesNotMatch(text, /\bat \S+ \(|node:|\.ts:\d/, name);
    }
  });
});
