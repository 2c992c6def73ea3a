import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PrivacyConsent, Provision } from '@affinity/core/fhir/consent.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { factsOf } from '@affinity/core/fhir/resource-facts.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { decide, permitsContent } from '../decide.ts';
import type { ConsentFacts, DecisionFacts } from '../facts.ts';
import { scopeOf } from '../testing/arbitrary-question.ts';
import { unsaid, wholeFacts } from '../testing/whole-facts.ts';

const reason = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';
const purpose = (code: string) => ({ purposes: [{ system: reason, code }] });
const rule = (type: Provision['type'], more: Partial<Provision> = {}): Provision => ({
  ...unsaid,
  provisions: [],
  type,
  ...more,
});
const consent = (provision: Provision, more: Partial<PrivacyConsent> = {}): PrivacyConsent => ({
  id: 'c',
  given: 1,
  grantors: ['Patient/a'],
  provision,
  ...more,
});
const consentsOf = (
  known: Readonly<Record<string, readonly PrivacyConsent[]>>,
  more: Partial<ConsentFacts> = {},
): ConsentFacts => ({
  implicit: 'permit',
  byPatient: new Map(Object.entries(known).map(([id, consents]) => [id, { consents, faulty: false }])),
  covers: 'everybody',
  ...more,
});

const doctor: Principal = {
  clientId: 'app',
  tokenId: 't',
  user: 'u',
  grant: 'g',
  fhirUser: 'Practitioner/1',
  scopes: [scopeOf('user/*.cruds')],
  purposes: ['TREAT'],
};
const observation = (patient: string, more: object = {}): Resource => ({
  resourceType: 'Observation',
  id: '1',
  subject: { reference: `Patient/${patient}` },
  ...more,
});
const sees = (resource: Resource, consents: ConsentFacts | undefined, who = doctor, more: DecisionFacts = {}) => {
  const ofUser = who.user === undefined ? {} : { caredFor: ['a', 'b'], actors: ['Practitioner/1'] };
  const { consents: _, ...facts } = { ...wholeFacts(who), ...ofUser, ...more };
  const interaction = { kind: 'read', type: resource.resourceType, id: resource.id ?? '' } as const;
  const known = { ...facts, ...(consents === undefined ? {} : { consents }) };
  const decision = decide({ principal: who, interaction, facts: known });
  return decision.kind === 'permit' && permitsContent(decision, factsOf(resource, []));
};
const no = consent(rule('deny'));
const yes = consent(rule('permit'));

test('P21: without a Consent the implicit policy decides', () => {
  assert.ok(sees(observation('a'), consentsOf({})));
  assert.ok(!sees(observation('a'), consentsOf({}, { implicit: 'deny' })));
  assert.ok(!sees(observation('a'), consentsOf({}, { implicit: 'emergency-only' })));
  assert.ok(sees(observation('a'), consentsOf({ a: [yes] }, { implicit: 'deny' })));
});

test('each patient decides about their own record', () => {
  const consents = consentsOf({ a: [no] });
  assert.ok(!sees(observation('a'), consents));
  assert.ok(sees(observation('b'), consents));
  const differing = consentsOf({ a: [consent(rule('permit', purpose('TREAT')))], b: [no] });
  assert.ok(sees(observation('a'), differing));
  assert.ok(!sees(observation('b'), differing));
});

test('E82: who was not looked up is denied, and so is everybody where nothing is known', () => {
  assert.ok(!sees(observation('a'), undefined));
  const covers = new Set(['b']);
  assert.ok(!sees(observation('a'), consentsOf({ a: [yes] }, { covers })));
  assert.ok(sees(observation('b'), consentsOf({}, { covers })));
});

test('a Consent that cannot be understood closes the record', () => {
  const byPatient = new Map([['a', { consents: [yes], faulty: true }]]);
  assert.ok(!sees(observation('a'), consentsOf({}, { byPatient })));
  assert.ok(sees(observation('b'), consentsOf({}, { byPatient })));
});

test('where the time is not known, a Consent with a period counts, and permits nothing', () => {
  const { now, ...timeless } = wholeFacts(doctor);
  assert.ok(now !== undefined);
  const period = { start: now - 1, end: now + 1 };
  const asked = (provision: Provision, facts: DecisionFacts) => {
    const consents = consentsOf({ a: [consent(provision)] });
    const interaction = { kind: 'read', type: 'Observation', id: '1' } as const;
    const decision = decide({ principal: doctor, interaction, facts: { ...facts, caredFor: ['a'], consents } });
    return decision.kind === 'permit' && permitsContent(decision, factsOf(observation('a'), []));
  };
  assert.ok(asked(rule('permit', { period }), { ...timeless, now }));
  for (const provision of [
    rule('permit', { period }),
    rule('deny', { period }),
    rule('deny', { period, provisions: [rule('permit', purpose('TREAT'))] }),
  ]) {
    assert.ok(!asked(provision, timeless));
  }
});

test('the patients themselves are not bound; who acts for them is', () => {
  const consents = consentsOf({ a: [no] }, { implicit: 'deny' });
  const patient = { ...doctor, fhirUser: 'Patient/a', patient: 'a', scopes: [scopeOf('patient/*.rs')] };
  assert.ok(sees(observation('a'), consents, patient));
  assert.ok(sees(observation('a'), undefined, patient));
  const mother = { ...patient, fhirUser: 'RelatedPerson/7' };
  assert.ok(!sees(observation('a'), consents, mother));
  assert.ok(!sees(observation('b'), consents, { ...patient, patient: 'b' }));
});

test('what is nobody’s record is not a matter of consent', () => {
  const practitioner: Resource = { resourceType: 'Practitioner', id: '1' };
  assert.ok(sees(practitioner, consentsOf({ a: [no], b: [no] }, { implicit: 'deny' })));
});

test('P25: the most restrictive wins, but a change of mind counts', () => {
  const later = (provision: Provision, more: Partial<PrivacyConsent> = {}) => consent(provision, { given: 2, ...more });
  const both = (...consents: readonly PrivacyConsent[]) => sees(observation('a'), consentsOf({ a: consents }));
  assert.ok(!both(yes, consent(rule('deny'), { grantors: ['RelatedPerson/7'] })), 'of two people');
  assert.ok(both(no, later(rule('permit'))), 'a no taken back');
  assert.ok(!both(yes, later(rule('deny'))), 'a yes taken back');
  assert.ok(!both(later(rule('permit'), { grantors: ['RelatedPerson/7'] }), no), 'not by somebody else');
  assert.ok(!both(no, later(rule('permit', purpose('TREAT')))), 'not for fewer purposes');
  assert.ok(!both(no, consent(rule('permit'))), 'not at the same time');
  assert.ok(!both(no, later(rule('permit'), { grantors: [] })), 'not by who knows whom');
  assert.ok(!both(consent(rule('deny'), { given: 0 }), later(rule('permit'))), 'nor one of unknown time');
  const nobodyKnown = { grantors: [] };
  assert.ok(!both(consent(rule('deny'), nobodyKnown), later(rule('permit'), nobodyKnown)), 'nor two of unknown people');
  const together = ['RelatedPerson/7', 'Patient/a'];
  const earlier = consent(rule('deny'), { grantors: [...together].reverse() });
  assert.ok(both(earlier, later(rule('permit'), { grantors: together })), 'the same people');
  const over = later(rule('permit', { period: { end: 7 } }));
  assert.ok(!both(no, over), 'what is over supersedes nothing');
});

test('whoever reaches every record is bound by everybody whom a resource has to do with', () => {
  const everybody = (resource: Resource, consents: ConsentFacts) =>
    sees(resource, consents, doctor, { wholeServer: true });
  const consents = consentsOf({ a: [no], c: [consent(rule('permit', purpose('TREAT')))] });
  assert.ok(!everybody(observation('a'), consents));
  assert.ok(everybody(observation('b'), consents));
  assert.ok(everybody(observation('c'), consents));
  const mentioning = (patient: string) => observation('b', { performer: [{ reference: `Patient/${patient}` }] });
  assert.ok(!everybody(mentioning('a'), consents));
  assert.ok(everybody(mentioning('c'), consents));
  const group: Resource = { resourceType: 'Group', id: 'g', member: [{ entity: { reference: 'Patient/a' } }] };
  assert.ok(!everybody(group, consents));
  assert.ok(everybody({ ...group, member: [] }, consents));
  const denied = consentsOf({ a: [yes], c: [no] }, { implicit: 'deny' });
  assert.deepEqual(
    ['a', 'b', 'c'].map((id) => everybody(observation(id), denied)),
    [true, false, false],
  );
  const some = consentsOf({ a: [no] }, { covers: new Set(['a', 'b']) });
  assert.deepEqual(
    ['a', 'b', 'c'].map((id) => everybody(observation(id), some)),
    [false, true, false],
  );
});

test('what is worked out for all patients at once is for that moment, that caller and that request alone', () => {
  const { now = 0 } = wholeFacts(doctor);
  const refused = [rule('deny', { actors: [{ roles: [], reference: 'Practitioner/9' }] })];
  const consents = consentsOf({
    a: [consent(rule('permit', { ...purpose('TREAT'), period: { end: now + 10 } }))],
    b: [consent(rule('permit', { actions: ['access'], provisions: refused }))],
  });
  const outcome = (who: Partial<Principal> = {}, facts: DecisionFacts = {}, kind: 'read' | 'update' = 'read') => {
    const principal = { ...doctor, ...who };
    const known = { ...wholeFacts(principal), wholeServer: true, actors: ['Practitioner/1'], ...facts, consents };
    return ['a', 'b', 'c'].filter((id) => {
      const interaction = { kind, type: 'Observation', id: '1' } as const;
      const decision = decide({ principal, interaction, facts: known });
      return decision.kind === 'permit' && permitsContent(decision, factsOf(observation(id), []));
    });
  };
  const before = outcome();
  assert.deepEqual(before, ['a', 'b', 'c']);
  assert.deepEqual(outcome({ purposes: ['HRESCH'] }), ['b', 'c']);
  assert.deepEqual(outcome({ purposes: ['HRESCH'] }, { now: now + 10 }), ['a', 'b', 'c'], 'it is over');
  assert.deepEqual(outcome({}, { actors: ['Practitioner/9'] }), ['a', 'c']);
  assert.deepEqual(outcome({ fhirUser: 'Practitioner/9' }), ['a', 'c']);
  assert.deepEqual(outcome({}, {}, 'update'), ['a', 'c']);
  const { now: _, ...timeless } = wholeFacts(doctor);
  const asked = { ...timeless, wholeServer: true, consents, actors: ['Practitioner/1'] };
  const decision = decide({
    principal: doctor,
    interaction: { kind: 'read', type: 'Observation', id: '1' },
    facts: asked,
  });
  assert.ok(decision.kind === 'permit' && !permitsContent(decision, factsOf(observation('a'), [])));
  assert.deepEqual(outcome(), before);
});

test('whoever gave a Consent reads it, in whoever’s record, and nothing more of that record', () => {
  const relative = { ...doctor, fhirUser: 'RelatedPerson/7', scopes: [scopeOf('user/*.rs')] };
  const given = (by: string): Resource => ({
    resourceType: 'Consent',
    id: '1',
    patient: { reference: 'Patient/z' },
    performer: [{ reference: by }],
  });
  const consents = consentsOf({ z: [no] });
  assert.ok(sees(given('RelatedPerson/7'), consents, relative));
  assert.ok(!sees(given('RelatedPerson/8'), consents, relative));
  assert.ok(!sees(observation('z'), consents, relative));
  const inContext = { ...relative, patient: 'a', scopes: [scopeOf('patient/*.rs')] };
  assert.ok(!sees(given('RelatedPerson/7'), consents, inContext), 'not by a scope for a patient');
});

test('J14: the audit log is told to auditors and services whatever patients have consented to', () => {
  const event: Resource = { resourceType: 'AuditEvent', id: '1', entity: [{ what: { reference: 'Patient/a' } }] };
  const consents = consentsOf({ a: [no] });
  assert.ok(sees(event, consents, doctor, { auditor: true }));
  const { user, grant, fhirUser, ...service } = { ...doctor, scopes: [scopeOf('system/*.rs')], service: true as const };
  assert.ok(user && grant && fhirUser && sees(event, consents, service));
  const mother = { ...doctor, fhirUser: 'RelatedPerson/7', patient: 'a', scopes: [scopeOf('patient/*.rs')] };
  assert.ok(!sees(event, consents, mother));
});

test('P20: a backend service is nobody whom a Consent keeps out by name; of an organization it may be', () => {
  const service: Principal = { clientId: 'app', tokenId: 't', service: true, scopes: [scopeOf('system/*.rs')] };
  const keepsOut = (reference: string) =>
    consentsOf({
      a: [consent(rule('permit', { provisions: [rule('deny', { actors: [{ roles: [], reference }] })] }))],
    });
  assert.equal(sees(observation('a'), keepsOut('Practitioner/1'), service), true);
  assert.equal(sees(observation('a'), keepsOut('RelatedPerson/1'), service), true);
  assert.equal(sees(observation('a'), keepsOut('Organization/1'), service), false);
  assert.equal(sees(observation('a'), keepsOut('Group/1'), service), false);
});

test('P21, P25: where nothing is implied, what names somebody who objects is withheld from those who reach everybody, too', () => {
  const service: Principal = { clientId: 'app', tokenId: 't', service: true, scopes: [scopeOf('system/*.rs')] };
  const ofBoth = observation('a', { performer: [{ reference: 'Patient/b' }] });
  for (const implicit of ['permit', 'deny', 'emergency-only'] as const) {
    const agreed = consentsOf({ a: [yes], b: [no] }, { implicit });
    assert.equal(sees(observation('a'), agreed, service), true, implicit);
    assert.equal(sees(ofBoth, agreed, service), false, implicit);
    assert.equal(sees(ofBoth, consentsOf({ a: [yes], b: [yes] }, { implicit }), service), true, implicit);
    assert.equal(sees(observation('c'), agreed, service), implicit === 'permit', implicit);
  }
});
