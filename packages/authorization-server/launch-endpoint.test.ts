/** A launch is given to a record system: to whom, for which app, and for which record. SMART App Launch 2.2, EHR launch. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { faultsOf } from './clients.ts';
import {
  basic,
  clinic,
  issuer,
  launchUri,
  obtainTokens,
  postForm,
  secret,
  startDomain,
  type TestDomain,
  type Tokens,
} from './testing/domain.ts';
import { ehrToken, launchedTokens, launchOf, ofEhr } from './testing/launch-flow.ts';
import { postLaunch, readLaunch } from './testing/launches.ts';

const ends: (() => Promise<void>)[] = [];
after(async () => {
  for (const end of ends) await end();
});
let domain: TestDomain;
let token: string;
before(async () => {
  domain = await startDomain({ after: (end) => void ends.unshift(end) });
  token = await ehrToken(domain);
});
const post = (body: unknown, bearer: string | undefined = token, headers = {}) =>
  postLaunch(domain.server, issuer, bearer, body, headers);
const usual = { client_id: 'web', patient: 'p1' };

test('B16: the address is the registered one with iss and launch, and of the handle only its hash is kept', async () => {
  const { launch, launch_url } = await readLaunch(await post(usual));
  assert.equal(Buffer.from(launch, 'base64url').length, 32);
  assert.equal(launch_url, `${launchUri}&iss=${encodeURIComponent(clinic)}&launch=${launch}`);
  const { rows } = await domain.database.pool.query('select l::text from ehr_launch l');
  assert.ok(rows.length > 0 && !JSON.stringify([rows, domain.audit, domain.logged]).includes(launch));
  const last = domain.audit.at(-1);
  assert.equal(last?.event, 'launch-issued');
  assert.deepEqual([last?.outcome, last?.client, last?.patient], ['permitted', 'ehr', 'p1']);
});

test('B16: another registered address where it is named, and no address that is not registered', async () => {
  const other = 'http://localhost:4000/apps/vitals/other-launch';
  assert.match((await readLaunch(await post({ ...usual, launch_uri: other }))).launch_url, /other-launch\?iss=/);
  for (const body of [
    { ...usual, launch_uri: 'https://evil.example/launch' },
    { ...usual, launch_uri: `${other}/` },
    { ...usual, client_id: 'other' },
    { ...usual, client_id: 'nobody' },
  ])
    assert.equal((await post(body)).status, 400, JSON.stringify(body));
});

test('only an app that is declared a record system, with the token of a person', async () => {
  const notEhr = await obtainTokens(domain, { scope: ofEhr.scope }, [], 'nurse');
  assert.equal((await post(usual, notEhr.access_token)).status, 403);
  const service = await domain.token({
    grant_type: 'client_credentials',
    scope: 'system/Patient.rs',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await domain.assertion(),
  });
  const { access_token } = (await service.json()) as Tokens;
  for (const bearer of [access_token, 'nonsense', token.slice(0, -4)]) {
    const refused = await post(usual, bearer);
    assert.equal(refused.status, 401);
    assert.match(refused.headers.get('www-authenticate') ?? '', /^Bearer .*error="invalid_token"/);
  }
  assert.equal((await postLaunch(domain.server, issuer, undefined, usual)).status, 401);
  const ended = await ehrToken(domain, 'nurse');
  await postForm(domain.server, '/revoke', { token: ended }, basic('ehr'));
  assert.equal((await post(usual, ended)).status, 401);
  assert.ok(domain.audit.filter(({ event, outcome }) => event === 'launch-issued' && outcome === 'denied').length >= 6);
});

test('a patient whom the session does not show is refused as one that is not there; so is an encounter', async () => {
  const answers = async (bodies: readonly object[]) =>
    new Set(
      await Promise.all(
        bodies.map(async (body) => {
          const response = await post({ client_id: 'web', ...body });
          return `${response.status} ${await response.text()}`;
        }),
      ),
    );
  const patients = await answers([{ patient: 'p3' }, { patient: 'p99' }]);
  assert.equal(patients.size, 1);
  assert.match([...patients][0] ?? '', /^403 .*access_denied/);
  domain.records.visits.set('p2', [{ id: 'e2', title: '' }]);
  const encounters = await answers([
    { patient: 'p1', encounter: 'e2' },
    { patient: 'p1', encounter: 'e99' },
  ]);
  assert.equal(encounters.size, 1);
  assert.match([...encounters][0] ?? '', /^403 /);
  assert.equal((await post({ ...usual, encounter: 'e1' })).status, 201);
  assert.equal((await post({ client_id: 'web', encounter: 'e1' })).status, 400, 'an encounter without its patient');
});

test('a token that is for one patient launches for no other', async () => {
  const patients = await obtainTokens(domain, { client_id: 'ehr', scope: 'launch/patient patient/Patient.rs' });
  assert.equal((await post(usual, patients.access_token)).status, 201);
  domain.records.reached.add('Patient/p1 p2');
  assert.equal((await post({ ...usual, patient: 'p2' }, patients.access_token)).status, 403);
});

const faulty: readonly (readonly [string, unknown, number])[] = [
  ['no JSON', '{', 400],
  ['a name twice', '{"client_id":"web","client_id":"web"}', 400],
  ['a list', [], 400],
  ['an unknown member', { ...usual, ptient: 'p1' }, 400],
  ['an id that is none', { ...usual, patient: '../p1' }, 400],
  ['D17: a string in fhirContext', { ...usual, fhirContext: ['Task/1'] }, 400],
  ['D18: a banner that is no boolean', { ...usual, need_patient_banner: 'true' }, 400],
  ['D19: an intent that is no string', { ...usual, intent: { a: 1 } }, 400],
  ['D19: a tenant of 201 characters', { ...usual, tenant: 'x'.repeat(201) }, 400],
  ['D18: a style that nobody serves', { ...usual, style: 'toString' }, 400],
  ['D18: a style with a URL in it', { ...usual, style: { color_text: 'url(https://evil.example)' } }, 400],
  ['D18: a style with a member of its own', { ...usual, style: { behaviour: '#000' } }, 400],
];
for (const [what, body, status] of faulty)
  test(`refused: ${what}`, async () => assert.equal((await post(body)).status, status));

test('a form is no JSON, GET is no POST, and at most so much is read', async () => {
  assert.equal(
    (await post('client_id=web', token, { 'content-type': 'application/x-www-form-urlencoded' })).status,
    415,
  );
  const got = await domain.server.fetch(new Request(`${issuer}/launch`), {});
  assert.deepEqual([got.status, got.headers.get('allow')], [405, 'POST']);
  const small = await domain.another({ launchCharacters: 40 });
  const sized = (length: number): string => JSON.stringify(usual).padEnd(length);
  assert.equal((await postLaunch(small, issuer, token, sized(40))).status, 201);
  assert.equal((await postLaunch(small, issuer, token, sized(41))).status, 413);
});

test('D18: a style is at the address of its content, for anybody and for ever; so many are kept', async () => {
  const styleOf = async (style: unknown): Promise<string> => {
    const { launch } = await launchOf(domain, token, { style });
    return String((await launchedTokens(domain, launch)).smart_style_url);
  };
  const [one, same, other] = [
    await styleOf({ color_text: '#102030', dim_font_size: '14px' }),
    await styleOf({ dim_font_size: '14px', color_text: '#102030' }),
    await styleOf({ color_text: '#102031', dim_font_size: '14px' }),
  ];
  assert.equal(one, same);
  assert.notEqual(one, other);
  const got = await domain.server.fetch(new Request(one), {});
  assert.deepEqual(await got.json(), { color_text: '#102030', dim_font_size: '14px' });
  assert.equal(got.headers.get('cache-control'), 'public, max-age=31536000, immutable');
  assert.equal(got.headers.get('access-control-allow-origin'), '*');
  const absent = await domain.server.fetch(new Request(one.replace(/styles\/./, 'styles/_')), {});
  assert.equal(absent.status, 404);
  const { rows } = await domain.database.pool.query('select count(*)::int as n from launch_style');
  const full = await domain.another({ launchStyles: rows[0].n });
  const ask = async (style: unknown) => (await postLaunch(full, issuer, token, { ...usual, style })).status;
  assert.equal(await ask({ color_text: '#102030', dim_font_size: '14px' }), 201, 'one that is there');
  assert.equal(await ask({ color_text: '#abcdef' }), 400);
  assert.equal(
    (
      await postLaunch(await domain.another({ launchStyles: rows[0].n + 1 }), issuer, token, {
        ...usual,
        style: { color_text: '#abcdef' },
      })
    ).status,
    201,
  );
});

test('launch_uris and affinity_ehr are checked at registration', async () => {
  const faults = (more: object) =>
    faultsOf({ client_id: 'a', client_secret: secret, redirect_uris: ['https://a.example/cb'], ...more });
  assert.deepEqual(faults({ launch_uris: ['https://a.example/launch?x=1'], affinity_ehr: true }), []);
  for (const uri of [
    'http://a.example/launch',
    'javascript:alert(1)',
    'https://a.example/launch#x',
    'https://u:p@a.example/launch',
    'https://*.example/launch',
    'https://a.example/launch?iss=https%3A%2F%2Fevil.example',
    'https://a.example/launch?launch=1',
    'com.example.app:/launch',
    '/launch',
  ])
    assert.match(faults({ launch_uris: [uri] }).join(), /^launch_uris/, uri);
  assert.equal(faults({ launch_uris: 'https://a.example/launch' }).length, 1);
  assert.equal(faults({ launch_uris: Array.from({ length: 50 }, (_, n) => `https://a.example/${n}`) }).length, 0);
  assert.equal(faults({ launch_uris: Array.from({ length: 51 }, (_, n) => `https://a.example/${n}`) }).length, 1);
  assert.equal(faults({ affinity_ehr: 'yes' }).length, 1);
  assert.equal(
    faultsOf({ client_id: 'a', redirect_uris: ['https://a.example/cb'], affinity_ehr: true }).length,
    1,
    'a public app',
  );
});
