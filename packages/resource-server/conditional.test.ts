import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { wholeFacts } from '@affinity/policy/testing/whole-facts.ts';
import { base, type Clinic, createSmallClinic, observation, sending } from './testing/clinic.ts';

const open = (given = {}) => createSmallClinic(given, { appliesFilter: true });
const identified = (value: string, owner = 'a', id = 'x') =>
  observation(id, owner, 'laboratory', { identifier: [{ system: 'urn:lab', value }] });
const withoutId = (resource: ReturnType<typeof observation>) => ({ ...resource, id: undefined });
const create = (clinic: Clinic, token: string, condition: string, owner = 'a') =>
  clinic.send('/Observation', token, sending('POST', identified('1', owner), { 'If-None-Exist': condition }));
const countOf = async (clinic: Clinic): Promise<number> => {
  const query = { type: 'Observation', clauses: [], count: 1000, sort: [], total: 'accurate', understood: [] } as const;
  return (await clinic.backend.searchType(query, { kind: 'everything' })).total ?? -1;
};

test('N08: If-None-Exist: none makes one, one is given back, several are 412', async () => {
  const { clinic, token } = await open();
  const condition = 'identifier=urn:lab|1';
  const made = await create(clinic, token, condition);
  assert.equal(made.status, 201);
  const again = await create(clinic, token, condition);
  assert.equal(again.status, 200);
  assert.equal(again.headers.get('content-location'), made.headers.get('location'));
  assert.equal(again.headers.get('etag'), 'W/"1"');
  await clinic.put(identified('1', 'a', 'second'));
  assert.equal((await create(clinic, token, condition)).status, 412);
  const before = await countOf(clinic);
  for (const wrong of ['', 'nonsense=1', '_count=1', `${condition}&nonsense=1`, '_format=json', 'identifier:above=x'])
    assert.equal((await create(clinic, token, wrong)).status, 400, wrong);
  assert.equal(await countOf(clinic), before);
});

test('N10: of 50 at once exactly one makes it', async () => {
  const { clinic, token } = await open();
  const statuses = await Promise.all(
    Array.from({ length: 50 }, async () => (await create(clinic, token, 'identifier=urn:lab|1')).status),
  );
  assert.equal(statuses.filter((status) => status === 201).length, 1);
  assert.equal(statuses.filter((status) => status === 200).length, 49);
});

test('E54: a condition is a search with its own right, and what is hidden meets none', async () => {
  const { clinic, token } = await open();
  await clinic.put(identified('1', 'b', 'hidden'));
  assert.equal((await create(clinic, token, 'identifier=urn:lab|1')).status, 201);
  const creator = await clinic.token({ scope: 'patient/Observation.c' });
  const denied = await create(clinic, creator, 'identifier=urn:lab|1');
  assert.equal(denied.status, 403);
  assert.match(denied.headers.get('www-authenticate') ?? '', /patient\/Observation\.s/);
  const vitals = await clinic.token({ scope: 'patient/Observation.cs?category=vital-signs' });
  const outside = sending('POST', identified('9'), { 'If-None-Exist': 'category=laboratory' });
  assert.equal((await clinic.send('/Observation', vitals, outside)).status, 403, 'a value outside the scope');
});

test('N09: conditional update by none, one and several', async () => {
  const { clinic, token } = await open();
  const put = (condition: string, resource: object, who = token) =>
    clinic.send(`/Observation?${condition}`, who, sending('PUT', resource));
  const made = await put('identifier=urn:lab|1', withoutId(identified('1')));
  assert.equal(made.status, 201);
  const id = made.headers.get('location')?.slice(base.length).split('/')[2] ?? '';
  assert.equal((await put('identifier=urn:lab|1', withoutId(identified('1')))).headers.get('etag'), 'W/"2"');
  assert.equal((await put('identifier=urn:lab|1', identified('1', 'a', id))).status, 200);
  assert.equal((await put('identifier=urn:lab|1', identified('1', 'a', 'other'))).status, 400);
  assert.equal((await put('identifier=urn:lab|2', identified('2', 'a', 'mine'))).status, 405, 'ids are the server’s');
  await clinic.put(identified('1', 'a', 'second'));
  assert.equal((await put('identifier=urn:lab|1', withoutId(identified('1')))).status, 412);
  assert.equal((await put('identifier=urn:lab|3', withoutId(identified('3', 'b')))).status, 403);
  for (const condition of ['', 'nonsense=1']) assert.equal((await put(condition, identified('1'))).status, 400);
  const updater = await clinic.token({ scope: 'patient/Observation.us' });
  assert.equal((await put('identifier=urn:lab|4', withoutId(identified('4')), updater)).status, 403, 'it would create');
});

test('N09: conditional delete and patch by none, one and several', async () => {
  const { clinic, token } = await open();
  const ask = (method: string, condition: string) =>
    clinic.send(`/Observation?${condition}`, token, {
      method,
      ...(method === 'PATCH'
        ? {
            headers: { 'Content-Type': 'application/json-patch+json' },
            body: '[{"op":"replace","path":"/status","value":"amended"}]',
          }
        : {}),
    });
  await clinic.put(identified('1', 'a', 'first'));
  await clinic.put(identified('5', 'b', 'hidden'));
  assert.equal((await ask('PATCH', 'identifier=urn:lab|1')).status, 200);
  assert.equal((await ask('PATCH', 'identifier=urn:lab|9')).status, 404);
  assert.equal((await ask('PATCH', 'identifier=urn:lab|5')).status, 404);
  await clinic.put(identified('1', 'a', 'second'));
  for (const method of ['PATCH', 'DELETE']) {
    assert.equal((await ask(method, 'identifier=urn:lab|1')).status, 412);
    assert.equal((await ask(method, '')).status, 400);
    assert.equal((await ask(method, 'nonsense=1')).status, 400);
  }
  await clinic.send('/Observation/second', token, { method: 'DELETE' });
  assert.equal((await ask('DELETE', 'identifier=urn:lab|9')).status, 204);
  assert.equal((await ask('DELETE', 'identifier=urn:lab|5')).status, 204, 'hidden is as absent');
  assert.equal((await ask('DELETE', 'identifier=urn:lab|1')).status, 204);
  assert.equal((await clinic.send('/Observation/first', token)).status, 410);
  const hidden = await clinic.backend.read({ type: 'Observation', id: 'hidden' }, { kind: 'everything' });
  assert.equal(hidden.kind, 'found');
});

test('E65: an update creates only by the setting, and only for those from whom no record is out of reach', async () => {
  for (const updateCreate of [false, true]) {
    const { clinic, token } = await open({
      updateCreate,
      facts: (who: Principal) => ({ ...wholeFacts(who), wholeServer: true }),
    });
    const put = async (id: string, who: string) =>
      (await clinic.send(`/Observation/${id}`, who, sending('PUT', observation(id, 'a', 'laboratory')))).status;
    assert.equal(await put('free', token), 405);
    assert.equal(await put('o2', token), 405, 'hidden is as absent');
    const staff = await clinic.token({ scope: 'user/*.cruds', fhirUser: `${base}/Practitioner/1`, patient: undefined });
    assert.equal(await put('chosen', staff), updateCreate ? 201 : 405);
    const kept = observation('secret', 'b', 'laboratory', {
      meta: { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }] },
    });
    await clinic.put(kept);
    assert.equal(await put('secret', staff), 405);
  }
});
