/** Who a user is to this server, and for whom they may act now. SMART App Launch 2.2, `fhirUser`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFactsWorld, ownBases, patient, to } from './testing/facts-world.ts';
import { createUserSource, type KnownPerson } from './user.ts';

const setUp = () => {
  const world = createFactsWorld();
  const people = new Map<string, KnownPerson>();
  let found = 0;
  const userOf = createUserSource({
    backend: world.backend,
    ownBases,
    rules: { careTeam: true, generalPractitioner: true, managingOrganization: false, patientsMost: 10 },
    report: world.report,
    people: {
      find: async (user) => {
        found += 1;
        return people.get(user);
      },
      isAuditor: async () => false,
      mayDeclareEmergency: async () => false,
      mayRelabel: async () => false,
    },
    short: { seconds: 1, most: 10, now: () => world.time },
  });
  return { world, people, userOf, finds: () => found };
};

test('E31: a patient has the own record, and those for whom they act', async () => {
  const { people, userOf } = setUp();
  people.set('ana', { fhirUser: 'Patient/a', patientsOf: ['a', 'child'] });
  assert.deepEqual(await userOf('ana', 'Patient/a'), {
    patientsOf: ['a', 'child'],
    caredFor: [],
    actors: ['Patient/a'],
    isPractitioner: false,
  });
});

test('a token that does not say who the user is gets no more and no less than one that does', async () => {
  const { people, userOf, world } = setUp();
  await world.put(patient('p', { generalPractitioner: [to('Practitioner/x')] }));
  people.set('x', { fhirUser: `${ownBases[0]}/Practitioner/x`, patientsOf: [] });
  const told = await userOf('x', 'Practitioner/x');
  assert.deepEqual(told?.caredFor, ['p']);
  assert.equal(told?.isPractitioner, true);
  assert.deepEqual(await userOf('x', undefined), told);
});

test('E30: who is not known, is disabled, or is somebody else than the token says, is nobody', async () => {
  const { people, userOf, world } = setUp();
  assert.equal(await userOf('unknown', 'Patient/a'), undefined);
  people.set('ana', { fhirUser: 'Patient/a', patientsOf: ['a'] });
  assert.equal(await userOf('ana', 'Patient/b'), undefined);
  assert.equal(await userOf('ana', 'https://other.example/fhir/Patient/a'), undefined);
  await world.put({ resourceType: 'Practitioner', id: 'x', active: false });
  people.set('x', { fhirUser: 'Practitioner/x', patientsOf: ['p'] });
  assert.equal(await userOf('x', 'Practitioner/x'), undefined, 'not even for whom the domain itself says');
});

test('E31: a RelatedPerson acts for its patient and for those whom the domain names; one that has ended for neither', async () => {
  const { people, userOf, world } = setUp();
  people.set('carla', { fhirUser: 'RelatedPerson/r', patientsOf: ['child', 'mother'] });
  const ask = async () => {
    world.time += 1000;
    return (await userOf('carla', 'RelatedPerson/r'))?.patientsOf;
  };
  assert.deepEqual(await ask(), ['child', 'mother']);
  await world.put({ resourceType: 'RelatedPerson', id: 'r', patient: to('Patient/son') });
  assert.deepEqual(await ask(), ['son', 'child', 'mother']);
  const ended = { patient: to('Patient/child'), period: { end: '2026-06-14' } };
  await world.put({ resourceType: 'RelatedPerson', id: 'r', ...ended });
  assert.deepEqual(await ask(), ['mother']);
  await world.remove('RelatedPerson', 'r');
  assert.equal(await ask(), undefined);
});

test('a second at most, and fifty at once ask once', async () => {
  const { people, userOf, world, finds } = setUp();
  people.set('ana', { fhirUser: 'Patient/a', patientsOf: ['a'] });
  await Promise.all(Array.from({ length: 50 }, () => userOf('ana', 'Patient/a')));
  people.delete('ana');
  world.time += 999;
  assert.ok(await userOf('ana', 'Patient/a'));
  assert.equal(finds(), 1);
  world.time += 1;
  assert.equal(await userOf('ana', 'Patient/a'), undefined);
});
