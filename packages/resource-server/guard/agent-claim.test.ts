/** Whom a Provenance may name, by who sends it. FHIR R4 provenance.html. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { base, createClinic, observation, patient, sending } from '../testing/clinic.ts';
import { agentClaim, namedBy } from './agent-claim.ts';

const principal = (more: Partial<Principal>): Principal => ({ clientId: 'app', tokenId: 't', scopes: [], ...more });
const provenance = (...agent: object[]): Resource => ({
  resourceType: 'Provenance',
  target: [{ reference: 'Observation/o' }],
  recorded: '2026-01-02T03:04:05Z',
  agent,
});
const refused = (named: ReturnType<typeof namedBy>, ...agent: object[]) =>
  agentClaim(provenance(...agent), named, [base])?.issues[0]?.expression?.[0];
const who = (reference: string) => ({ who: { reference } });

test('E64 an app names the person who uses it and the patient in context, and nobody else of ours', () => {
  const named = namedBy(principal({ user: 'u', fhirUser: 'RelatedPerson/r', patient: 'a' }), {});
  for (const right of ['RelatedPerson/r', 'Patient/a', 'Patient/a/_history/1', `${base}/RelatedPerson/r`])
    assert.equal(refused(named, who(right)), undefined, right);
  for (const wrong of [
    'Practitioner/p',
    'Patient/b',
    'RelatedPerson/s',
    'PractitionerRole/x',
    'Person/y',
    'Practitioner/p/',
    `${base}/Practitioner/p/_history/3`,
  ])
    assert.equal(refused(named, who('Patient/a'), who(wrong)), 'Provenance.agent[1].who', wrong);
  const onBehalf = { who: { reference: 'Patient/a' }, onBehalfOf: { reference: 'Practitioner/p' } };
  assert.equal(refused(named, onBehalf), 'Provenance.agent[0].onBehalfOf');
});

test('E64 another domain, and its service too, names of our people the patient in context alone', () => {
  const foreign = { issuer: 'https://lab.example', subject: 's' };
  const about = namedBy(principal({ foreign, patient: 'a' }), {});
  assert.equal(refused(about, who('Patient/a'), { who: { display: 'Dr. Lee' } }), undefined);
  for (const named of [about, namedBy(principal({ foreign, service: true }), {})])
    assert.equal(refused(named, who('Practitioner/p')), 'Provenance.agent[0].who');
  assert.equal(refused(namedBy(principal({ service: true }), {}), who('Practitioner/p')), undefined);
});

test('E64 who is no person of this server is asserted by the sender', () => {
  const named = namedBy(principal({ user: 'u', fhirUser: 'Patient/a', patient: 'a' }), {});
  for (const reference of [
    'Device/d',
    'Organization/o',
    'https://other.example/fhir/Practitioner/p',
    '#p',
    'urn:uuid:p',
  ])
    assert.equal(refused(named, who(reference)), undefined, reference);
  assert.equal(refused(named, { who: { display: 'Dr. Okafor' } }, { who: { identifier: { value: '1' } } }), undefined);
});

test('E64 a practitioner is named by every role; a missing claim names fewer; a service names anybody', () => {
  const practitioner = principal({ user: 'u', fhirUser: 'Practitioner/p' });
  const named = namedBy(practitioner, { actors: ['Practitioner/p', 'PractitionerRole/role'] });
  assert.equal(refused(named, who('PractitionerRole/role')), undefined);
  assert.equal(refused(named, who('Practitioner/q')), 'Provenance.agent[0].who');
  assert.equal(refused(namedBy(principal({}), {}), who('Practitioner/p')), 'Provenance.agent[0].who');
  assert.equal(refused(namedBy(principal({ service: true }), {}), who('Practitioner/p')), undefined);
});

test('E64 it is refused on create, update, patch and in X-Provenance, and nothing is written', async () => {
  const clinic = await createClinic({}, { appliesFilter: true });
  await clinic.put(patient('a'));
  await clinic.put(observation('o', 'a', 'laboratory'));
  const token = await clinic.token({ fhirUser: 'Patient/a' });
  const service = await clinic.token({
    sub: 'service',
    client_id: 'service',
    grant_id: undefined,
    patient: undefined,
    scope: 'system/*.cruds',
  });
  const claimed = { ...provenance(who('Practitioner/p')) };
  const send = (method: string, path: string, body: unknown, headers = {}, by = token) =>
    clinic.send(path, by, sending(method, body, headers));
  const create = await send('POST', '/Provenance', claimed);
  assert.equal(create.status, 422);
  assert.match(await create.text(), /Provenance\.agent\[0\]\.who/);
  const header = { ...claimed, target: undefined };
  const written = await send('PUT', '/Observation/o', observation('o', 'a', 'survey'), {
    'X-Provenance': JSON.stringify(header),
  });
  assert.equal(written.status, 422);
  assert.equal((await clinic.send('/Observation/o', token)).headers.get('etag'), 'W/"1"');
  const own = await send('POST', '/Provenance', provenance(who('Patient/a')));
  assert.equal(own.status, 201);
  const { id } = (await own.json()) as Resource;
  assert.equal((await send('PUT', `/Provenance/${id}`, { ...claimed, id })).status, 422);
  const patch = [{ op: 'replace', path: '/agent/0/who/reference', value: 'Practitioner/p' }];
  const type = { 'Content-Type': 'application/json-patch+json' };
  assert.equal((await send('PATCH', `/Provenance/${id}`, patch, type)).status, 422);
  assert.equal((await send('POST', '/Provenance', claimed, {}, service)).status, 201);
});
