import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base, createClinic, observation, patient, sending, types } from './testing/clinic.ts';

const filled = async (limits: Parameters<typeof createClinic>[0] = {}) => {
  const clinic = await createClinic(limits);
  for (const id of ['a', 'b']) await clinic.put(patient(id));
  await clinic.put(observation('o1', 'a', 'laboratory'));
  await clinic.put(observation('o2', 'b', 'laboratory'));
  return { clinic, token: await clinic.token() };
};

test('N01, N02, N03, N04: create, read, vread, update, delete and what their headers say', async () => {
  const { clinic, token } = await filled();
  const json =
    '{"resourceType":"Observation","id":"mine","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/a"},"valueQuantity":{"value":0.10}}';
  const created = await clinic.send('/Observation', token, sending('POST', json));
  assert.equal(created.status, 201);
  const location = created.headers.get('location') ?? '';
  assert.match(location, new RegExp(`^${base}/Observation/[0-9a-f-]{36}/_history/1$`));
  assert.equal(created.headers.get('etag'), 'W/"1"');
  assert.match(created.headers.get('last-modified') ?? '', /GMT$/);
  assert.match(await created.text(), /"value":0\.10/);
  const path = location.slice(base.length, location.indexOf('/_history'));
  const id = path.split('/')[2] ?? '';
  const read = await clinic.send(path, token);
  assert.equal(read.status, 200);
  assert.equal(read.headers.get('content-type'), 'application/fhir+json;charset=utf-8');
  assert.equal(read.headers.get('cache-control'), 'private, no-store');
  assert.match(await read.text(), /"value":0\.10/, 'decimals keep their precision');
  const cached = await clinic.send(path, token, { headers: { 'If-None-Match': 'W/"1"' } });
  assert.deepEqual([cached.status, await cached.text()], [304, '']);
  const update = json.replace('mine', id).replace('0.10', '0.20');
  const updated = await clinic.send(path, token, sending('PUT', update, { 'If-Match': 'W/"1"' }));
  assert.deepEqual(
    [updated.status, updated.headers.get('etag'), updated.headers.get('location')],
    [200, 'W/"2"', null],
  );
  assert.match(await (await clinic.send(`${path}/_history/1`, token)).text(), /0\.10/);
  assert.equal((await clinic.send(`${path}/_history/3`, token)).status, 404);
  for (const wrong of [json, json.replace('"id":"mine",', ''), json.replace('Observation', 'Condition')]) {
    assert.equal((await clinic.send(path, token, sending('PUT', wrong))).status, 400);
  }
  const history = (await (await clinic.send(`${path}/_history`, token)).json()) as {
    type: string;
    entry: { request: { method: string; url: string }; response: { status: string; etag: string } }[];
  };
  assert.equal(history.type, 'history');
  assert.deepEqual(
    history.entry.map(({ request, response }) => [request.method, request.url, response.status, response.etag]),
    [
      ['PUT', `Observation/${id}`, '200', 'W/"2"'],
      ['POST', 'Observation', '201', 'W/"1"'],
    ],
  );
  assert.equal((await clinic.send(path, token, { method: 'DELETE' })).status, 204);
  assert.equal((await clinic.send('/Observation/never-was', token, { method: 'DELETE' })).status, 204, 'N07, E66');
  const unborn = sending('PUT', observation('never-was', 'a', 'laboratory'));
  const refused = await clinic.send('/Observation/never-was', token, unborn);
  assert.deepEqual([refused.status, refused.headers.get('allow')], [405, 'GET, HEAD, DELETE'], 'E65');
});

test('N23: what Prefer says is returned', async () => {
  const { clinic, token } = await filled();
  const post = async (prefer: string) => {
    const sent = sending('POST', observation('x', 'a', 'laboratory'), { Prefer: prefer });
    return clinic.send('/Observation', token, sent);
  };
  assert.equal(await (await post('return=minimal')).text(), '');
  assert.match(await (await post('respond-async, return=OperationOutcome')).text(), /OperationOutcome/);
  assert.match(await (await post('return=representation')).text(), /"Observation"/);
  assert.equal((await clinic.send('/Observation?x=1', token)).status, 200);
  const strict = await clinic.send('/Observation?x=1', token, { headers: { Prefer: 'handling=strict' } });
  assert.equal(strict.status, 400);
});

test('N31: HEAD is as GET without a body', async () => {
  const { clinic, token } = await filled();
  const response = await clinic.send('/Observation/o1', token, { method: 'HEAD' });
  assert.deepEqual([response.status, response.headers.get('etag'), await response.text()], [200, 'W/"1"', '']);
  assert.equal(clinic.audit.at(-1)?.event, 'read');
});

test('what is not there: paths, types, methods', async () => {
  const { clinic, token } = await filled();
  const get404 = [
    '',
    '/',
    '/Observations',
    '/observation',
    '/AuditEvent/1',
    '/Observation/',
    '/Observation/_history',
    '/Observation/$lastn',
    '/$export',
    '/_history',
    '/Patient/a/Observation',
    '/Patient/a/*',
    '/Patient/a/$everything',
    `/Observation/${'x'.repeat(65)}`,
    '/Observation/o1/_history/1/2',
    '/Observation/o1/other',
    '/%00',
    '/__proto__',
    '/constructor/1',
  ];
  for (const path of get404) {
    const response = await clinic.send(path, token);
    assert.equal(response.status, 404, path);
    assert.match(await response.text(), /OperationOutcome/);
  }
  const refused: [string, string, string][] = [
    ['PATCH', '/Observation/o1', 'GET, HEAD, PUT, DELETE'],
    ['POST', '/Observation/o1', 'GET, HEAD, PUT, DELETE'],
    ['PUT', '/Observation', 'GET, HEAD, POST'],
    ['DELETE', '/Observation', 'GET, HEAD, POST'],
    ['GET', '/Observation/_search', 'POST'],
    ['POST', '/Observation/o1/_history', 'GET, HEAD'],
    ['DELETE', '/Observation/o1/_history/1', 'GET, HEAD'],
  ];
  for (const [method, path, allow] of refused) {
    const response = await clinic.send(path, token, { method });
    assert.deepEqual([response.status, response.headers.get('allow')], [405, allow], `${method} ${path}`);
  }
  assert.equal((await clinic.send('/', token, sending('POST', { resourceType: 'Bundle', type: 'batch' }))).status, 404);
  assert.equal(
    (
      await clinic.send(
        '/Observation',
        token,
        sending('POST', observation('x', 'a', 'laboratory'), { 'If-None-Exist': 'identifier=1' }),
      )
    ).status,
    400,
  );
});

test('E59: a mutated path or method takes the same decision path', async () => {
  const { clinic, token } = await filled();
  const narrow = await clinic.token({ scope: 'patient/Observation.r' });
  const mutated = [
    '/Observation//o2',
    '//Observation/o2',
    '/Observation/o2/',
    '/Observation%2Fo2',
    '/Observation/o%32',
    '/%4fbservation/o2',
    '/Observation;x/o2',
    '/Observation/o2;x',
    '/observation/o2',
    '/OBSERVATION/o2',
    '/./Observation/o2',
    '/Patient/../Observation/o2',
    '/Patient/%2e%2e/Observation/o2',
    '/Observation/o2.json',
    '/Observation/o2?_format=json',
    '/Observation\\o2',
    '/Observation/o2#x',
    '/Observation/o2%00',
    '/Observation/o2%20',
    '/Observation/O2',
    '/../fhir/Observation/o2',
    '/Observation/o2?patient=a',
    '/Observation/o2/_history/1',
    '/Observation/o2/_history',
  ];
  for (const path of mutated) assert.equal((await clinic.send(path, token)).status, 404, path);
  const override = { 'X-HTTP-Method-Override': 'DELETE', 'X-HTTP-Method': 'PUT', 'X-Method-Override': 'DELETE' };
  assert.equal((await clinic.send('/Observation/o1', narrow, { headers: override })).status, 200);
  assert.equal((await clinic.send('/Observation/o1?_method=DELETE', narrow)).status, 200);
  assert.deepEqual(new Set(clinic.calls.filter((call) => call === 'delete' || call === 'update')), new Set());
  assert.equal((await clinic.send('/Condition?_type=Observation', narrow)).status, 403);
});

test('N14, E45, E49: a search by POST is judged by URL and form together, and says what was applied', async () => {
  const { clinic, token } = await filled();
  const form = (body: string) => ({
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  });
  const found = async (response: Response) => ((await response.json()) as { entry?: unknown[] }).entry?.length ?? 0;
  assert.equal(await found(await clinic.send('/Observation/_search', token, form('category=laboratory'))), 1);
  assert.equal(
    await found(await clinic.send('/Observation/_search?category=laboratory', token, form('category=survey'))),
    0,
  );
  const vitals = await clinic.token({ scope: 'patient/Observation.rs?category=vital-signs' });
  assert.equal(
    (await clinic.send('/Observation/_search?category=vital-signs', vitals, form('category=laboratory'))).status,
    403,
  );
  assert.equal((await clinic.send('/Observation?category=vital-signs&category=laboratory', vitals)).status, 403);
  const self = (await (
    await clinic.send('/Observation/_search?_count=5', token, form('category=laboratory&unknown=1'))
  ).json()) as {
    link: { relation: string; url: string }[];
  };
  assert.deepEqual(self.link, [{ relation: 'self', url: `${base}/Observation?_count=5&category=laboratory` }]);
  assert.equal(clinic.audit.at(-1)?.query, '_count=5&category=laboratory&unknown=1', 'the whole is recorded');
  assert.equal((await clinic.send('/Observation/_search', token, sending('POST', {}))).status, 415);
});

test('a query that is not understood is 400, and 403 for whoever may not search', async () => {
  const { clinic, token } = await filled();
  const reader = await clinic.token({ scope: 'patient/Observation.r' });
  for (const query of [
    'category:above=x',
    'subject.name=x',
    '_has:Observation:subject:code=x',
    '_include=Observation:subject',
    '_sort=status',
    '_count=x',
    'date=foo',
    '_filter=x',
  ]) {
    assert.equal((await clinic.send(`/Observation?${query}`, token)).status, 400, query);
    assert.equal((await clinic.send(`/Observation?${query}`, reader)).status, 403, query);
  }
});

test('E47, N20: pages are whole, and a link is good for its caller alone', async () => {
  const { clinic, token } = await filled();
  for (let i = 0; i < 7; i++) {
    clinic.time += 1000;
    await clinic.put(observation(`p${i}`, 'a', 'laboratory'));
  }
  type Page = { link: { relation: string; url: string }[]; entry: { resource: { id: string } }[] };
  const nextOf = (page: Page) => page.link.find(({ relation }) => relation === 'next')?.url.slice(base.length);
  const seen: string[] = [];
  let path: string | undefined = '/Observation?category=laboratory&_count=3';
  let first = '';
  while (path !== undefined) {
    const page = (await (await clinic.send(path, token)).json()) as Page;
    seen.push(...page.entry.map(({ resource }) => resource.id));
    path = nextOf(page);
    first ||= path ?? '';
    assert.doesNotMatch(path ?? '', /laboratory/, 'what was searched for is not in the link');
  }
  assert.deepEqual(seen.sort(), ['o1', 'p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6']);
  const refreshed = await clinic.token({ jti: 'token-2' });
  assert.equal((await clinic.send(first, refreshed)).status, 200);
  for (const claims of [{ grant_id: 'grant-2' }, { sub: 'user-2' }, { client_id: 'app-2' }]) {
    assert.equal((await clinic.send(first, await clinic.token(claims))).status, 404, JSON.stringify(claims));
  }
  const narrower = await clinic.token({ scope: 'patient/Observation.rs?category=vital-signs' });
  assert.equal((await clinic.send(first, narrower)).status, 403, 'judged anew');
  const moved = await clinic.token({ patient: 'b' });
  const elsewhere = (await (await clinic.send(first, moved)).json()) as Partial<Page>;
  assert.equal(elsewhere.entry, undefined);
  assert.equal((await clinic.send(`${first}&category=survey`, token)).status, 400);
  assert.equal((await clinic.send(first.replace('/Observation', '/Condition'), token)).status, 404);
  assert.equal((await clinic.send('/Observation?_cursor=made-up', token)).status, 404);
  clinic.time += 3_601_000;
  assert.equal((await clinic.send(first, await clinic.token())).status, 404, 'too late');

  const history = (await (await clinic.send('/Observation/o1/_history?_count=1', await clinic.token())).json()) as Page;
  assert.equal(nextOf(history), undefined);
});

test('history by pages and since', async () => {
  const { clinic, token } = await filled();
  for (let i = 0; i < 4; i++) {
    clinic.time += 1000;
    await clinic.send('/Observation/o1', token, sending('PUT', observation('o1', 'a', 'laboratory')));
  }
  type Page = { link: { relation: string; url: string }[]; entry?: { resource: { meta: { versionId: string } } }[] };
  const seen: string[] = [];
  let path: string | undefined = '/Observation/o1/_history?_count=2';
  while (path !== undefined) {
    const page = (await (await clinic.send(path, token)).json()) as Page;
    seen.push(...(page.entry ?? []).map(({ resource }) => resource.meta.versionId));
    path = page.link.find(({ relation }) => relation === 'next')?.url.slice(base.length);
  }
  assert.deepEqual(seen, ['5', '4', '3', '2', '1']);
  const since = (await (
    await clinic.send('/Observation/o1/_history?_since=2026-01-02T03:04:08Z', token)
  ).json()) as Page;
  assert.equal(since.entry?.length, 2);
  for (const query of ['_since=yesterday', '_count=0', '_count=x', '_at=2026', '_count=1&_count=2']) {
    assert.equal((await clinic.send(`/Observation/o1/_history?${query}`, token)).status, 400, query);
  }
});

test('N21, N22: representations that are asked for and sent', async () => {
  const { clinic, token } = await filled();
  const get = async (path: string, accept?: string) =>
    (await clinic.send(path, token, accept === undefined ? {} : { headers: { Accept: accept } })).status;
  for (const accept of [
    'application/fhir+json',
    'application/json',
    'text/json',
    'application/json+fhir',
    '*/*',
    'application/*;q=0.5',
    'text/html, */*;q=0.1',
    'application/fhir+json; fhirVersion=4.0',
    undefined,
  ]) {
    assert.equal(await get('/Observation/o1', accept), 200, accept);
  }
  for (const accept of [
    'application/fhir+xml',
    'text/html',
    'application/fhir+json;q=0',
    'application/fhir+json; fhirVersion=5.0',
  ]) {
    assert.equal(await get('/Observation/o1', accept), 406, accept);
  }
  assert.equal(await get('/Observation/o1?_format=json', 'application/fhir+xml'), 200);
  assert.equal(await get('/Observation/o1?_format=application/fhir%2Bjson'), 200);
  assert.equal(await get('/Observation/o1?_format=application/fhir+json'), 200, 'a plus that became a space');
  assert.equal(await get('/Observation/o1?_format=xml', 'application/fhir+json'), 406);
  assert.equal(await get('/metadata?_format=xml'), 406);
  const body = JSON.stringify(observation('x', 'a', 'laboratory'));
  for (const [type, status] of [
    ['application/fhir+json', 201],
    ['application/json;charset=UTF-8', 201],
    ['application/json+fhir', 201],
    ['application/fhir+xml', 415],
    ['text/plain', 415],
    ['application/fhir+json;charset=latin1', 415],
    ['application/fhir+json;fhirVersion=3.0', 415],
  ] as const) {
    assert.equal(
      (await clinic.send('/Observation', token, { method: 'POST', body, headers: { 'Content-Type': type } })).status,
      status,
      type,
    );
  }
  const zipped = sending('POST', body, { 'Content-Encoding': 'gzip' });
  assert.equal((await clinic.send('/Observation', token, zipped)).status, 415);
});

test('Q24: limits of a body and a URL, at and past them', async () => {
  const sample = JSON.stringify(observation('x', 'a', 'laboratory'));
  const { clinic, token } = await filled({
    limits: { bodyBytes: sample.length, jsonDepth: 5, formBytes: 19, urlCharacters: 120 },
  });
  const post = async (body: BodyInit, headers: Record<string, string> = {}) =>
    (
      await clinic.send('/Observation', token, {
        method: 'POST',
        body,
        duplex: 'half',
        headers: { 'Content-Type': 'application/fhir+json', ...headers },
      } as RequestInit)
    ).status;
  assert.equal(await post(sample), 201);
  assert.equal(await post(`${sample} `), 413);
  let pulled = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      pulled += 1;
      controller.enqueue(new Uint8Array(100).fill(0x20));
    },
  });
  assert.equal(await post(endless), 413, 'while it streams');
  assert.ok(pulled < 20, `${pulled} chunks were read`);
  assert.equal(await post(`{"resourceType":"Observation","a":${'['.repeat(3)}1${']'.repeat(3)}}`), 400);
  assert.equal(await post(`{"a":${'['.repeat(5)}1${']'.repeat(5)}}`), 400);
  assert.equal(await post('{"resourceType":"Observation","status":"final","status":"final"}'), 400, 'a key twice');
  assert.equal(await post('{"resourceType":"Observation","__proto__":{"polluted":1}}'), 400);
  assert.equal(await post(new Uint8Array([0x7b, 0xff, 0x7d])), 400, 'not UTF-8');
  for (const body of ['', '[]', 'null', '1', '"x"', '{', '{}']) assert.equal(await post(body), 400, body);
  const form = async (body: string) =>
    (
      await clinic.send('/Observation/_search', token, {
        method: 'POST',
        body,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      })
    ).status;
  assert.equal(await form('category=laboratory'), 200);
  assert.equal(await form('category=laboratory&'), 413);
  const path = `/Observation?category=`;
  const room = 120 - `${base}${path}`.length;
  assert.equal((await clinic.send(path + 'x'.repeat(room), token)).status, 200);
  assert.equal((await clinic.send(path + 'x'.repeat(room + 1), token)).status, 414);
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});

test('J12: no token, in whatever way it was sent, is in the audit log, the log or an answer', async () => {
  const { clinic, token } = await filled();
  const canary = 'canary-canary';
  const texts: string[] = [];
  const sent: [string, string | undefined, RequestInit?][] = [
    ['/Observation/o1', canary],
    ['/Observation/o1', token],
    [`/Observation?access_token=${canary}&category=laboratory`, undefined],
    [`/Observation?access%5Ftoken=${canary}`, token],
    [`/Observation?ACCESS_TOKEN=${canary}`, token],
    [
      '/Observation/_search',
      token,
      {
        method: 'POST',
        body: `access_token=${canary}`,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      },
    ],
    ['/Observation/o1', `${canary} ${canary}`],
  ];
  for (const [path, bearer, init] of sent) {
    const response = await clinic.send(path, bearer, init);
    texts.push(JSON.stringify([...response.headers]), (await response.text()).replaceAll(/"url":"[^"]*"/g, ''));
  }
  const kept = JSON.stringify(clinic.audit) + clinic.log.join() + texts.join();
  assert.doesNotMatch(kept, /canary/);
  assert.ok(!kept.includes(token.slice(-40)));
});

test('E86: a plain X-Request-Id is kept, any other is replaced', async () => {
  const { clinic, token } = await filled();
  const idOf = async (given: string) =>
    (await clinic.send('/Observation/o1', token, { headers: { 'X-Request-Id': given } })).headers.get('x-request-id');
  assert.equal(await idOf('abc-1.2_3'), 'abc-1.2_3');
  assert.equal(clinic.audit.at(-1)?.requestId, 'abc-1.2_3');
  for (const given of ['x'.repeat(65), 'a b', '<script>', '"'])
    assert.match((await idOf(given)) ?? '', /^[0-9a-f-]{36}$/);
});

test('N28: pages of registered origins may call, and nobody by a cookie', async () => {
  const { clinic, token } = await filled();
  const get = (origin: string) => clinic.send('/Observation/o1', token, { headers: { Origin: origin } });
  const own = await get('https://app.example');
  assert.equal(own.headers.get('access-control-allow-origin'), 'https://app.example');
  assert.match(own.headers.get('access-control-expose-headers') ?? '', /Location/);
  assert.equal(own.headers.get('access-control-allow-credentials'), null);
  assert.match(own.headers.get('vary') ?? '', /Origin/);
  assert.equal((await get('https://evil.example')).headers.get('access-control-allow-origin'), null);
  const asked = { Origin: 'https://app.example', 'Access-Control-Request-Method': 'PUT' };
  const before = await clinic.send('/Observation/o1', undefined, { method: 'OPTIONS', headers: asked });
  assert.equal(before.status, 204);
  assert.equal(before.headers.get('access-control-allow-origin'), 'https://app.example');
  assert.match(before.headers.get('access-control-allow-headers') ?? '', /Authorization.*If-Match.*Prefer/);
  const denied = await clinic.send('/Observation/o1', undefined, { headers: { Origin: 'https://app.example' } });
  assert.equal(denied.headers.get('access-control-allow-origin'), 'https://app.example', 'an app can read why');
});

test('A21: every interaction and search parameter that is stated works', async () => {
  const { clinic } = await filled({ facts: () => ({ wholeServer: true }) });
  const token = await clinic.token({ scope: 'user/*.cruds', fhirUser: `${base}/Practitioner/1`, patient: undefined });
  const statement = (await (await clinic.send('/metadata')).json()) as {
    rest: {
      resource: { type: string; interaction: { code: string }[]; searchParam: { name: string; type: string }[] }[];
    }[];
  };
  const resources = statement.rest[0]?.resource ?? [];
  assert.deepEqual(resources.map(({ type }) => type).sort(), [...types].sort());
  const values: Record<string, string> = { token: 'x', reference: 'Patient/a', string: 'x', date: '2020' };
  for (const { type, interaction, searchParam } of resources) {
    for (const { name, type: kind } of searchParam) {
      const response = await clinic.send(`/${type}?${name}=${values[kind]}`, token, {
        headers: { Prefer: 'handling=strict' },
      });
      assert.equal(response.status, 200, `${type}?${name}`);
    }
    assert.deepEqual(
      interaction.map(({ code }) => code),
      ['read', 'vread', 'create', 'update', 'delete', 'history-instance', 'search-type'],
    );
    for (const path of [`/${type}/x`, `/${type}/x/_history`, `/${type}/x/_history/1`]) {
      assert.equal((await clinic.send(path, token)).status, 404, path);
    }
  }
});
