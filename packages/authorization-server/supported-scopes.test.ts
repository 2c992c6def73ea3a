/** Every scope that discovery lists can be had: asked for in few requests, each comes back. SMART App Launch 2.2, conformance; US Core 6.1.0. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { assertionType } from './client-assertion.ts';
import { supportedScopes } from './metadata.ts';
import {
  allow,
  authorizeUrl,
  issuer,
  obtainTokens,
  postForm,
  signIn,
  startDomain,
  type Tokens,
} from './testing/domain.ts';
import { ehrToken, launchOf, redeem } from './testing/launch-flow.ts';

const required =
  'AllergyIntolerance CarePlan CareTeam Condition Coverage Device DiagnosticReport DocumentReference Encounter ' +
  'FamilyMemberHistory Goal Immunization MedicationDispense MedicationRequest Observation Organization Patient ' +
  'Practitioner PractitionerRole Procedure Provenance QuestionnaireResponse RelatedPerson ServiceRequest Specimen';
const parts = [
  ['Condition', 'http://terminology.hl7.org/CodeSystem/condition-category|encounter-diagnosis'],
  ['Condition', 'http://terminology.hl7.org/CodeSystem/condition-category|problem-list-item'],
  ['Condition', 'http://hl7.org/fhir/us/core/CodeSystem/condition-category|health-concern'],
  ['Observation', 'http://terminology.hl7.org/CodeSystem/observation-category|laboratory'],
  ['Observation', 'http://terminology.hl7.org/CodeSystem/observation-category|vital-signs'],
  ['Observation', 'http://terminology.hl7.org/CodeSystem/observation-category|social-history'],
  ['Observation', 'http://terminology.hl7.org/CodeSystem/observation-category|survey'],
  ['Observation', 'http://hl7.org/fhir/us/core/CodeSystem/us-core-category|sdoh'],
];

test('A06, D09: all that US Core requires is listed, and extensions are named as SMART wants them (D20)', () => {
  for (const compartment of ['patient', 'user']) {
    for (const type of required.split(' ')) assert.ok(supportedScopes.includes(`${compartment}/${type}.rs`), type);
    for (const [type, category] of parts)
      assert.ok(supportedScopes.includes(`${compartment}/${type}.rs?category=${category}`), category);
  }
  assert.equal(new Set(supportedScopes).size, supportedScopes.length);
  const known = /^(openid|fhirUser|profile|offline_access|online_access|launch(\/[a-z]+)?|(patient|user|system)\/.+)$/;
  for (const scope of supportedScopes) assert.match(scope, new RegExp(`${known.source}|^__|^[a-z]+:`));
});

test('A06: each that is listed comes back', async (t) => {
  const domain = await startDomain(t);
  const had = new Set<string>();
  const ask = async (scopes: readonly string[], username = 'ana'): Promise<void> => {
    const tokens = await obtainTokens(domain, { scope: scopes.join(' '), prompt: 'consent' }, [], username);
    for (const scope of tokens.scope.split(' ')) had.add(scope);
  };
  const asksFor = (...prefixes: readonly string[]) =>
    supportedScopes.filter((scope) => prefixes.some((prefix) => scope.startsWith(prefix)));
  const identity = supportedScopes.filter((scope) => !scope.includes('/') && scope !== 'launch');
  // The one is without the person, the other with: an app has either.
  const without = (scope: string) => identity.filter((one) => one !== scope);
  await ask([...without('online_access'), 'launch/patient', ...asksFor('patient/')]);
  await ask([...without('offline_access'), ...asksFor('user/')], 'doctor');

  const { launch } = await launchOf(domain, await ehrToken(domain), { encounter: 'e1' });
  const scope = 'openid launch launch/patient launch/encounter patient/Observation.rs';
  const browser = domain.browser();
  const back = await allow(browser, await signIn(browser, authorizeUrl({ scope, launch }), 'doctor'));
  const launched = (await (await redeem(domain, back)).json()) as Tokens;
  for (const one of launched.scope.split(' ')) had.add(one);

  const { privateKey, publicKey } = await generateKeyPair('ES384', { extractable: true });
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES384', use: 'sig' }] };
  const system = asksFor('system/').join(' ');
  const clients = [{ client_id: 'all', jwks, grant_types: ['client_credentials'], scope: system }];
  const server = await domain.another({}, { clients });
  const assertion = await new SignJWT({ jti: 'once' })
    .setProtectedHeader({ alg: 'ES384', kid: 'k', typ: 'JWT' })
    .setIssuer('all')
    .setSubject('all')
    .setAudience(`${issuer}/token`)
    .setIssuedAt()
    .setExpirationTime('4 minutes')
    .sign(privateKey);
  const given = await postForm(server, '/token', {
    grant_type: 'client_credentials',
    scope: system,
    client_assertion_type: assertionType,
    client_assertion: assertion,
  });
  for (const one of ((await given.json()) as Tokens).scope.split(' ')) had.add(one);
  assert.deepEqual(
    supportedScopes.filter((scope) => !had.has(scope)),
    [],
  );
});
