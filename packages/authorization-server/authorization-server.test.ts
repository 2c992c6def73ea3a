/** The whole way of an app and a person: sign in, choose, allow, code, tokens, refresh. SMART App Launch 2.2, standalone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { pageOf } from './testing/browser.ts';
import {
  allow,
  answerOf,
  basic,
  claimsOf,
  clinic,
  codeFields,
  issuer,
  refreshFields,
  signIn,
  startDomain,
  type Tokens,
  usualScope,
} from './testing/domain.ts';

test('C02–C04, D22, G20, G22: a person signs in, allows, and the app gets and refreshes tokens with the whole grant restated', async (t) => {
  const domain = await startDomain(t);
  const browser = domain.browser();
  const consent = await signIn(browser);
  const page = await pageOf(consent.clone(), 'consent');
  assert.equal(page.view.patient?.id, 'p1');
  assert.deepEqual(
    page.view.items.map(({ group }) => group),
    ['identity', 'patient', 'conditions', 'laboratory', 'vital-signs', 'other', 'offline'],
  );
  const back = answerOf(await allow(browser, consent));
  assert.equal(back.get('state'), 'a state');
  assert.equal(back.get('iss'), issuer);

  const response = await domain.token(codeFields(back.get('code') ?? ''), basic('web'));
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('cache-control'), 'no-store');
  assert.equal(response.headers.get('pragma'), 'no-cache');
  assert.equal(response.headers.get('content-type'), 'application/json');
  const tokens = (await response.json()) as Tokens;
  assert.equal(tokens.token_type, 'Bearer');
  assert.equal(tokens.scope, usualScope);
  assert.equal(tokens.patient, 'p1');
  assert.equal(typeof tokens.expires_in, 'number');

  const jwks = createLocalJWKSet(await domain.server.keys());
  const access = await jwtVerify(tokens.access_token, jwks, {
    issuer,
    audience: clinic,
    typ: 'at+jwt',
    algorithms: ['ES256'],
  });
  assert.equal(access.payload.scope, usualScope);
  assert.equal(access.payload.patient, 'p1');
  assert.equal(access.payload.client_id, 'web');
  assert.equal(access.payload.clearance, undefined);
  assert.equal(access.payload.fhirUser, `${clinic}/Patient/p1`);
  const identity = await jwtVerify(tokens.id_token ?? '', jwks, { issuer, audience: 'web', algorithms: ['RS256'] });
  assert.equal(identity.payload.sub, domain.ana);
  assert.equal(identity.payload.fhirUser, `${clinic}/Patient/p1`);
  assert.equal(identity.payload.nonce, 'n-1');
  assert.equal(typeof identity.payload.auth_time, 'number');

  const refreshed = await domain.token(refreshFields(tokens.refresh_token), basic('web'));
  assert.equal(refreshed.status, 200);
  const again = (await refreshed.json()) as Tokens;
  assert.equal(again.scope, usualScope);
  assert.equal(again.patient, 'p1');
  assert.notEqual(again.refresh_token, tokens.refresh_token);
  const later = claimsOf(again.id_token ?? '');
  assert.equal(later.sub, domain.ana);
  assert.equal(later.auth_time, identity.payload.auth_time);
  assert.equal(later.nonce, undefined);
  assert.deepEqual(
    domain.audit.map(({ event }) => event),
    // The name stands on the consent page, and is read again when the page is posted.
    ['sign-in', 'patient-shown', 'patient-shown', 'consent-granted', 'code-issued', 'token-issued', 'token-refreshed'],
  );
});
