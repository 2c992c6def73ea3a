import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  allow,
  answerOf,
  authorizeUrl,
  codeFields,
  issuer,
  postForm,
  clinic as recordsBase,
  signIn,
  startDomain,
  type TestDomain,
} from '@affinity/authorization-server/testing/domain.ts';
import { createStateServer } from './app-state.ts';

const base = 'http://localhost:4000/state/fhir';
const own = 'https://app.example/state|prefs';
const foreign = 'https://other.example/state|prefs';
const patient = `${recordsBase}/Patient/p1`;

const openState = (domain: TestDomain, settings: Partial<{ bytes: number; states: number }> = {}) => {
  const registered = { affinity_app_state: [own] };
  const serve = createStateServer({
    base,
    recordsBase,
    issuer,
    pool: domain.database.pool,
    audit: { append: async (record) => void domain.audit.push(record) },
    grants: { isLive: () => true, isFresh: () => true },
    authorization: domain.server,
    registry: {
      find: async (id) => (id === 'browser' ? ({ metadata: { client_id: id, ...registered } } as never) : undefined),
      servesOrigin: async () => false,
    },
    settings: {
      bytes: 256 * 1024,
      states: 3,
      requireProof: false,
      requireNonce: false,
      proofSeconds: 60,
      ...settings,
    },
    now: domain.now,
  });
  return (path: string, token: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (token !== '') headers.set('authorization', `Bearer ${token}`);
    if (init.body !== undefined) headers.set('content-type', 'application/fhir+json');
    return serve(new Request(base + path, { ...init, headers }), { address: '192.0.2.4' });
  };
};

const tokenFor = async (domain: TestDomain, scope: string, username = 'ana'): Promise<string> => {
  const browser = domain.browser();
  const shown = await signIn(browser, authorizeUrl({ client_id: 'browser', scope }), username);
  const back = await allow(browser, shown);
  const response = await domain.token(codeFields(answerOf(back).get('code') ?? '', { client_id: 'browser' }));
  return ((await response.json()) as { access_token: string }).access_token;
};

const state = (subject: string | undefined, code = own, value = 'dark', more: object = {}): string => {
  const [system, bare] = code.split('|');
  return JSON.stringify({
    resourceType: 'Basic',
    ...more,
    code: { coding: [{ system, code: bare }] },
    ...(subject === undefined ? {} : { subject: { reference: subject } }),
    extension: [{ url: 'https://app.example/colour', valueString: value }],
  });
};
const post = (body: string): RequestInit => ({ method: 'POST', body });
const put = (body: string, tag?: string): RequestInit => ({
  method: 'PUT',
  body,
  ...(tag === undefined ? {} : { headers: { 'if-match': tag } }),
});
const searchOf = (subject: string, code = own): string =>
  `/Basic?code=${encodeURIComponent(code)}&subject=${encodeURIComponent(subject)}`;

test('P01, P02: kept, found, changed on the version that was seen, and gone', async (t) => {
  const domain = await startDomain(t);
  const send = openState(domain);
  const token = await tokenFor(domain, 'launch/patient patient/Basic.cruds');
  const made = await send('/Basic', token, post(state(patient)));
  assert.equal(made.status, 201);
  const tag = made.headers.get('etag') ?? '';
  const { id, meta } = (await made.json()) as { id: string; meta: { versionId: string } };
  assert.deepEqual([tag, meta.versionId], ['W/"1"', '1']);
  assert.equal(made.headers.get('location'), `${base}/Basic/${id}`);
  const found = (await (await send(searchOf(patient), token)).json()) as { total: number; entry: object[] };
  assert.equal(found.total, 1);
  const changed = state(patient, own, 'light', { id });
  assert.equal((await send(`/Basic/${id}`, token, put(changed))).status, 428, 'no If-Match');
  assert.equal((await send(`/Basic/${id}`, token, put(changed, 'W/"7"'))).status, 412);
  assert.equal((await send(`/Basic/${id}`, token, put(state(undefined, own, 'x', { id }), tag))).status, 412);
  assert.equal((await send(`/Basic/${id}`, token, put(state(patient, foreign, 'x', { id }), tag))).status, 412);
  const updated = await send(`/Basic/${id}`, token, put(changed, tag));
  assert.deepEqual([updated.status, updated.headers.get('etag')], [200, 'W/"2"']);
  assert.equal((await send(`/Basic/${id}`, token, { method: 'DELETE' })).status, 428);
  const at = { method: 'DELETE', headers: { 'if-match': 'W/"2"' } };
  assert.equal((await send(`/Basic/${id}`, token, at)).status, 204);
  for (const init of [at, put(changed, 'W/"2"')]) assert.equal((await send(`/Basic/${id}`, token, init)).status, 412);
  assert.equal((await send(`/Basic/${id}`, token)).status, 404);
});

test('P02, race: of many changes on one version exactly one is made', async (t) => {
  const domain = await startDomain(t);
  const send = openState(domain);
  const token = await tokenFor(domain, 'launch/patient patient/Basic.cruds');
  const { id } = (await (await send('/Basic', token, post(state(patient)))).json()) as { id: string };
  for (let round = 1; round <= 10; round++) {
    const tag = `W/"${round}"`;
    const all = Array.from({ length: 8 }, (_, at) =>
      send(`/Basic/${id}`, token, put(state(patient, own, `by ${at}`, { id }), tag)),
    );
    const statuses = (await Promise.all(all)).map(({ status }) => status);
    assert.deepEqual(statuses.sort(), [200, ...Array(7).fill(412)]);
  }
});

test('P03, race: of many that are added at once no more are kept than may be', async (t) => {
  const domain = await startDomain(t);
  const [send, other] = [openState(domain, { states: 3 }), openState(domain, { states: 3 })];
  const token = await tokenFor(domain, 'launch/patient patient/Basic.cruds');
  for (let round = 0; round < 5; round++) {
    const all = Array.from({ length: 12 }, (_, at) =>
      (at % 2 === 0 ? send : other)('/Basic', token, post(state(patient))),
    );
    const statuses = (await Promise.all(all)).map(({ status }) => status);
    assert.deepEqual(statuses.sort(), [...Array(3).fill(201), ...Array(9).fill(422)], `round ${round}`);
    await domain.database.pool.query('delete from app_state');
  }
});

test('P03: what is no state is refused whole; the limits of size and count, at and past', async (t) => {
  const domain = await startDomain(t);
  const send = openState(domain, { bytes: 2000, states: 3 });
  const token = await tokenFor(domain, 'launch/patient patient/Basic.cruds');
  const wrong: readonly [string, number][] = [
    ['{', 400],
    ['{"resourceType":"Basic","resourceType":"Basic"}', 400],
    [JSON.stringify({ resourceType: 'Patient' }), 422],
    [state(patient, own, 'x', { id: 'chosen' }), 422],
    [state(patient, own, 'x', { meta: { versionId: '3' } }), 422],
    [state('Patient/p1'), 422],
    [state(patient, own, 'x', { author: { reference: patient } }), 422],
    [state(patient).replace('valueString', 'valueCode'), 422],
    [JSON.stringify({ resourceType: 'Basic', code: { coding: [{ code: 'a' }] } }), 422],
    [
      JSON.stringify({
        resourceType: 'Basic',
        code: {
          coding: [
            { system: 'a', code: 'b' },
            { system: 'a', code: 'c' },
          ],
        },
      }),
      422,
    ],
  ];
  for (const [body, status] of wrong) assert.equal((await send('/Basic', token, post(body))).status, status, body);
  const empty = state(patient, own, '').length;
  assert.equal((await send('/Basic', token, post(state(patient, own, 'x'.repeat(2000 - empty))))).status, 201);
  assert.equal((await send('/Basic', token, post(state(patient, own, 'x'.repeat(2001 - empty))))).status, 413);
  for (const status of [201, 201, 422])
    assert.equal((await send('/Basic', token, post(state(patient)))).status, status);
  for (const query of ['', '?code=a', `?subject=${patient}`, `?code=${own}&subject=`, `?code=prefs&subject=${patient}`])
    assert.equal((await send(`/Basic${query}`, token)).status, 400, query);
});

test('P04: only codes of the app, only the own patient or user, each letter by itself; hidden is as absent', async (t) => {
  const domain = await startDomain(t);
  const send = openState(domain);
  const token = await tokenFor(domain, 'launch/patient patient/Basic.cruds');
  assert.equal((await send('/Basic', '', post(state(patient)))).status, 401);
  const { id } = (await (await send('/Basic', token, post(state(patient)))).json()) as { id: string };
  for (const body of [state(patient, foreign), state(`${recordsBase}/Patient/p2`), state(undefined)])
    assert.equal((await send('/Basic', token, post(body))).status, 403);
  const none = await tokenFor(domain, 'launch/patient patient/Observation.rs patient/*.rs');
  assert.equal((await send(searchOf(patient), none)).status, 403, 'a wildcard is no right over state');
  const looking = await tokenFor(domain, 'launch/patient patient/Basic.rs');
  assert.equal((await send(`/Basic/${id}`, looking)).status, 200);
  assert.equal((await send('/Basic', looking, post(state(patient)))).status, 403);
  const narrow = await tokenFor(domain, `launch/patient patient/Basic.rs?code=${foreign}`);
  const [hidden, absent] = [await send(`/Basic/${id}`, narrow), await send('/Basic/nothing', narrow)];
  assert.equal(hidden.status, 404);
  assert.equal(await hidden.text(), await absent.text());
  const user = await tokenFor(domain, 'openid fhirUser user/Basic.cruds');
  assert.equal((await send('/Basic', user, post(state(patient)))).status, 201, 'Ana is her own user');
  assert.equal((await send('/Basic', user, post(state(undefined)))).status, 403, 'of nobody: only to look');
  const global = `/Basic?code=${encodeURIComponent(own)}&subject:missing=true`;
  assert.equal(((await (await send(global, user)).json()) as { total: number }).total, 0);
  const nurse = await tokenFor(domain, 'openid fhirUser user/Basic.cruds', 'nurse');
  assert.equal((await send(`/Basic/${id}`, nurse)).status, 404);
  assert.equal((await send(searchOf(patient), nurse)).status, 403);
});

test('P04, J: each request is recorded before it is answered; a token that was taken back is worth nothing', async (t) => {
  const domain = await startDomain(t);
  const send = openState(domain);
  const token = await tokenFor(domain, 'launch/patient patient/Basic.cruds');
  await send('/Basic', token, post(state(patient, own, 'a secret of the app')));
  const [noted] = domain.audit.filter(({ source }) => source === 'app-state');
  assert.deepEqual([noted?.event, noted?.outcome, noted?.status], ['create', 'permitted', 201]);
  assert.doesNotMatch(JSON.stringify(domain.audit), /a secret of the app/);
  await postForm(domain.server, '/revoke', { token, client_id: 'browser' });
  assert.equal((await send(searchOf(patient), token)).status, 401);
});
