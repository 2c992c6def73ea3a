import assert from 'node:assert/strict';
import { test } from 'node:test';
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

test('A21: every interaction and search parameter that is stated works', async () => {
  const { clinic } = await createSmallClinic({ facts: () => ({ wholeServer: true }) });
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
