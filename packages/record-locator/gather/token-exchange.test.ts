/** What the issuer is asked for, what comes of it, and for whom it is kept. RFC 8693 §2; RFC 9449 §5. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callerOf, principalOf } from '../testing/gathering.ts';
import { createTokenExchange } from './token-exchange.ts';

const hospital = 'https://domain.example/hospital/fhir';
const clinic = 'https://domain.example/fhir';

const open = (answer: (form: URLSearchParams) => { status: number; body: object | string }) => {
  const sent: { form: URLSearchParams; headers: Readonly<Record<string, string>> }[] = [];
  const clock = { time: 1_000_000 };
  const tokenFor = createTokenExchange({
    tokenEndpoint: 'https://domain.example/auth/token',
    clientId: 'record-locator',
    clientSecret: 'a secret',
    send: async (text, headers) => {
      const form = new URLSearchParams(text);
      sent.push({ form, headers });
      const { status, body } = answer(form);
      return { status, body: typeof body === 'string' ? body : JSON.stringify(body) };
    },
    proveKey: async ({ method, url, accessToken }) => `proof ${method} ${url} ${accessToken ?? ''}`,
    remembered: 2,
    now: () => clock.time,
  });
  return { sent, clock, tokenFor };
};
const issued = (form: URLSearchParams) => ({
  status: 200,
  body: { access_token: `for ${form.get('resource')}`, token_type: 'Bearer', expires_in: 60 },
});

test('L09: the token that was sent goes to the issuer alone; what comes back is for one server and one caller, and is kept for a while', async () => {
  const { sent, clock, tokenFor } = open(issued);
  const [one, two] = await Promise.all([tokenFor(callerOf(), hospital), tokenFor(callerOf(), clinic)]);
  assert.ok(one.kind === 'token' && two.kind === 'token');
  assert.deepEqual(await one.token.headersFor('GET', `${hospital}/x`), { authorization: `Bearer for ${hospital}` });
  assert.deepEqual(
    sent.map(({ form }) => [form.get('resource'), form.get('subject_token'), form.get('scope')]),
    [
      [hospital, 'the-callers-own-token', null],
      [clinic, 'the-callers-own-token', null],
    ],
  );
  assert.equal(sent[0]?.headers.authorization, `Basic ${Buffer.from('record-locator:a+secret').toString('base64')}`);
  await tokenFor(callerOf(), hospital);
  assert.equal(sent.length, 2, 'kept');
  await tokenFor(callerOf({ token: 'of-another' }), hospital);
  assert.equal(sent.length, 3, 'of another caller it is asked again');
  clock.time += 55_000;
  await tokenFor(callerOf({ token: 'of-another' }), hospital);
  assert.equal(sent.length, 4, 'nearly over');
});

test('L09: a refusal, a fault and a token of another kind are not taken for a token, and are not kept', async () => {
  let body: { status: number; body: object | string } = { status: 400, body: { error: 'invalid_target' } };
  const { sent, tokenFor } = open(() => body);
  assert.equal((await tokenFor(callerOf(), hospital)).kind, 'refused');
  for (const odd of [
    { status: 503, body: '' },
    { status: 200, body: 'nonsense' },
    { status: 200, body: { access_token: 'x', token_type: 'DPoP', expires_in: 60 } },
    { status: 200, body: { access_token: 'x', token_type: 'Bearer' } },
    { status: 200, body: { token_type: 'Bearer', expires_in: 60 } },
    { status: 401, body: { error: 'invalid_client' } },
  ]) {
    body = odd;
    assert.equal((await tokenFor(callerOf(), hospital)).kind, 'failed', JSON.stringify(odd));
  }
  assert.equal(sent.length, 7);
});

test('L09: what comes of a token that is bound to a key is bound to one of ours, proved anew for each request', async () => {
  const { sent, tokenFor } = open(() => ({
    status: 200,
    body: { access_token: 'b', token_type: 'DPoP', expires_in: 60 },
  }));
  const bound = callerOf({ principal: principalOf('user/Observation.rs', { key: 'thumbprint' }) });
  const got = await tokenFor(bound, hospital);
  assert.equal(sent[0]?.headers.dpop, 'proof POST https://domain.example/auth/token ');
  assert.ok(got.kind === 'token');
  assert.deepEqual(await got.token.headersFor('GET', `${hospital}/x`), {
    authorization: 'DPoP b',
    dpop: `proof GET ${hospital}/x b`,
  });
});
