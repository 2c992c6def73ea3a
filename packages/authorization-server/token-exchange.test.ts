/** A token for a token that is never worth more: whose, where to, how much, how long, and who acts. RFC 8693. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProver } from '@affinity/proof/testing/prover.ts';
import { checkClients } from './clients.ts';
import {
  basic,
  claimsOf,
  clinic,
  hospital,
  issuer,
  obtainTokens,
  postForm,
  refreshFields,
  startDomain,
  type TestDomain,
  type Tokens,
} from './testing/domain.ts';

import { appCallback, refusalOf, send, startRegistration } from './testing/registration.ts';

const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';

type Fields = Parameters<typeof postForm>[2];

const exchange = (domain: TestDomain, token: string, fields: Fields = {}, headers = basic('gateway')) =>
  domain.token(
    {
      grant_type: exchangeGrant,
      subject_token: token,
      subject_token_type: accessTokenType,
      resource: hospital,
      ...fields,
    },
    headers,
  );

interface Exchanged extends Tokens {
  readonly issued_token_type: string;
}

const exchanged = async (response: Promise<Response>): Promise<Exchanged> => {
  const answer = await response;
  assert.equal(answer.status, 200, await answer.clone().text());
  return (await answer.json()) as Exchanged;
};

const errorOf = async (response: Promise<Response>): Promise<string> =>
  ((await (await response).json()) as { error: string }).error;

/** What the grants say of the patient at another server. */
const knowAt = (domain: TestDomain, servers: object) =>
  domain.database.pool.query('update authorization_grant set servers = $1', [JSON.stringify(servers)]);

const atHospital = [
  { base: clinic, patient: 'p1' },
  { base: hospital, patient: 'h1' },
];

test('C55: the same person, app and grant, at the server that was named; the patient as known there; who acts', async (t) => {
  const domain = await startDomain(t);
  const { access_token: token } = await obtainTokens(domain);
  await knowAt(domain, atHospital);
  const made = await exchanged(exchange(domain, token));
  assert.deepEqual(
    [made.issued_token_type, made.token_type, made.refresh_token, made.id_token, made.patient],
    [accessTokenType, 'Bearer', undefined, undefined, 'h1'],
  );
  const [before, after] = [claimsOf(token), claimsOf(made.access_token)];
  assert.equal(after.aud, hospital);
  for (const name of ['iss', 'sub', 'client_id', 'grant_id']) assert.equal(after[name], before[name], name);
  assert.deepEqual([after.act, after.patient], [{ sub: 'gateway' }, 'h1']);
  assert.ok(Number(after.exp) <= Number(before.exp));
  assert.equal(made.expires_in, Number(after.exp) - Number(after.iat));
  assert.notEqual(after.jti, before.jti);
  // rights alone: neither who signed in nor offline access is passed on
  assert.equal(after.scope, 'patient/Observation.rs patient/Condition.rs');
  const { ihe_pcf: consent, ...others } = after.extensions as Record<string, { patient_id: string }>;
  assert.equal(consent?.patient_id, `${hospital}/Patient/h1`);
  assert.deepEqual(others, { ihe_iua: (before.extensions as Record<string, unknown>).ihe_iua });
  const { fhirUser, ...told } = after;
  assert.equal(before.fhirUser, `${clinic}/Patient/p1`);
  assert.equal(fhirUser, `${hospital}/Patient/h1`, 'who they are there');
  assert.doesNotMatch(JSON.stringify(told), /p1\b/, 'no id of the patient at the other server');

  // the next server goes on: a chain, back to where the patient has the id of there
  const back = await exchanged(exchange(domain, made.access_token, { resource: clinic }, basic('hospital')));
  const last = claimsOf(back.access_token);
  assert.deepEqual([last.act, last.patient], [{ sub: 'hospital', act: { sub: 'gateway' } }, 'p1']);
  const records = domain.audit.filter(({ event }) => event === 'token-exchanged');
  assert.deepEqual(
    records.map(({ client, user, token: jti, grant }) => [client, user, jti, grant]),
    [
      ['gateway', domain.ana, after.jti, before.grant_id],
      ['hospital', domain.ana, last.jti, before.grant_id],
    ],
  );
  assert.ok(!JSON.stringify(domain.audit).includes(token.slice(-40)), 'no token is recorded');
});

test('C55: who may exchange what, and where to', async (t) => {
  const domain = await startDomain(t);
  const { access_token: token, refresh_token: refresh, id_token: idToken } = await obtainTokens(domain);
  await knowAt(domain, atHospital);
  const service = await domain.token({
    grant_type: 'client_credentials',
    scope: 'system/Patient.rs',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await domain.assertion(),
  });
  const own = ((await service.json()) as Tokens).access_token;
  const faults: readonly [Fields, string, ReturnType<typeof basic>?][] = [
    [{ subject_token: '' }, 'invalid_request'],
    [{ subject_token: 'x' }, 'invalid_request'],
    [{ subject_token: refresh ?? '' }, 'invalid_request'],
    [{ subject_token: idToken ?? '' }, 'invalid_request'],
    [{ subject_token: own }, 'invalid_request'],
    [{ subject_token: `${token.slice(0, -4)}AAAA` }, 'invalid_request'],
    [{ subject_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' }, 'invalid_request'],
    [{ subject_token_type: '' }, 'invalid_request'],
    [{ requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' }, 'invalid_request'],
    [{ actor_token: token, actor_token_type: accessTokenType }, 'invalid_request'],
    [{ resource: '' }, 'invalid_request'],
    [{ resource: [hospital, clinic] }, 'invalid_request'],
    [{ resource: clinic }, 'invalid_target'],
    [{ resource: 'https://evil.example/fhir' }, 'invalid_target'],
    [{ audience: clinic }, 'invalid_target'],
    [{ resource: '', audience: 'https://evil.example/fhir' }, 'invalid_target'],
    // a token that was meant for somebody else is nobody's to exchange (confused deputy)
    [{}, 'invalid_request', basic('hospital')],
    [{}, 'unauthorized_client', basic('web')],
    [{}, 'unauthorized_client', basic('clinic')],
    [{}, 'invalid_client', basic('gateway', 'wrong secret of some length')],
  ];
  for (const [fields, error, headers] of faults)
    assert.equal(await errorOf(exchange(domain, token, fields, headers)), error, JSON.stringify(fields));
  assert.equal((await exchange(domain, token, { resource: '', audience: `${hospital}/` })).status, 200);
  const none = await domain.token({ grant_type: exchangeGrant, client_id: 'gateway', subject_token: token });
  assert.equal(none.status, 401);
});

test('C55: the scope is never more than the token, the Consent of now, or what was asked', async (t) => {
  const domain = await startDomain(t);
  const { access_token: token } = await obtainTokens(domain, {
    scope: 'openid fhirUser patient/Observation.rs patient/Condition.r',
  });
  await knowAt(domain, atHospital);
  const scopeOf = async (scope: string): Promise<string> => {
    const response = await exchange(domain, token, { scope });
    const body = (await response.json()) as { scope?: string; error?: string };
    return body.error ?? body.scope ?? '';
  };
  assert.equal(await scopeOf(''), 'patient/Observation.rs patient/Condition.r');
  assert.equal(await scopeOf('patient/Observation.r'), 'patient/Observation.r');
  assert.equal(
    await scopeOf('patient/Observation.rs?category=laboratory'),
    'patient/Observation.rs?category=laboratory',
  );
  for (const more of [
    'patient/Condition.rs',
    'patient/*.rs',
    'user/Observation.rs',
    'system/Observation.rs',
    'patient/Observation.rs patient/Patient.r',
    'openid',
    'fhirUser',
    'offline_access',
    'launch/patient',
    'nonsense',
  ]) {
    assert.equal(await scopeOf(more), 'invalid_scope', more);
  }
  // the person takes the observations back: what is left is the rest, and then nothing
  for (const [id, consent] of domain.consents.held) {
    const provision = (consent as unknown as { provision: { provision: { class: { code: string }[] }[] } }).provision;
    const left = provision.provision.filter((one) => one.class.every(({ code }) => code !== 'Observation'));
    domain.consents.held.set(id, { ...consent, provision: { ...provision, provision: left } } as typeof consent);
  }
  assert.equal(await scopeOf(''), 'patient/Condition.r');
  assert.equal(await scopeOf('patient/Observation.r'), 'invalid_scope');
  for (const [id, consent] of domain.consents.held) domain.consents.held.set(id, { ...consent, status: 'inactive' });
  assert.equal(await scopeOf(''), 'invalid_request');
});

test('C55: no patient of one server is one of another; without the patient nothing of a patient is exchanged', async (t) => {
  const domain = await startDomain(t);
  const { access_token: token } = await obtainTokens(domain, { scope: 'patient/Observation.rs user/Condition.rs' });
  for (const servers of [null, [], [{ base: hospital }], [{ base: 'https://other.example/fhir', patient: 'x' }]]) {
    await knowAt(domain, servers as object);
    assert.equal(await errorOf(exchange(domain, token)), 'invalid_target');
    const made = await exchanged(exchange(domain, token, { scope: 'user/Condition.rs' }));
    const claims = claimsOf(made.access_token);
    assert.deepEqual([claims.patient, made.patient], [undefined, undefined]);
    assert.ok(!('ihe_pcf' in (claims.extensions as object)));
    const told = await postForm(domain.server, '/introspect', { token: made.access_token }, basic('hospital'));
    assert.equal(((await told.json()) as { active: boolean }).active, true);
  }
});

test('C55: it lives no longer than the token, and ends with its grant, its person and its app’s right', async (t) => {
  const domain = await startDomain(t, { exchangeHops: 2 });
  const tokens = await obtainTokens(domain);
  await knowAt(domain, atHospital);
  domain.advance(800);
  const made = await exchanged(exchange(domain, tokens.access_token));
  assert.ok(made.expires_in <= 100 && made.expires_in > 80, String(made.expires_in));
  // as many servers as are allowed, and not one more
  const second = await exchanged(exchange(domain, made.access_token, { resource: hospital }, basic('hospital')));
  assert.equal(await errorOf(exchange(domain, second.access_token, {}, basic('hospital'))), 'invalid_request');

  const introspect = async (client: string, token = made.access_token): Promise<Record<string, unknown>> =>
    (await (await postForm(domain.server, '/introspect', { token }, basic(client))).json()) as Record<string, unknown>;
  for (const client of ['hospital', 'gateway', 'web']) {
    assert.deepEqual((await introspect(client)).act, { sub: 'gateway' }, client);
  }
  assert.deepEqual((await introspect('hospital', second.access_token)).act, {
    sub: 'hospital',
    act: { sub: 'gateway' },
  });
  assert.deepEqual(await introspect('other'), { active: false });
  // whoever holds it is not the app: it neither ends the grant nor asks in the app's name nor learns who signed in
  const revoked = postForm(domain.server, '/revoke', { token: made.access_token }, basic('gateway'));
  assert.equal(await errorOf(revoked), 'unsupported_token_type');
  const bearer = { authorization: `Bearer ${made.access_token}` };
  assert.equal((await postForm(domain.server, '/introspect', { token: made.access_token }, bearer)).status, 401);
  const userinfo = await domain.server.fetch(new Request(`${issuer}/userinfo`, { headers: bearer }), {});
  assert.equal(userinfo.status, 403);
  assert.equal((await introspect('hospital')).active, true);

  await postForm(domain.server, '/revoke', { token: tokens.refresh_token ?? '' }, basic('web'));
  assert.deepEqual(await introspect('hospital'), { active: false });
  assert.equal(await errorOf(exchange(domain, tokens.access_token)), 'invalid_request');

  // a grant of a launch stands for as long as the record system lets the person in
  const launched = await obtainTokens(domain);
  await knowAt(domain, atHospital);
  await domain.database.pool.query("update authorization_grant set launched = true, patient = 'unreachable'");
  assert.equal(await errorOf(exchange(domain, launched.access_token)), 'invalid_request');
  await domain.database.pool.query("update authorization_grant set launched = false, patient = 'p1'");

  const again = await obtainTokens(domain);
  await knowAt(domain, atHospital);
  await domain.people.disable(domain.ana, domain.now());
  assert.equal(await errorOf(exchange(domain, again.access_token)), 'invalid_request');
  domain.advance(901);
  assert.equal(await errorOf(domain.token(refreshFields(again.refresh_token), basic('web'))), 'invalid_grant');
});

test('C55: a token that is bound to a key is exchanged only for one that is bound to the key of who asks', async (t) => {
  const domain = await startDomain(t);
  const { access_token: token } = await obtainTokens(domain);
  await knowAt(domain, atHospital);
  const prover = await createProver();
  const url = `${issuer}/token`;
  const proof = async () => ({ ...basic('gateway'), dpop: await prover.proof({ method: 'POST', url }) });
  const bound = await exchanged(exchange(domain, token, {}, await proof()));
  assert.equal(bound.token_type, 'DPoP');
  const { cnf } = claimsOf(bound.access_token);
  assert.deepEqual(cnf, { jkt: prover.jkt });
  const onwards = { resource: hospital };
  assert.equal(await errorOf(exchange(domain, bound.access_token, onwards, basic('hospital'))), 'invalid_request');
  const other = await createProver();
  const headers = { ...basic('hospital'), dpop: await other.proof({ method: 'POST', url }) };
  const rebound = await exchanged(exchange(domain, bound.access_token, onwards, headers));
  assert.deepEqual(claimsOf(rebound.access_token).cnf, { jkt: other.jkt });
});

test('C55: who is declared to exchange is a confidential resource server with named upstreams', () => {
  const gateway = {
    client_id: 'g',
    client_secret: 'a secret of some length',
    grant_types: [exchangeGrant],
    resource_server: clinic,
    affinity_upstreams: [hospital],
  };
  assert.deepEqual(checkClients([gateway]), []);
  const { client_secret: _, ...open } = gateway;
  for (const [given, fault] of [
    [open, /other than none/],
    [{ ...gateway, resource_server: undefined }, /needs resource_server/],
    [{ ...gateway, resource_server: 'clinic' }, /needs resource_server/],
    [{ ...gateway, affinity_upstreams: undefined }, /1 to 100 bases/],
    [{ ...gateway, affinity_upstreams: [] }, /1 to 100 bases/],
    [{ ...gateway, affinity_upstreams: hospital }, /1 to 100 bases/],
    [{ ...gateway, affinity_upstreams: ['x y'] }, /1 to 100 bases/],
    [{ ...gateway, affinity_upstreams: Array.from({ length: 101 }, () => hospital) }, /1 to 100 bases/],
    [{ ...gateway, grant_types: [] }, /affinity_upstreams is for servers/],
  ] as const) {
    assert.match(checkClients([given]).join(), fault);
  }
});

test('C55: nobody registers for it by themselves', async (t) => {
  const domain = await startRegistration(t);
  for (const metadata of [
    { grant_types: [exchangeGrant], affinity_upstreams: [hospital], resource_server: clinic },
    { grant_types: ['authorization_code', exchangeGrant], redirect_uris: [appCallback], resource_server: clinic },
  ]) {
    assert.equal(await refusalOf(await send(domain, metadata)), '400 invalid_client_metadata');
  }
});
