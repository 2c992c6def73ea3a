/** The facts of a decision, gathered for one request: what each caller needs, and nothing that is not needed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { parseResourceScope } from '@affinity/core/smart/scope.ts';
import { createDecisionFacts, type FactsSettings } from './decision-facts.ts';
import { consent, createFeed } from './testing/consents.ts';
import { createFactsWorld, ownBases, patient, to } from './testing/facts-world.ts';
import { FactsUnavailable } from './unavailable.ts';
import type { KnownPerson } from './user.ts';

const usual: FactsSettings = {
  implicit: 'deny',
  careTeam: true,
  generalPractitioner: true,
  managingOrganization: false,
  wholeServerPractitioners: false,
  seconds: 1,
  rememberedPatients: 100,
  patientsMost: 100,
  consentsMost: 100,
  consentsOfPatient: 10,
};

const setUp = (settings: Partial<FactsSettings> = {}) => {
  const world = createFactsWorld();
  const changes = createFeed();
  const people = new Map<string, KnownPerson>([
    ['ana', { fhirUser: 'Patient/a', patientsOf: ['a', 'child'] }],
    ['x', { fhirUser: 'Practitioner/x', patientsOf: [] }],
  ]);
  const asked: string[] = [];
  const saying = (name: string, answer: boolean) => async () => {
    asked.push(name);
    return answer;
  };
  const factsOf = createDecisionFacts({
    backend: world.backend,
    ownBases,
    feed: changes.feed,
    people: {
      find: async (user) => {
        asked.push('find');
        return people.get(user);
      },
      isAuditor: saying('auditor', true),
      mayDeclareEmergency: saying('emergency', true),
      mayRelabel: saying('relabel', true),
    },
    serviceOf: (client) =>
      client === 'wide'
        ? { records: 'all', clearance: 'N' }
        : client === 'narrow'
          ? { records: ['Patient/a'], clearance: 'R' }
          : undefined,
    settings: { ...usual, ...settings },
    report: world.report,
    now: () => world.time,
  });
  return { world, changes, people, asked, factsOf };
};

const scopes = (...texts: string[]): Principal['scopes'] =>
  texts.map((text) => {
    const parsed = parseResourceScope(text);
    return parsed.kind === 'scope' ? parsed.scope : assert.fail(text);
  });
const app = (user: string, more: Partial<Principal> = {}): Principal => ({
  clientId: 'app',
  tokenId: 't',
  user,
  scopes: scopes('patient/*.rs'),
  ...more,
});
const service = (clientId: string): Principal => ({
  clientId,
  tokenId: 't',
  service: true,
  scopes: scopes('system/*.rs'),
});

test('an app of a patient: grant, for whom they act, Consents of the patient in context and of nobody else', async () => {
  const { world, factsOf } = setUp();
  await world.put(consent('grant-g', 'a'));
  await world.put(consent('c1', 'a'));
  await world.put(consent('c2', 'child'));
  const facts = await factsOf(app('ana', { patient: 'a', grant: 'g', fhirUser: 'Patient/a' }));
  assert.equal(facts.now, world.time);
  assert.equal(facts.grant?.id, 'grant-g');
  assert.deepEqual(facts.patientsOf, ['a', 'child']);
  assert.deepEqual(facts.actors, ['Patient/a']);
  assert.deepEqual([facts.auditor, facts.emergency, facts.relabel, facts.wholeServer], [false, false, false, false]);
  assert.deepEqual(facts.consents?.covers, new Set(['a']));
  assert.deepEqual([...(facts.consents?.byPatient.keys() ?? [])], ['a']);
  assert.equal(facts.consents?.implicit, 'deny');
  assert.equal(facts.service, undefined);
});

test('E07: once all is remembered a request asks nothing', async () => {
  const { world, asked, factsOf } = setUp();
  await world.put(consent('grant-g', 'a'));
  const principal = app('ana', { patient: 'a', grant: 'g' });
  await factsOf(principal);
  const before = [world.asked.length, asked.length];
  assert.deepEqual(await factsOf(principal), await factsOf({ ...principal, tokenId: 'another' }));
  assert.deepEqual([world.asked.length, asked.length], before);
});

test('what is said of a person is asked only where the token could use it, and once a second', async () => {
  const { asked, factsOf, world } = setUp();
  const wide = app('ana', { scopes: scopes('user/*.rus'), purposes: ['BTG'] });
  const facts = await factsOf(wide);
  assert.deepEqual([facts.auditor, facts.emergency, facts.relabel], [true, true, true]);
  await factsOf(wide);
  assert.deepEqual([...asked].sort(), ['auditor', 'emergency', 'find', 'relabel']);
  world.time += 1000;
  await factsOf(wide);
  assert.equal(asked.length, 8);
});

test('E30: a practitioner: Consents of all who are cared for where the token asks for all; of everybody by setting', async () => {
  const { world, factsOf } = setUp();
  await world.put(patient('p', { generalPractitioner: [to('Practitioner/x')] }));
  await world.put(consent('c1', 'p'));
  await world.put(consent('c2', 'q'));
  const all = app('x', { scopes: scopes('user/*.rs') });
  const facts = await factsOf(all);
  assert.deepEqual(facts.caredFor, ['p']);
  assert.deepEqual(facts.consents?.covers, new Set(['p']));
  assert.equal(facts.wholeServer, false);
  assert.deepEqual((await factsOf(app('x', { patient: 'q' }))).consents?.covers, new Set(['q']));
  const wide = setUp({ wholeServerPractitioners: true });
  await wide.world.put(consent('c2', 'q'));
  const whole = await wide.factsOf(all);
  assert.equal(whole.wholeServer, true);
  assert.equal(whole.consents?.covers, 'everybody');
  assert.deepEqual([...(whole.consents?.byPatient.keys() ?? [])], ['q']);
  const patientsToo = await wide.factsOf(app('ana', { scopes: scopes('user/*.rs') }));
  assert.equal(patientsToo.wholeServer, false, 'the setting is for practitioners');
});

test('E30: who is disabled has neither a grant nor anybody', async () => {
  const { world, people, factsOf } = setUp();
  await world.put(consent('grant-g', 'a'));
  people.delete('ana');
  assert.deepEqual(await factsOf(app('ana', { patient: 'a', grant: 'g' })), { now: world.time });
});

test('E32: a service has what was agreed for it; one that nobody declared has nothing', async () => {
  const { world, factsOf } = setUp();
  await world.put(consent('c1', 'a'));
  const wide = await factsOf(service('wide'));
  assert.deepEqual([wide.service, wide.consents?.covers], [{ records: 'all', clearance: 'N' }, 'everybody']);
  const narrow = await factsOf(service('narrow'));
  assert.deepEqual(narrow.service, { records: ['a'], clearance: 'R' });
  assert.deepEqual(narrow.consents?.covers, new Set(['a']));
  assert.deepEqual(await factsOf(service('unknown')), { now: world.time });
});

test('E82: whatever cannot be asked is no fact, and no empty one', async () => {
  const { changes, factsOf } = setUp();
  changes.fresh = false;
  for (const principal of [app('ana', { patient: 'a', grant: 'g' }), service('wide'), service('narrow')])
    await assert.rejects(async () => factsOf(principal), FactsUnavailable);
  const failing = setUp();
  const { backend } = failing.world;
  const down = () => Promise.reject(new Error('down'));
  const practitioner = app('x', { scopes: scopes('user/*.rs') });
  backend.searchType = down;
  await assert.rejects(async () => failing.factsOf(practitioner), FactsUnavailable);
  backend.read = down;
  await assert.rejects(async () => failing.factsOf(app('ana', { grant: 'g' })), FactsUnavailable);
});
