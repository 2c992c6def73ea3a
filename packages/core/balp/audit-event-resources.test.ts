/** Each event as IHE BALP writes it: the codes that turn round, one for each patient, and nothing of others in anybody's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AuditRecord, auditedEvents } from '../fhir/audit-event.ts';
import { checkShape } from '../fhir/resource-shape.ts';
import { auditEventsOf, ownTag } from './audit-event-resources.ts';
import { eventForms } from './event-forms.ts';
import { foreignClaim } from './foreign-claim.ts';

const base = 'https://clinic.example/fhir';
const record = (more: Partial<AuditRecord> = {}): AuditRecord => ({
  id: '0192f0c1-7f00-7000-8000-000000000001',
  recorded: '2026-05-03T10:15:30.123Z',
  source: 'clinic',
  event: 'read',
  outcome: 'permitted',
  status: 200,
  requestId: 'request-1',
  client: 'app',
  user: 'u-1',
  issuer: 'https://clinic.example/auth',
  token: 'jti-1',
  target: 'Observation/1/_history/2',
  patients: ['a'],
  method: 'GET',
  base,
  address: '192.0.2.1',
  ...more,
});

// biome-ignore lint/suspicious/noExplicitAny: the shape of what is looked at differs from test to test
type Loose = any;
const events = (more: Partial<AuditRecord> = {}): Loose[] => [...auditEventsOf(record(more))];
const event = (more: Partial<AuditRecord> = {}): Loose => events(more)[0];
const codes = (agent: Loose): string[] => agent.type.coding.map(({ code }: { code: string }) => code);
const entity = (from: Loose, code: string): Loose =>
  from.entity.find(({ type, role }: Loose) => role?.code === code || type.code === code);
const text = (base64: string): string => Buffer.from(base64, 'base64').toString();

test('every event has a form, is a sound resource, and is alike when it is made again', () => {
  for (const name of auditedEvents) {
    for (const outcome of ['permitted', 'denied', 'failed'] as const) {
      const made = auditEventsOf(record({ event: name, outcome }));
      assert.deepEqual(
        made.map(checkShape),
        made.map(() => []),
        name,
      );
      assert.deepEqual(made, auditEventsOf(record({ event: name, outcome })));
    }
    assert.equal(Object.hasOwn(eventForms, name), true);
  }
  const later = { ...record(), event: 'of-a-later-version' } as unknown as AuditRecord;
  assert.equal(auditEventsOf(later).length, 1);
});

test('J01: one for each patient, one without where there is none; the profile says which', () => {
  const two = events({ patients: ['a', 'b'] });
  assert.deepEqual(
    two.map(({ id }) => id),
    [`${record().id}.1`, `${record().id}.2`],
  );
  assert.deepEqual(
    two.map((one) => entity(one, '1').what.reference),
    ['Patient/a', 'Patient/b'],
  );
  assert.match(two[0].meta.profile[0], /IHE\.BasicAudit\.PatientRead$/);
  const none = events({ patients: [], target: 'Practitioner/1' });
  assert.deepEqual(
    none.map(({ id }) => id),
    [record().id],
  );
  assert.match(none[0].meta.profile[0], /IHE\.BasicAudit\.Read$/);
  const inContext = events({ patients: ['b', 'a'], patient: 'a' });
  assert.deepEqual(
    inContext.map((one) => entity(one, '1').what.reference),
    ['Patient/a', 'Patient/b'],
    'context first',
  );
});

test('J02: type, subtype, action, instant and outcome of each interaction; failures have the same shape', () => {
  const expected = {
    create: ['create', 'C'],
    read: ['read', 'R'],
    vread: ['vread', 'R'],
    'history-instance': ['history-instance', 'R'],
    update: ['update', 'U'],
    patch: ['patch', 'U'],
    delete: ['delete', 'D'],
    'search-type': ['search-type', 'E'],
    'search-system': ['search-system', 'E'],
  } as const;
  for (const [name, [subtype, action]] of Object.entries(expected)) {
    const one = event({ event: name as AuditRecord['event'] });
    assert.deepEqual([one.type.code, one.subtype[0].code, one.action, one.outcome], ['rest', subtype, action, '0']);
    assert.equal(one.recorded, record().recorded);
  }
  const failures: readonly [Partial<AuditRecord>, string][] = [
    [{ outcome: 'denied', status: 403, reason: 'no scope' }, '4'],
    [{ outcome: 'failed', status: 400 }, '4'],
    [{ outcome: 'permitted', status: 404 }, '4'],
    [{ outcome: 'failed', status: 500 }, '8'],
    [{ outcome: 'failed', status: 503 }, '12'],
  ];
  for (const [more, outcome] of failures) {
    const one = event(more);
    assert.equal(one.outcome, outcome);
    assert.match(one.outcomeDesc, new RegExp(`HTTP ${more.status}`));
    assert.equal(one.meta.profile, undefined, 'the profiles are those of what succeeded');
    assert.equal(one.agent.length, 3);
  }
});

test('the rules: which denied is said with the outcome, which narrowed with the transaction', () => {
  const denied = event({ outcome: 'denied', status: 403, rule: 'scope', reason: 'no scope' });
  assert.equal(denied.outcomeDesc, 'denied, HTTP 403, by the rule scope, no scope');
  const search = {
    event: 'search-type',
    query: 'code=1',
    patients: ['a'],
    because: ['scope', 'consent', 'label'],
  } as const;
  const [whole, own] = events({ ...search, understood: 'code=1' });
  assert.deepEqual(entity(whole, 'XrequestId').detail, [{ type: 'narrowed-by', valueString: 'scope consent label' }]);
  // Somebody else's Consent may be why.
  assert.deepEqual(entity(own, 'XrequestId').detail, [{ type: 'narrowed-by', valueString: 'scope label' }]);
  assert.equal(entity(event(), 'XrequestId').detail, undefined);
});

test('J03: the codes of client and server turn round with the direction', () => {
  const roles = (name: AuditRecord['event']): string[] => event({ event: name }).agent.slice(0, 2).flatMap(codes);
  for (const name of ['read', 'vread', 'history-instance'] as const)
    assert.deepEqual(roles(name), ['110152', '110153']);
  for (const name of ['create', 'update', 'patch', 'search-type', 'search-system'] as const)
    assert.deepEqual(roles(name), ['110153', '110152'], name);
  assert.deepEqual(roles('delete'), ['110150', 'custodian']);
});

test('J04, J07: who and network of client and server; the user asks, by issuer and subject, and has no network', () => {
  const [client, server, user] = event().agent;
  assert.deepEqual(client.who, { identifier: { value: 'app' } });
  assert.deepEqual(client.network, { address: '192.0.2.1', type: '2' });
  assert.equal(server.who.identifier.value, base);
  assert.deepEqual(server.network, { address: base, type: '5' });
  assert.deepEqual(event().source.observer, server.who);
  assert.ok(codes(user).includes('IRCP'));
  assert.deepEqual(user.who, { identifier: { system: 'https://clinic.example/auth', value: 'u-1' } });
  assert.deepEqual([client.requestor, server.requestor, user.requestor], [false, false, true]);
  assert.equal(user.network, undefined);
  const { user: _, ...service } = record();
  const alone: Loose = auditEventsOf({ ...service, purpose: 'TREAT' })[0];
  assert.equal(alone.agent.length, 2);
  assert.equal(alone.agent[0].requestor, true);
  assert.equal(alone.agent[0].purposeOfUse[0].coding[0].code, 'TREAT');
  assert.deepEqual(
    event({ purpose: 'TREAT HRESCH' }).agent[2].purposeOfUse.map((purpose: Loose) => purpose.coding[0].code),
    ['TREAT', 'HRESCH'],
    'E75',
  );
});

test('J05: data with its version and role, the patient, the transaction', () => {
  const one = event();
  assert.equal(entity(one, '4').what.reference, 'Observation/1/_history/2');
  assert.equal(entity(event({ target: 'DiagnosticReport/1' }), '3').what.reference, 'DiagnosticReport/1');
  assert.equal(entity(event({ target: 'Task/1' }), '20').what.reference, 'Task/1');
  assert.equal(entity(one, 'XrequestId').what.identifier.value, 'request-1');
});

test('J05: a query is the whole request in base64, and described as it was understood', () => {
  const search = { event: 'search-type', target: 'Observation', understood: 'patient=a&code=1' } as const;
  const got = entity(event({ ...search, query: 'patient=a&code=1&x=%3Cscript%3E' }), '24');
  assert.equal(text(got.query), `GET ${base}/Observation?patient=a&code=1&x=%3Cscript%3E`);
  assert.equal(got.description, 'Observation?patient=a&code=1');
  assert.equal(got.what, undefined);
  const posted = entity(event({ ...search, method: 'POST', query: '_count=5', form: 'patient=a' }), '24');
  assert.equal(text(posted.query), `POST ${base}/Observation/_search?_count=5\n\npatient=a`);
});

test('J14: what was asked about others stands in nobody’s own event, and whole in the one without a patient', () => {
  const search = { event: 'search-type', target: 'Patient', patients: ['a', 'b'] } as const;
  const [whole, ...own] = events({
    ...search,
    query: 'family=Canary&Doe',
    understood: 'family=Canary',
    form: 'name=Canary',
  });
  assert.match(text(entity(whole, '24').query), /Canary/);
  assert.equal(entity(whole, '1'), undefined);
  assert.equal(own.length, 2);
  for (const one of own) {
    const { query, description } = entity(one, '24');
    assert.equal(text(query), `GET ${base}/Patient?family=*&*=*\n\nname=*`);
    assert.equal(description, undefined);
  }
  const confined: readonly Partial<AuditRecord>[] = [
    { query: 'patient=a&code=1' },
    { query: 'subject=Patient/a' },
    { form: 'patient=Patient%2Fa' },
    { query: 'category=laboratory', patient: 'a' },
    { query: '_id=a', target: 'Patient' },
  ];
  for (const more of confined)
    assert.equal(events({ event: 'search-type', target: 'Observation', patients: ['a'], ...more }).length, 1);
  const open: readonly Partial<AuditRecord>[] = [
    { query: 'category=laboratory' },
    { query: 'patient=a,b', patient: 'a' },
    { query: 'name=Canary', patient: 'a' },
    { query: 'patient=a&performer.name=Canary' },
    { query: 'patient=a&_has:Condition:subject:code=1' },
    { query: 'patient=a&subject:identifier=x%7C1' },
    { query: 'address-city=Canary', patient: 'a' },
  ];
  for (const more of open) {
    const made = events({ event: 'search-type', target: 'Observation', patients: ['a'], ...more });
    assert.equal(made.length, 2, JSON.stringify(more));
    assert.doesNotMatch(text(entity(made[1], '24').query), /Canary|a,b|x%7C1/);
  }
});

test('J14: an event is as confidential as what it was about', () => {
  assert.equal(event().meta.security, undefined);
  assert.deepEqual(event({ confidentiality: 'R' }).meta.security, [
    { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' },
  ]);
});

test('J06: the id of the token, under its URN', () => {
  assert.deepEqual(event().agent[2].policy, ['urn:ietf:params:oauth:jti:jti-1']);
});

test('J08: sign-in, its failure, sign-out, tokens, and how the domain is run', () => {
  const of = (name: AuditRecord['event'], more: Partial<AuditRecord> = {}) => {
    const one = event({ event: name, source: 'authorization-server', patients: [], ...more });
    return [one.type.code, ...one.subtype.map(({ code }: { code: string }) => code), one.action, one.outcome];
  };
  assert.deepEqual(of('sign-in'), ['110114', '110122', 'sign-in', 'E', '0']);
  assert.deepEqual(of('sign-in-failed', { outcome: 'denied', status: 400 }), [
    '110114',
    '110122',
    'sign-in-failed',
    'E',
    '4',
  ]);
  assert.deepEqual(of('sign-out'), ['110114', '110123', 'sign-out', 'E', '0']);
  assert.deepEqual(of('token-issued'), ['110114', 'ITI-71', 'token-issued', 'E', '0']);
  assert.deepEqual(of('emergency-access'), ['110113', '110127', 'emergency-access', 'E', '0']);
  const issued = event({ event: 'token-issued', patients: [], form: 'grant_type=authorization_code' });
  assert.match(issued.meta.profile[0], /IHE\.IUA\.71$/);
  assert.deepEqual(
    issued.agent.map((agent: Loose) => codes(agent)[0]),
    ['110150', 'AuthzOauthService', 'IRCP'],
  );
  assert.match(text(entity(issued, '24').query), /^POST .*\/token\n\ngrant_type=authorization_code$/);
});

test('J09: a consent decision, permitted and denied', () => {
  const granted = event({
    event: 'consent-granted',
    grant: 'grant-1',
    patient: 'a',
    patients: [],
    scope: 'patient/*.rs',
  });
  assert.deepEqual([granted.type.code, granted.subtype[0].code], ['110113', 'AuthZ-Consent']);
  assert.match(granted.meta.profile[0], /AuthZconsent$/);
  assert.deepEqual(
    granted.agent.map((agent: Loose) => codes(agent)[0]),
    ['110150', 'authserver', 'IRCP', 'PROV'],
  );
  assert.equal(entity(granted, 'Consent').what.identifier.value, 'grant-1');
  assert.equal(entity(granted, '1').what.reference, 'Patient/a');
  assert.equal(event({ event: 'consent-denied', outcome: 'denied' }).outcome, '8');
});

test('J10: a disclosure at its source and at its recipient', () => {
  const sent = event({ event: 'disclosed', target: 'DocumentReference/1' });
  assert.deepEqual([sent.type.code, sent.subtype[0].code, sent.action], ['110106', 'disclose', 'R']);
  assert.match(sent.meta.profile[0], /PrivacyDisclosure\.Source$/);
  assert.deepEqual(sent.agent.slice(0, 2).flatMap(codes), ['110152', '110153']);
  const received = event({ event: 'disclosure-received', target: 'DocumentReference/1' });
  assert.deepEqual([received.type.code, received.action], ['110107', 'C']);
  assert.deepEqual(received.agent.slice(0, 2).flatMap(codes), ['110153', '110152']);
});

test('J11: who could not be recognized is unknown', () => {
  const { user, client, token, issuer, ...anonymous } = record({ outcome: 'denied', status: 401, patients: [] });
  assert.ok(user && client && token && issuer);
  const one: Loose = auditEventsOf(anonymous)[0];
  assert.deepEqual(one.agent[0].who, { display: 'unknown' });
  assert.equal(one.agent.length, 2);
});

test('J15: whoever speaks as if it were this server is found out; all others are taken', () => {
  const foreign = { resourceType: 'AuditEvent', source: { observer: { display: 'elsewhere' } } };
  assert.equal(foreignClaim(foreign, [base]), undefined);
  assert.equal(foreignClaim({ resourceType: 'AuditEvent' }, [base]), undefined);
  const claimed = { identifier: { value: `${base}/` } };
  assert.equal(foreignClaim({ ...foreign, source: { observer: claimed } }, [base]), 'AuditEvent.source.observer');
  assert.equal(foreignClaim({ ...foreign, meta: { tag: [ownTag] } }, [base]), 'AuditEvent.meta.tag');
  assert.equal(foreignClaim(auditEventsOf(record())[0] ?? foreign, [base]), 'AuditEvent.meta.tag');
  assert.equal(foreignClaim({ resourceType: 'Observation', meta: { tag: [ownTag] } }, [base]), undefined);
});

test('C55: servers between the app and this one are agents of their own; the app stays the client', () => {
  const one = event({ actors: ['gateway', 'hub'] });
  assert.deepEqual(
    one.agent.map((agent: Loose) => [codes(agent)[0], agent.who.identifier.value, agent.requestor]),
    [
      ['110152', 'app', false],
      ['110153', base, false],
      ['110150', 'gateway', false],
      ['110150', 'hub', false],
      ['IRCP', 'u-1', true],
    ],
  );
});
