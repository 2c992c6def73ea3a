import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wholeFacts } from '@affinity/policy/testing/whole-facts.ts';
import { base, createSmallClinic, types } from './testing/clinic.ts';

test('J12: no token, in whatever way it was sent, is in the audit log, the log or an answer', async () => {
  const { clinic, token } = await createSmallClinic();
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
  const { clinic, token } = await createSmallClinic();
  const idOf = async (given: string) =>
    (await clinic.send('/Observation/o1', token, { headers: { 'X-Request-Id': given } })).headers.get('x-request-id');
  assert.equal(await idOf('abc-1.2_3'), 'abc-1.2_3');
  assert.equal(clinic.audit.at(-1)?.requestId, 'abc-1.2_3');
  for (const given of ['x'.repeat(65), 'a b', '<script>', '"'])
    assert.match((await idOf(given)) ?? '', /^[0-9a-f-]{36}$/);
});

test('N28: pages of registered origins may call, and nobody by a cookie', async () => {
  const { clinic, token } = await createSmallClinic();
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

test('A21: everything that is stated works', async () => {
  const { clinic } = await createSmallClinic(
    {
      facts: (who) => ({ ...wholeFacts(who), wholeServer: true }),
      validate: async () => ({ resourceType: 'OperationOutcome', issue: [] }),
    },
    { appliesFilter: true },
  );
  const token = await clinic.token({ scope: 'user/*.cruds', fhirUser: `${base}/Practitioner/1`, patient: undefined });
  interface Stated {
    type: string;
    interaction: { code: string }[];
    searchParam: { name: string; type: string }[];
    searchInclude?: string[];
    searchRevInclude?: string[];
    operation?: { name: string }[];
  }
  const statement = (await (await clinic.send('/metadata')).json()) as {
    rest: { resource: Stated[]; interaction: { code: string }[] }[];
  };
  const [rest] = statement.rest;
  assert.deepEqual(rest?.resource.map(({ type }) => type).sort(), [...types].sort());
  const json = { 'Content-Type': 'application/fhir+json' };
  const statusOf = async (path: string, init: RequestInit = {}) => (await clinic.send(path, token, init)).status;
  const strict = { headers: { Prefer: 'handling=strict' } };
  const values: Record<string, string> = {
    token: 'x',
    reference: 'Patient/a',
    string: 'xx',
    date: '2020',
    number: '1',
    quantity: '5',
    uri: 'http://x.example',
  };
  const called: Record<string, (type: string) => Promise<number>> = {
    read: (type) => statusOf(`/${type}/x`),
    vread: (type) => statusOf(`/${type}/x/_history/1`),
    create: (type) => statusOf(`/${type}`, { method: 'POST', headers: json, body: '{}' }),
    update: (type) => statusOf(`/${type}/x`, { method: 'PUT', headers: json, body: '{}' }),
    patch: (type) => statusOf(`/${type}/x`, { method: 'PATCH', headers: json, body: '{}' }),
    delete: (type) => statusOf(`/${type}/x`, { method: 'DELETE' }),
    'history-instance': (type) => statusOf(`/${type}/x/_history`),
    'history-type': (type) => statusOf(`/${type}/_history`),
    'search-type': (type) => statusOf(`/${type}`),
  };
  const answers: Record<string, number> = {
    read: 404,
    vread: 404,
    create: 400,
    update: 400,
    patch: 404,
    delete: 204,
    'history-instance': 404,
    'history-type': 200,
    'search-type': 200,
  };
  const operations: Record<string, (type: string) => Promise<number>> = {
    everything: () => statusOf('/Patient/a/$everything'),
    meta: (type) => statusOf(`/${type}/x/$meta`),
    validate: (type) =>
      statusOf(`/${type}/$validate`, { method: 'POST', headers: json, body: `{"resourceType":"${type}"}` }),
    docref: (type) => statusOf(`/${type}/$docref?patient=a`),
  };
  for (const { type, interaction, searchParam, searchInclude, searchRevInclude, operation } of rest?.resource ?? []) {
    for (const { name, type: kind } of searchParam) {
      if (kind === 'composite' || kind === 'special') continue;
      assert.equal(await statusOf(`/${type}?${name}=${values[kind]}`, strict), 200, `${type}?${name}`);
    }
    for (const value of searchInclude ?? [])
      if (!value.includes('*')) assert.equal(await statusOf(`/${type}?_include=${value}`, strict), 200, value);
    for (const value of (searchRevInclude ?? []).filter((each) => types.includes(each.split(':')[0] ?? '')))
      assert.equal(await statusOf(`/${type}?_revinclude=${value}`, strict), 200, value);
    for (const { code } of interaction) assert.equal(await called[code]?.(type), answers[code], `${code} ${type}`);
    for (const { name } of operation ?? []) {
      const status = await operations[name]?.(type);
      assert.ok(status === 200 || status === 404, `${type} $${name}: ${status}`);
    }
  }
  const bundle = (type: string) => ({
    method: 'POST',
    headers: json,
    body: `{"resourceType":"Bundle","type":"${type}"}`,
  });
  const system: Record<string, () => Promise<number>> = {
    batch: () => statusOf('/', bundle('batch')),
    transaction: () => statusOf('', bundle('transaction')),
    'search-system': () => statusOf('/?_type=Patient'),
    'history-system': () => statusOf('/_history'),
  };
  for (const { code } of rest?.interaction ?? []) assert.equal(await system[code]?.(), 200, code);
});
