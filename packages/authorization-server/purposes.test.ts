import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actReason } from '@affinity/core/smart/purpose-of-use.ts';
import { checkClients } from './clients.ts';
import { type Fields, pageOf } from './testing/browser.ts';
import {
  allow,
  answerOf,
  authorizeUrl,
  basic,
  claimsOf,
  clinic,
  codeFields,
  refreshFields,
  signIn,
  startDomain,
  type TestDomain,
  type Tokens,
} from './testing/domain.ts';

const purposesIn = (token: string): unknown => {
  const extensions = claimsOf(token).extensions as { ihe_iua?: { purpose_of_use?: object } } | undefined;
  return extensions?.ihe_iua?.purpose_of_use;
};
const of = (...codes: readonly string[]) => codes.map((code) => ({ system: actReason, code }));

const lastCode = async (
  domain: TestDomain,
  username: string,
  changes: Parameters<typeof authorizeUrl>[0],
): Promise<URLSearchParams> => {
  const browser = domain.browser();
  const shown = await signIn(browser, authorizeUrl(changes), username);
  return answerOf(shown.headers.has('location') ? shown : await allow(browser, shown));
};
const tokensFor = async (
  domain: TestDomain,
  username: string,
  changes: Parameters<typeof authorizeUrl>[0],
): Promise<Tokens> => {
  const answer = await lastCode(domain, username, changes);
  const response = await domain.token(codeFields(answer.get('code') ?? ''), basic(changes?.client_id ?? 'web'));
  assert.equal(response.status, 200, `${await response.clone().text()} ${answer}`);
  return (await response.json()) as Tokens;
};

test('E75: the purpose follows from who signs in: the patient, or a practitioner; nothing of records, no purpose', async (t) => {
  const domain = await startDomain(t);
  const own = await tokensFor(domain, 'ana', {});
  assert.deepEqual(purposesIn(own.access_token), of('PATRQT'));
  const renewed = await domain.token(refreshFields(own.refresh_token), basic('web'));
  assert.deepEqual(purposesIn(((await renewed.json()) as Tokens).access_token), of('PATRQT'), 'refreshed');
  const user = { scope: 'user/Observation.rs' };
  assert.deepEqual(purposesIn((await tokensFor(domain, 'ana', user)).access_token), of('PATRQT'));
  assert.deepEqual(purposesIn((await tokensFor(domain, 'nurse', user)).access_token), of('TREAT'));
  assert.equal(purposesIn((await tokensFor(domain, 'nurse', { scope: 'openid' })).access_token), undefined);
  const auditor = { scope: 'user/AuditEvent.rs' };
  assert.equal(purposesIn((await tokensFor(domain, 'nobody', auditor)).access_token), undefined);
});

test('E75: a practitioner who is somebody’s parent does not treat them', async (t) => {
  const domain = await startDomain(t);
  await domain.people.add({
    username: 'mother',
    password: 'correct horse',
    name: 'Mother',
    fhirUser: `${clinic}/Practitioner/m1`,
    patients: [{ patient: 'p4', relation: 'child' }],
  });
  await domain.people.add({
    username: 'gp',
    password: 'correct horse',
    name: 'GP',
    fhirUser: 'Practitioner/g1',
    patients: [{ patient: 'p4', relation: 'patient' }],
  });
  assert.deepEqual(purposesIn((await tokensFor(domain, 'mother', {})).access_token), of('PATRQT'));
  assert.deepEqual(purposesIn((await tokensFor(domain, 'gp', {})).access_token), of('TREAT'));
});

test('E75: an app may ask for a purpose that it is registered for, and gets that one', async (t) => {
  const domain = await startDomain(t);
  const asked = { client_id: 'ward', scope: 'user/Observation.rs', purpose_of_use: 'HRESCH' };
  const { view } = await pageOf(await signIn(domain.browser(), authorizeUrl(asked), 'nurse'), 'consent');
  assert.deepEqual(view.purposes, ['HRESCH'], 'it is said to whoever allows it');
  const { access_token } = await tokensFor(domain, 'nurse', asked);
  assert.deepEqual(purposesIn(access_token), of('HRESCH'));
  for (const name of ['consent-granted', 'token-issued'])
    assert.equal(domain.audit.findLast(({ event }) => event === name)?.purpose, 'HRESCH', name);
  const claims = claimsOf(access_token);
  const grants = await domain.database.pool.query('select purpose from authorization_grant where id = $1', [
    claims.grant_id,
  ]);
  assert.equal(grants.rows[0].purpose, 'HRESCH');
  const personal = { client_id: 'ward', purpose_of_use: 'FAMRQT' };
  assert.deepEqual(purposesIn((await tokensFor(domain, 'ana', personal)).access_token), of('FAMRQT'));
});

test('E75: a purpose that cannot be had is refused, never dropped', async (t) => {
  const domain = await startDomain(t);
  const refused: readonly [string, Parameters<typeof authorizeUrl>[0], string][] = [
    ['not registered', { purpose_of_use: 'HRESCH' }, 'invalid_request'],
    ['one of two not registered', { client_id: 'ward', purpose_of_use: 'HRESCH TREAT' }, 'invalid_request'],
    ['no purpose', { client_id: 'ward', purpose_of_use: 'research' }, 'invalid_request'],
    ['an emergency beside another', { client_id: 'ward', purpose_of_use: 'BTG HRESCH' }, 'invalid_request'],
    ['a patient who researches', { client_id: 'ward', purpose_of_use: 'HRESCH' }, 'access_denied'],
    ['our own parameter', { affinity_purpose: 'TREAT', scope: 'openid', prompt: 'x' }, 'invalid_request'],
  ];
  for (const [name, changes, error] of refused) {
    const shown = await signIn(domain.browser(), authorizeUrl(changes), 'ana');
    assert.equal(answerOf(shown).get('error'), error, name);
  }
  const nurse = { client_id: 'ward', scope: 'user/Observation.rs', purpose_of_use: 'FAMRQT' };
  assert.equal((await lastCode(domain, 'nurse', nurse)).get('error'), 'access_denied');
  const own = await tokensFor(domain, 'ana', { affinity_purpose: 'TREAT' });
  assert.deepEqual(
    purposesIn(own.access_token),
    of('PATRQT'),
    'what only we say to ourselves is not taken from outside',
  );
});

test('E75: what was allowed for one purpose is not remembered for another', async (t) => {
  const domain = await startDomain(t);
  const browser = domain.browser();
  const scope = 'openid offline_access user/Observation.rs';
  const shown = await signIn(browser, authorizeUrl({ client_id: 'ward', scope }), 'nurse');
  const code = answerOf(await allow(browser, shown)).get('code') ?? '';
  assert.equal((await domain.token(codeFields(code), basic('ward'))).status, 200);
  const again = await browser.open(authorizeUrl({ client_id: 'ward', scope }));
  assert.ok(answerOf(again).has('code'), 'the same again is not asked');
  const other = await browser.open(authorizeUrl({ client_id: 'ward', scope, purpose_of_use: 'HRESCH' }));
  assert.equal(other.status, 200, 'another purpose is asked');
});

test('E75: the tokens of a backend service have the purposes of its registration, and no others', async (t) => {
  const domain = await startDomain(t);
  const ask = async (more: Fields = {}): Promise<Response> =>
    domain.token({
      grant_type: 'client_credentials',
      scope: 'system/Patient.rs',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await domain.assertion(),
      ...more,
    });
  for (const response of [await ask(), await ask({ purpose_of_use: 'HOPERAT' })]) {
    assert.equal(response.status, 200, await response.clone().text());
    assert.deepEqual(purposesIn(((await response.json()) as Tokens).access_token), of('HOPERAT'));
  }
  const refused = await ask({ purpose_of_use: 'TREAT' });
  assert.equal(refused.status, 400);
  assert.equal(((await refused.json()) as { error: string }).error, 'invalid_request');
});

test('E75: the purposes of an app are of the value set, each once, and no service has emergencies', () => {
  const redirect = { client_id: 'a', redirect_uris: ['http://localhost:4000/cb'] };
  assert.deepEqual(checkClients([{ ...redirect, affinity_purposes: ['BTG', 'TREAT'] }]), []);
  for (const affinity_purposes of ['TREAT', [7], ['treat'], ['TREAT', 'TREAT'], {}]) {
    assert.equal(checkClients([{ ...redirect, affinity_purposes }]).length, 1, JSON.stringify(affinity_purposes));
  }
  const service = {
    client_id: 's',
    grant_types: ['client_credentials'],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks_uri: 'https://a.example/jwks',
    scope: 'system/*.rs',
  };
  assert.deepEqual(checkClients([{ ...service, affinity_purposes: ['HOPERAT'] }]), []);
  assert.match(checkClients([{ ...service, affinity_purposes: ['BTG'] }]).join(), /never for client_credentials/);
});
