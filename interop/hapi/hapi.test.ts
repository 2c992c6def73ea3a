/**
 * A real HAPI server behind the gateway: SMART tokens, searches, pages, writes and a transaction, and nothing of anybody
 * else. FHIR R4 http.html; SMART App Launch 2.2.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { bearer, obtainTokens, refresh, serviceToken, type Tokens } from '../../test/hostile/caller.ts';
import { type GuardedHapi, observation, startGuardedHapi } from './guarded-hapi.ts';

interface Bundle {
  readonly total?: number;
  readonly link?: readonly { readonly relation: string; readonly url: string }[];
  readonly entry?: readonly {
    readonly fullUrl?: string;
    readonly resource: Resource;
    readonly response?: { readonly status: string };
  }[];
}

let guarded: GuardedHapi;
let ana: Tokens;
const scope =
  'openid fhirUser launch/patient offline_access patient/Patient.rs patient/Observation.cruds patient/Condition.cruds patient/Practitioner.r';

before(async () => {
  guarded = await startGuardedHapi();
  ana = await obtainTokens(guarded.domain.origin, { request: { scope } });
});
after(() => guarded?.close());

/** Everything that is answered goes through here: nowhere may HAPI's address stand. */
const send = async (path: string, token: string, init: RequestInit = {}): Promise<Response> => {
  const url = path.startsWith('http') ? path : `${guarded.base}/${path}`;
  const headers = {
    ...bearer(token),
    'content-type': 'application/fhir+json',
    ...(init.headers as object | undefined),
  };
  const response = await fetch(url, { ...init, headers });
  const told = `${JSON.stringify([...response.headers])}${await response.clone().text()}`;
  assert.ok(!told.includes(new URL(guarded.hapi.url).host) && !/hapi/i.test(told), `E48: ${told.slice(0, 500)}`);
  return response;
};
const get = async (path: string, token = ana.access_token): Promise<Bundle> => {
  const response = await send(path, token);
  assert.equal(response.status, 200, `${path}: ${await response.clone().text()}`);
  return (await response.json()) as Bundle;
};
const idsOf = ({ entry = [] }: Bundle): readonly string[] => entry.map(({ resource }) => resource.id ?? '');
const nextOf = ({ link = [] }: Bundle): string | undefined => link.find(({ relation }) => relation === 'next')?.url;

test('standalone launch: the token opens the own record, and no other', async () => {
  assert.equal(ana.patient, 'pa');
  assert.equal((await send('Patient/pa', ana.access_token)).status, 200);
  for (const hidden of ['Patient/pb', 'Observation/b1', 'Observation/a-hidden', 'Patient/nobody'])
    assert.equal((await send(hidden, ana.access_token)).status, 404, hidden);
  assert.equal((await fetch(`${guarded.base}/Patient/pa`)).status, 401);
  const renewed = (await (await refresh(guarded.domain.origin, ana.refresh_token)).json()) as Tokens;
  assert.equal((await send('Patient/pa', renewed.access_token)).status, 200);
  ana = renewed;
});

test('searches: by category, date and code; by GET and POST; totals are of what is seen', async () => {
  assert.deepEqual(idsOf(await get('Observation?category=vital-signs')), ['a-pulse']);
  assert.deepEqual([...idsOf(await get('Observation?patient=pa&date=ge2026-03-20&category=laboratory'))].sort(), [
    'a20',
    'a21',
    'a22',
    'a23',
    'a24',
  ]);
  assert.equal((await get('Observation?code=http://loinc.org|718-7&_summary=count')).total, 25);
  assert.equal((await get('Observation?_total=accurate&_count=3')).total, 25);
  assert.deepEqual(idsOf(await get('Observation?patient=pb')), []);
  const posted = await send('Observation/_search', ana.access_token, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'category=vital-signs',
  });
  assert.deepEqual(idsOf((await posted.json()) as Bundle), ['a-pulse']);
});

test('pages: each resource once, links of ours, sealed and bound to the grant', async () => {
  const seen: string[] = [];
  let page = await get('Observation?category=laboratory&_count=7&_sort=-date');
  for (;;) {
    seen.push(...idsOf(page));
    const next = nextOf(page);
    if (next === undefined) break;
    assert.ok(next.startsWith(guarded.base) && next.length < 2_000, next);
    page = await get(next);
  }
  assert.equal(seen.length, 24);
  assert.equal(new Set(seen).size, 24);
  assert.deepEqual(seen.slice(0, 3), ['a24', 'a23', 'a22']);
  const ben = await obtainTokens(guarded.domain.origin, { username: 'ben', request: { scope } });
  const first = await get('Observation?category=laboratory&_count=7');
  assert.ok([400, 403, 404].includes((await send(nextOf(first) ?? '', ben.access_token)).status));
});

test('chains, _has and includes lead only through what may be seen', async () => {
  assert.deepEqual(idsOf(await get('Observation?patient.family=Adeyemi&category=vital-signs')), ['a-pulse']);
  assert.deepEqual(idsOf(await get('Observation?patient.family=Brandt')), []);
  const included = await get('Observation?_id=a-pulse&_include=Observation:performer&_include=Observation:patient');
  assert.deepEqual([...idsOf(included)].sort(), ['a-pulse', 'dr', 'pa']);
  const reverse = await get('Patient?_id=pa&_revinclude=Condition:patient');
  assert.deepEqual([...idsOf(reverse)].sort(), ['a-asthma', 'pa']);
  assert.deepEqual(idsOf(await get('Patient?_has:Condition:patient:_id=a-asthma')), ['pa']);
});

test('a practitioner reaches those in care by the records of the hospital, and nobody else', async () => {
  const request = { scope: 'openid fhirUser user/Patient.rs user/Observation.rs' };
  const doctor = await obtainTokens(guarded.domain.origin, { username: 'okafor', request });
  assert.deepEqual(idsOf(await get('Patient', doctor.access_token)), ['pa']);
  assert.equal((await send('Observation/b1', doctor.access_token)).status, 404);
});

test('writes: created, changed where the version is the one that was read, taken away; nothing of anybody else', async () => {
  const made = await send('Observation', ana.access_token, {
    method: 'POST',
    body: JSON.stringify({ ...observation('x', 'pa', 'vital-signs', 27), id: undefined }),
  });
  assert.equal(made.status, 201, await made.clone().text());
  const place = (made.headers.get('location') ?? '').replace(/\/_history\/.*/, '');
  assert.ok(place.startsWith(`${guarded.base}/Observation/`), place);
  const read = await send(place, ana.access_token);
  const etag = read.headers.get('etag') ?? '';
  const stored = (await read.json()) as Resource;
  const put = (resource: object, ifMatch: string): Promise<Response> =>
    send(place, ana.access_token, { method: 'PUT', headers: { 'if-match': ifMatch }, body: JSON.stringify(resource) });
  const changed = await put({ ...stored, status: 'amended' }, etag);
  assert.equal(changed.status, 200, await changed.clone().text());
  assert.equal((await put({ ...stored, status: 'corrected' }, etag)).status, 412);
  const moved = await put({ ...stored, subject: { reference: 'Patient/pb' } }, changed.headers.get('etag') ?? '');
  assert.ok([403, 404].includes(moved.status), String(moved.status));
  const history = await get(`${place}/_history`);
  assert.equal(history.entry?.length, 2);
  assert.equal((await send(place, ana.access_token, { method: 'DELETE' })).status, 204);
  assert.equal((await send(place, ana.access_token)).status, 410);
  const foreign = { ...observation('b1', 'pb', 'laboratory', 1), status: 'cancelled' };
  const answer = await send('Observation/b1', ana.access_token, { method: 'PUT', body: JSON.stringify(foreign) });
  assert.ok([403, 404, 405].includes(answer.status), String(answer.status));
  const untouched = (await (await fetch(`${guarded.hapi.url}/Observation/b1`)).json()) as Resource;
  assert.equal((untouched.meta as { versionId: string }).versionId, '1');
});

test('a transaction is made as one; one entry that is refused, and nothing stands', async () => {
  const entry = (resource: Resource) => ({
    fullUrl: `urn:uuid:${crypto.randomUUID()}`,
    resource: { ...resource, id: undefined },
    request: { method: 'POST', url: resource.resourceType },
  });
  const transact = (entries: readonly object[]): Promise<Response> =>
    send('', ana.access_token, {
      method: 'POST',
      body: JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry: entries }),
    });
  const count = async (): Promise<number> =>
    (
      (await (
        await fetch(`${guarded.hapi.url}/Observation?_summary=count`, { headers: { 'cache-control': 'no-cache' } })
      ).json()) as Bundle
    ).total ?? -1;
  const before = await count();
  const done = await transact([
    entry(observation('t1', 'pa', 'vital-signs', 28)),
    entry(observation('t2', 'pa', 'vital-signs', 29)),
  ]);
  assert.equal(done.status, 200, await done.clone().text());
  assert.deepEqual(
    ((await done.json()) as Bundle).entry?.map(({ response }) => response?.status.slice(0, 3)),
    ['201', '201'],
  );
  assert.equal(await count(), before + 2);
  const refused = await transact([
    entry(observation('t3', 'pa', 'vital-signs', 30)),
    entry(observation('t4', 'pb', 'vital-signs', 30)),
  ]);
  assert.ok(refused.status >= 400, String(refused.status));
  assert.equal(await count(), before + 2);
});

test('a backend service reads what its scope names, page by page', async () => {
  const token = await serviceToken(guarded.domain.origin, 'system/Patient.rs');
  assert.deepEqual([...idsOf(await get('Patient', token))].sort(), ['pa', 'pb']);
  assert.equal((await send('Observation/b1', token)).status, 403);
});

test('everything of a patient', async () => {
  const ids = new Set<string>();
  let page: Bundle | undefined = await get('Patient/pa/$everything?_count=20');
  while (page !== undefined) {
    for (const id of idsOf(page)) ids.add(id);
    const next = nextOf(page);
    page = next === undefined ? undefined : await get(next);
  }
  for (const id of ['pa', 'a1', 'a24', 'a-pulse', 'a-asthma']) assert.ok(ids.has(id), id);
  for (const id of ['pb', 'b1', 'a-hidden']) assert.ok(!ids.has(id), id);
});
