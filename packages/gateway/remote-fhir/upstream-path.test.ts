/** Nothing that is put into a path, and no link, leads out of the base of a foreign server. RFC 3986 §5.2.4; FHIR R4 http.html#general. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { openRemote } from './testing/upstream.ts';
import { isPath, pathOfLink } from './upstream-path.ts';

const corpus = [
  ...['.', '..', '...', '../', '..%2f', '%2e%2e', '%2e', '.%2e', '%252e%252e', '..;', '..\\', '\u2025', '．．'],
  ...[
    '../metadata',
    '../../admin',
    '%2e%2e%2fadmin',
    '..%5cadmin',
    'a/../../admin',
    'a/..',
    '/admin',
    '//evil.example/x',
  ],
  ...[
    '@evil.example',
    'a@evil.example',
    ':80',
    'a#b',
    '#',
    'a?_include=*',
    '?',
    '?x=1',
    'a&b',
    'a;b',
    'a%3fb',
    'a%23b',
  ],
  ...[
    'http://evil.example/x',
    'https://evil.example',
    'file:///etc/passwd',
    'a b',
    'a\tb',
    'a\r\nX-Evil: 1',
    'a\0',
    '',
    'ä',
  ],
  ...['_history', '_search', '$everything', '$export', 'x'.repeat(65), 'a\n', '%0d%0a', '*', '~', 'a|b', '"', '<'],
];

test('Q21: whatever stands for an id, a version or a type, the foreign server hears only of resources below its base', async (t) => {
  const lines: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => {
      lines.push(data.toString().split('\r\n')[0] ?? '');
      socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { remote } = await openRemote(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}/a/fhir`);
  const ask = async (work: Promise<unknown> | undefined) => work?.catch(() => undefined);
  const page = { count: 10 };
  for (const odd of corpus) {
    await ask(remote.read({ type: 'Patient', id: odd }));
    await ask(remote.read({ type: odd, id: '1' }));
    await ask(remote.vread?.({ type: 'Patient', id: odd, versionId: '1' }));
    await ask(remote.vread?.({ type: 'Patient', id: '1', versionId: odd }));
    await ask(remote.historyInstance?.({ type: 'Patient', id: odd, page }));
    await ask(remote.historyInstance?.({ type: 'Patient', id: '1', page: { ...page, before: `1${odd}` } }));
    await ask(remote.find({ type: odd, clauses: [], sort: [], count: 1 }));
    await ask(remote.find({ type: 'Patient', clauses: [], sort: [], count: 1, cursor: `1${odd}` }));
    await ask(remote.find({ type: 'Patient', clauses: [], sort: [], count: 1, cursor: `1/${odd}` }));
    const content = { resource: { resourceType: 'Patient' }, json: '{"resourceType":"Patient"}' };
    await ask(remote.writer?.write({ kind: 'create', type: 'Patient', id: odd, content }));
    await ask(remote.writer?.write({ kind: 'update', type: odd, id: '1', content, ifMatch: '1' }));
    await ask(remote.writer?.write({ kind: 'delete', type: 'Patient', id: odd, ifMatch: '1' }));
  }
  for (const id of ['1', '...', 'a.b', '-']) await ask(remote.read({ type: 'Patient', id }));
  assert.ok(lines.includes('GET /a/fhir/Patient/a.b HTTP/1.1'));
  const allowed = /^(?:GET|PUT|DELETE) \/a\/fhir(\/metadata|\/Patient\/[A-Za-z0-9\-.]{1,64}|[/?][!-~]*) HTTP\/1\.1$/;
  for (const line of lines) {
    assert.match(line, allowed);
    const path = line.split(' ')[1] ?? '';
    // As anything on the way would read it.
    assert.ok(new URL(path, 'http://h').pathname.startsWith('/a/fhir'), line);
    assert.ok(decodeURIComponent(path.split('?')[0] ?? '').startsWith('/a/fhir'), line);
    assert.doesNotMatch(path.split('?')[0] ?? '', /\/\.{1,2}(\/|$)|%2e/i);
  }
});

test('Q21, E47: a link is followed only below the base, however the base is spelled, and is remembered without its host', () => {
  const spellings = ['http://hospital.example:8080/fhir', 'https://hospital.example:8080/fhir'];
  const path = (link: string, most = 4000) => pathOfLink(link, spellings, most);
  assert.equal(path('http://hospital.example:8080/fhir?_getpages=1&x=%20y'), '?_getpages=1&x=%20y');
  assert.equal(path('https://HOSPITAL.example:8080/fhir/Patient?page=2'), '/Patient?page=2');
  assert.equal(path('Patient?page=2'), '/Patient?page=2');
  assert.equal(path('/fhir/Patient?page=2'), '/Patient?page=2');
  assert.equal(path('/Patient?page=2'), '/Patient?page=2');
  assert.equal(path('?page=2'), '?page=2');
  for (const link of [
    ...[
      'http://evil.example/fhir?x',
      'http://hospital.example/fhir?x',
      'http://hospital.example:8080/',
      '//evil.example/x',
    ],
    ...[
      'http://hospital.example:8080/fhirs/Patient',
      'http://hospital.example:8080/admin',
      'http://u@hospital.example:8080/fhir?x',
    ],
    ...[
      'http://hospital.example:8080/fhir/../admin',
      'http://hospital.example:8080/fhir/%2e%2e/admin',
      '../admin',
      '../../x',
    ],
    ...[
      'http://hospital.example:8080/fhir/a%2f..%2fb',
      'http://hospital.example:8080/fhir//x/y',
      'javascript:alert(1)',
      'data:,x',
    ],
    ...[
      'http://hospital.example:8080/fhir?x#y',
      'http://hospital.example:8080\\fhir',
      ' http://hospital.example:8080/fhir?x',
      'mailto:x',
    ],
    'http://hospital.example:8080/fhir?x\r\ny',
  ])
    assert.equal(path(link), undefined, link);
});

test('Q21: a link may be as long as the setting says, and not one character longer', () => {
  const base = 'http://hospital.example/fhir';
  const link = (length: number) => `${base}?${'x'.repeat(length - base.length - 1)}`;
  assert.ok(pathOfLink(link(4000), [base], 4000) !== undefined);
  assert.equal(pathOfLink(link(4001), [base], 4000), undefined);
  assert.ok(isPath(`?${'x'.repeat(3999)}`, 4000));
  assert.ok(!isPath(`?${'x'.repeat(4000)}`, 4000));
});
