/** Facts at a further server: what the home says holds there for those who are linked, and ids of the two never mix. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grantConsentId } from '@affinity/core/fhir/consent.ts';
import { linkChange } from '@affinity/core/fhir/consent-feed.ts';
import { parseConsent } from '@affinity/core/fhir/consent-parse.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { factsOf as resourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { parseResourceScope } from '@affinity/core/smart/scope.ts';
import { decide } from '@affinity/policy/decide.ts';
import type { DecisionFacts } from '@affinity/policy/facts.ts';
import { evaluate } from '@affinity/policy/filter.ts';
import { createDecisionFacts } from './decision-facts.ts';
import { consentsElsewhere } from './elsewhere.ts';
import { createLinks, type LinkedType } from './links.ts';
import { consent, createFeed } from './testing/consents.ts';
import { createFactsWorld, ownBases as home, patient, team, to } from './testing/facts-world.ts';
import { FactsUnavailable } from './unavailable.ts';

const base = 'http://localhost:4000/hospital/fhir';
const grantId = 'g1';
const app = 'app';

const scopes = (...texts: string[]): Principal['scopes'] =>
  texts.map((text) => {
    const parsed = parseResourceScope(text);
    return parsed.kind === 'scope' ? parsed.scope : assert.fail(text);
  });
const ana: Principal = {
  clientId: app,
  tokenId: 't',
  user: 'ana',
  fhirUser: 'Patient/h1',
  patient: 'h1',
  grant: grantId,
  scopes: scopes('patient/*.rs'),
};
const doctor: Principal = {
  clientId: app,
  tokenId: 't',
  user: 'x',
  fhirUser: 'Practitioner/hx',
  grant: grantId,
  scopes: scopes('user/*.rs'),
};

/** Allows the app everything; for a patient's record, or whichever the user may reach. */
const grant = (of: string | undefined): Resource & { readonly id: string } =>
  consent(grantConsentId(grantId), of, {
    provision: {
      type: 'deny',
      provision: [
        {
          type: 'permit',
          actor: [
            {
              role: {
                coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }],
              },
              reference: { identifier: { system: 'urn:affinity:client', value: app } },
            },
          ],
        },
      ],
    },
  });

/**
 * At home: the patients `a` and `b` and the practitioner `x`. At the hospital `a` is `h1`; the ids `a` and `x` are somebody
 * else's there, and `x` is `hx`, who cares for both.
 */
const setUp = async (implicit: 'permit' | 'deny' = 'permit') => {
  const [clinic, hospital] = [createFactsWorld(), createFactsWorld()];
  const changes = createFeed();
  const links: Record<LinkedType, Map<string, string>> = {
    Patient: new Map([['a', 'h1']]),
    Practitioner: new Map([['x', 'hx']]),
  };
  const state = { reachable: true };
  for (const id of ['a', 'b']) await clinic.put(patient(id));
  await clinic.put({ resourceType: 'Practitioner', id: 'x' });
  for (const id of ['h1', 'a']) await hospital.put(patient(id));
  for (const id of ['x', 'hx']) await hospital.put({ resourceType: 'Practitioner', id });
  for (const one of ['h1', 'a']) {
    const members = [{ member: to('Practitioner/hx') }, { member: to('Practitioner/x') }];
    await hospital.put(team(`team-${one}`, one, members));
  }
  const people = new Map([
    ['ana', { fhirUser: 'Patient/a', patientsOf: ['a', 'b'] }],
    ['x', { fhirUser: 'Practitioner/x', patientsOf: [] }],
  ]);
  const factsOf = createDecisionFacts({
    backend: hospital.backend,
    ownBases: [base],
    home: {
      backend: clinic.backend,
      ownBases: home,
      links: async (type, from, ids) => {
        if (!state.reachable) throw new Error('no connection');
        const pairs = [...links[type]].map(([at, here]): [string, string] =>
          from === 'home' ? [at, here] : [here, at],
        );
        return new Map(pairs.filter(([id]) => ids.includes(id)));
      },
      identityOf: async (user) => {
        const [type = '', id = ''] = people.get(user)?.fhirUser.split('/') ?? [];
        const here = links[type as LinkedType].get(id);
        return here === undefined ? `${home[0]}/${type}/${id}` : `${base}/${type}/${here}`;
      },
    },
    feed: changes.feed,
    people: {
      find: async (user) => people.get(user),
      isAuditor: async () => false,
      mayDeclareEmergency: async () => false,
      mayRelabel: async () => false,
    },
    serviceOf: () => ({ records: ['Patient/a', 'Patient/b'], clearance: 'N' }),
    settings: {
      implicit,
      careTeam: true,
      generalPractitioner: true,
      managingOrganization: false,
      wholeServerPractitioners: false,
      seconds: 60,
      rememberedPatients: 100,
      patientsMost: 100,
      consentsMost: 100,
      consentsOfPatient: 10,
    },
    report: hospital.report,
    now: () => hospital.time,
  });
  const unlink = (type: LinkedType, id: string): void => {
    links[type].delete(id);
    changes.tell({ kind: 'consent', id: linkChange, patient: linkChange });
  };
  return { clinic, hospital, changes, links, state, unlink, factsOf };
};

const sees = (principal: Principal, facts: DecisionFacts, resource: Resource): boolean => {
  const interaction = { kind: 'read', type: resource.resourceType, id: resource.id ?? '' } as const;
  const decision = decide({ principal, interaction, facts });
  return decision.kind === 'permit' && evaluate(decision.filter, resourceFacts(resource, [base]));
};
const weight = (id: string, of: string, more: object = {}): Resource => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { text: 'weight' },
  subject: to(`Patient/${of}`),
  ...more,
});
const recipient = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }] };
/** Everything is allowed, but for what the exception says. */
const but = (id: string, exception: object): Resource & { readonly id: string } =>
  consent(id, 'a', { provision: { type: 'permit', provision: [{ type: 'deny', ...exception }] } });

test('E05: what a patient refuses at home holds at the hospital, for the linked record and not for one of the same id', async () => {
  const { clinic, factsOf } = await setUp();
  await clinic.put(grant(undefined));
  const before = await factsOf(doctor);
  assert.equal(sees(doctor, before, weight('o', 'h1')), true);
  const { changes, ...again } = await setUp();
  await again.clinic.put(grant(undefined));
  await again.clinic.put(consent('no', 'a'));
  const after = await again.factsOf(doctor);
  assert.deepEqual([...(after.consents?.byPatient.keys() ?? [])], ['h1']);
  assert.equal(sees(doctor, after, weight('o', 'h1')), false);
  assert.equal(sees(doctor, after, weight('o', 'a')), true, 'another person has this id here, and no Consent');
});

test('IHE PCF: labels and kinds that are refused at home are refused at the hospital', async () => {
  const { clinic, factsOf } = await setUp();
  await clinic.put(grant(undefined));
  const actCode = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
  await clinic.put(but('labels', { securityLabel: [{ system: actCode, code: 'MH' }] }));
  await clinic.put(but('kinds', { class: [{ system: 'http://hl7.org/fhir/resource-types', code: 'Goal' }] }));
  const facts = await factsOf(doctor);
  assert.equal(sees(doctor, facts, weight('o', 'h1')), true);
  assert.equal(
    sees(doctor, facts, weight('o', 'h1', { meta: { security: [{ system: actCode, code: 'MH' }] } })),
    false,
  );
  const goal = { resourceType: 'Goal', id: 'g', lifecycleStatus: 'active', subject: to('Patient/h1') };
  assert.equal(sees(doctor, facts, goal), false);
});

test('IHE PCF: a purpose that is refused at home is refused here, and so is whom an emergency alone would let in', async () => {
  const reason = (code: string) => [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code }];
  const { clinic, factsOf } = await setUp();
  await clinic.put(grant(undefined));
  await clinic.put(but('not-for-research', { purpose: reason('HRESCH') }));
  const treating: Principal = { ...doctor, purposes: ['TREAT'] };
  assert.equal(sees(treating, await factsOf(treating), weight('o', 'h1')), true);
  const researching: Principal = { ...doctor, purposes: ['HRESCH'] };
  assert.equal(sees(researching, await factsOf(researching), weight('o', 'h1')), false);
  const other = await setUp();
  await other.clinic.put(grant(undefined));
  const opened = [{ type: 'permit', purpose: reason('BTG') }];
  const notX = { actor: [{ role: recipient, reference: to('Practitioner/x') }], provision: opened };
  await other.clinic.put(but('but-in-an-emergency', notX));
  assert.equal(sees(treating, await other.factsOf(treating), weight('o', 'h1')), false);
});

test('actors of a Consent are those of the home: a linked practitioner is meant, one of the same id here is not', async () => {
  const { clinic, factsOf, links, unlink } = await setUp();
  await clinic.put(grant(undefined));
  await clinic.put(but('not-x', { actor: [{ role: recipient, reference: to('Practitioner/x') }] }));
  assert.equal(sees(doctor, await factsOf(doctor), weight('o', 'h1')), false);
  // the same account, linked with whom the hospital calls x: it is the person of the home who was refused
  unlink('Practitioner', 'x');
  links.Practitioner.set('x', 'x');
  const renamed = { ...doctor, fhirUser: 'Practitioner/x' };
  assert.equal(sees(renamed, await factsOf(renamed), weight('o', 'h1')), false);
});

test('an actor of a Consent who is somebody else than the caller spares the caller, whatever the ids are', async () => {
  const { clinic, factsOf } = await setUp();
  await clinic.put(grant(undefined));
  // `hx` at home is nobody whom the hospital calls hx
  await clinic.put(but('not-hx', { actor: [{ role: recipient, reference: to('Practitioner/hx') }] }));
  assert.equal(sees(doctor, await factsOf(doctor), weight('o', 'h1')), true);
});

test('records that a Consent names are of the home: one of the same id here is another, and what hangs on one is kept back', async () => {
  const { clinic, factsOf } = await setUp();
  await clinic.put(grant(undefined));
  await clinic.put(but('that-one', { data: [{ meaning: 'instance', reference: to('Observation/o') }] }));
  assert.equal(sees(doctor, await factsOf(doctor), weight('o', 'h1')), true);
  const { changes, ...other } = await setUp();
  await other.clinic.put(grant(undefined));
  await other.clinic.put(but('around', { data: [{ meaning: 'related', reference: to('Encounter/e') }] }));
  assert.equal(sees(doctor, await other.factsOf(doctor), weight('o', 'h1')), false);
  const permits = await setUp('deny');
  await permits.clinic.put(grant(undefined));
  const data = [{ meaning: 'instance', reference: to('Observation/o') }];
  await permits.clinic.put(
    consent('only', 'a', { provision: { type: 'deny', provision: [{ type: 'permit', data }] } }),
  );
  assert.equal(sees(doctor, await permits.factsOf(doctor), weight('o', 'h1')), false);
});

test('who is not linked has no Consent at home: the implicit policy holds', async () => {
  for (const implicit of ['permit', 'deny'] as const) {
    const { clinic, factsOf, unlink } = await setUp(implicit);
    await clinic.put(grant(undefined));
    await clinic.put(consent('no', 'a'));
    unlink('Patient', 'a');
    assert.equal(sees(doctor, await factsOf(doctor), weight('o', 'h1')), implicit === 'permit');
  }
});

test('E05: a grant for a patient of the home is one for the linked record, and for nobody once the link is taken back', async () => {
  const { clinic, factsOf, unlink } = await setUp();
  await clinic.put(grant('a'));
  const facts = await factsOf(ana);
  assert.equal(facts.grant?.patient, 'h1');
  assert.deepEqual(facts.patientsOf, ['h1'], 'of two whom she may act for, one is known here');
  assert.equal(sees(ana, facts, weight('o', 'h1')), true);
  assert.equal(await factsOf(ana), facts, 'the same as long as nothing has changed');
  unlink('Patient', 'a');
  const after = await factsOf(ana);
  assert.equal(sees(ana, after, weight('o', 'h1')), false);
  assert.equal(after.grant, undefined, 'she is not who the token says');
});

test('a token for a record that happens to have the id of the home opens nothing', async () => {
  const { clinic, factsOf } = await setUp();
  await clinic.put(grant('a'));
  const stray = { ...ana, patient: 'a', fhirUser: undefined };
  const { fhirUser: _, ...principal } = stray;
  assert.equal(sees(principal, await factsOf(principal), weight('o', 'a')), false);
});

test('a practitioner is one here only by a link, and cares for whom the records here say', async () => {
  const { clinic, factsOf, unlink } = await setUp();
  await clinic.put(grant(undefined));
  await clinic.put(team('home-team', 'b', [{ member: to('Practitioner/x') }]));
  assert.deepEqual([...((await factsOf(doctor)).caredFor ?? [])].sort(), ['a', 'h1']);
  unlink('Practitioner', 'x');
  const { fhirUser: _, ...unnamed } = doctor;
  for (const principal of [doctor, unnamed]) {
    const facts = await factsOf(principal);
    assert.deepEqual(facts.caredFor ?? [], []);
    assert.equal(sees(principal, facts, weight('o', 'h1')), false);
  }
});

test('the policy of a service names records of the home', async () => {
  const { factsOf } = await setUp();
  const service: Principal = { clientId: 'svc', tokenId: 't', service: true, scopes: scopes('system/*.rs') };
  assert.deepEqual((await factsOf(service)).service?.records, ['h1']);
});

test('E82: without the links, or a feed that can be relied on, nothing is decided', async () => {
  const { clinic, factsOf, state, changes } = await setUp();
  await clinic.put(grant('a'));
  state.reachable = false;
  await assert.rejects(factsOf(ana), FactsUnavailable);
  state.reachable = true;
  assert.equal((await factsOf(ana)).grant?.patient, 'h1', 'a failure is not remembered');
  changes.fresh = false;
  await assert.rejects(factsOf(ana), FactsUnavailable);
});

test('L15: what a patient refuses at home binds every record that a server has of the person, asked for alone and for everybody', async () => {
  const { feed } = createFeed();
  const links = createLinks({
    feed,
    remembered: 10,
    ask: async (type, from, ids) => {
      const pairs: [string, string][] =
        type === 'Patient'
          ? [
              ['a', 'r1'],
              ['b', 'r2'],
            ]
          : [];
      const turned = pairs.map(([at, here]): [string, string] => (from === 'home' ? [at, here] : [here, at]));
      return new Map(turned.filter(([id]) => ids.includes(id)));
    },
  });
  const parsed = parseConsent(consent('no', 'a'), home);
  assert.equal(parsed.kind, 'consent');
  const refused = { consents: parsed.kind === 'consent' ? [parsed.consent] : [], faulty: false };
  const atHome = {
    of: async (ids: readonly string[]) => new Map(ids.includes('a') ? [['a', refused]] : []),
    ofEverybody: async () => new Map([['a', refused]]),
  };
  // Of the person of r1 another server and a source of its own have told too.
  const same = ['r1', 'fed', 'sent'];
  const { of, ofEverybody } = consentsElsewhere(
    atHome,
    links,
    async (ids) =>
      new Map(ids.flatMap((id) => (same.includes(id) ? [[id, same.filter((other) => other !== id)] as const] : []))),
  );
  for (const record of same) assert.equal((await of([record])).get(record)?.consents.length, 1, record);
  assert.deepEqual([...(await of(['r2'])).keys()], []);
  assert.deepEqual([...(await ofEverybody()).keys()].toSorted(), same.toSorted());
});
