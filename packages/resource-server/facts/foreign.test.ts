/** The facts of a caller of another domain: the Consents of the patient whom both know, and nothing that a person of ours has. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { createDecisionFacts } from './decision-facts.ts';
import { consent, createFeed } from './testing/consents.ts';
import { createFactsWorld, ownBases, patient } from './testing/facts-world.ts';

const theirs = 'https://lab.example/auth';

const setUp = () => {
  const world = createFactsWorld();
  const changes = createFeed();
  const never = async () => assert.fail('a person of ours was asked for');
  const factsOf = createDecisionFacts({
    backend: world.backend,
    ownBases,
    feed: changes.feed,
    people: { find: never, isAuditor: never, mayDeclareEmergency: never, mayRelabel: never },
    serviceOf: () => ({ records: 'all', clearance: 'V' }),
    recordsForeign: (issuer) => (issuer === theirs ? ['Patient/b'] : undefined),
    settings: {
      ...{ implicit: 'deny', careTeam: true, generalPractitioner: true, managingOrganization: false },
      ...{ wholeServerPractitioners: true, seconds: 1, rememberedPatients: 100, patientsMost: 100 },
      ...{ consentsMost: 100, consentsOfPatient: 10 },
    },
    report: world.report,
    now: () => world.time,
  });
  return { world, factsOf };
};

const caller = (more: Partial<Principal>, issuer = theirs): Principal => ({
  ...{ clientId: `${issuer} viewer`, tokenId: 't', scopes: [], foreign: { issuer, subject: 'viewer' } },
  ...more,
});

test('the Consents of the patient at home bind a foreign caller, and no fact of a person is gathered', async () => {
  const { world, factsOf } = setUp();
  await world.put(patient('a'));
  await world.put(consent('c1', 'a'));
  const { now, consents, ...others } = await factsOf(caller({ patient: 'a' }));
  assert.equal(now, world.time);
  assert.deepEqual(others, {});
  assert.deepEqual(consents?.covers, new Set(['a']));
  assert.equal(consents?.byPatient.get('a')?.consents.length, 1);
  assert.equal(consents?.implicit, 'deny');
  assert.deepEqual(await factsOf(caller({})), { now: world.time }, 'without a patient there is nobody');
});

test('E32: a foreign service reaches what was agreed with its issuer, never what a client of ours may, and normal records', async () => {
  const { world, factsOf } = setUp();
  await world.put(patient('b'));
  const facts = await factsOf(caller({ service: true }));
  assert.deepEqual(facts.service, { records: ['b'], clearance: 'N' });
  assert.deepEqual(facts.consents?.covers, new Set(['b']));
  const another = await factsOf(caller({ service: true }, 'https://nobody.example'));
  assert.deepEqual(another, { now: world.time });
});
