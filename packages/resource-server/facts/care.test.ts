/** Whom a practitioner cares for, and as whom. FHIR R4 careteam.html, practitionerrole.html, patient.html. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CareRules, careOf } from './care.ts';
import { createFactsWorld, type FactsWorld, ownBases, patient, role, team, to } from './testing/facts-world.ts';

const usual: CareRules = { careTeam: true, generalPractitioner: true, managingOrganization: false, patientsMost: 100 };
const care = (world: FactsWorld, rules: Partial<CareRules> = {}) =>
  careOf('Practitioner/x', world.time, {
    backend: world.backend,
    ownBases,
    rules: { ...usual, ...rules },
    report: world.report,
  });

const over = { end: '2026-06-14' };
const current = { start: '2026-06-15', end: '2026-06-15' };
const ahead = { start: '2026-06-16' };

test('E30: a practitioner is also the roles and organizations that hold now', async () => {
  const world = createFactsWorld();
  await world.put({ resourceType: 'Practitioner', id: 'x', active: true });
  await world.put(role('now', 'x', 'ward', { period: current }));
  await world.put(role('plain', 'x', 'ward'));
  await world.put(role('over', 'x', 'old-ward', { period: over }));
  await world.put(role('ahead', 'x', 'next-ward', { period: ahead }));
  await world.put(role('off', 'x', 'closed', { active: false }));
  await world.put(role('of-another', 'y', 'theirs'));
  const { actors, active } = await care(world);
  assert.equal(active, true);
  assert.deepEqual([...actors].sort(), [
    'Organization/ward',
    'Practitioner/x',
    'PractitionerRole/now',
    'PractitionerRole/plain',
  ]);
});

test('E30: care teams count while they, and the part in them, are in force', async () => {
  const world = createFactsWorld();
  await world.put(role('r', 'x', 'ward'));
  const member = (reference: string, period?: object) => ({ member: to(reference), ...(period ? { period } : {}) });
  await world.put(team('t1', 'self', [member('Practitioner/x')]));
  await world.put(team('t2', 'by-role', [member('Practitioner/y'), member('PractitionerRole/r', current)]));
  await world.put(team('t3', 'by-ward', [member('Organization/ward')]));
  await world.put(team('t4', 'absolute', [member(`${ownBases[0]}/Practitioner/x`)]));
  await world.put(team('t5', 'left', [member('Practitioner/x', over)]));
  await world.put(team('t6', 'not-yet', [member('Practitioner/x', ahead)]));
  await world.put(team('t7', 'team-over', [member('Practitioner/x')], { period: over }));
  await world.put(team('t8', 'inactive', [member('Practitioner/x')], { status: 'inactive' }));
  await world.put(team('t9', 'elsewhere', [member('https://other.example/fhir/Practitioner/x')]));
  await world.put(team('t10', 'left-and-another-stays', [member('Practitioner/x', over), member('Practitioner/y')]));
  assert.deepEqual([...(await care(world)).caredFor].sort(), ['absolute', 'by-role', 'by-ward', 'self']);
  assert.deepEqual((await care(world, { careTeam: false })).caredFor, []);
});

test('E30: patients whose general practitioner it is; of an organization only by setting', async () => {
  const world = createFactsWorld();
  await world.put(role('r', 'x', 'ward'));
  await world.put(patient('gp', { generalPractitioner: [to('Practitioner/x')] }));
  await world.put(patient('gp-role', { generalPractitioner: [to('PractitionerRole/r')] }));
  await world.put(patient('gp-ward', { generalPractitioner: [to('Organization/ward')] }));
  await world.put(patient('managed', { managingOrganization: to('Organization/ward') }));
  await world.put(patient('nobody'));
  assert.deepEqual([...(await care(world)).caredFor].sort(), ['gp', 'gp-role']);
  const wide = await care(world, { managingOrganization: true });
  assert.deepEqual([...wide.caredFor].sort(), ['gp', 'gp-role', 'gp-ward', 'managed']);
  assert.deepEqual((await care(world, { generalPractitioner: false })).caredFor, []);
});

test('E30: a practitioner who is not active, or was deleted, reaches nobody and is nobody', async () => {
  const world = createFactsWorld();
  await world.put(patient('gp', { generalPractitioner: [to('Practitioner/x')] }));
  assert.deepEqual((await care(world)).caredFor, ['gp'], 'where there is no such resource, nothing is said against it');
  await world.put({ resourceType: 'Practitioner', id: 'x', active: false });
  assert.deepEqual(await care(world), { active: false, actors: [], caredFor: [] });
  await world.put({ resourceType: 'Practitioner', id: 'x' });
  assert.deepEqual((await care(world)).caredFor, ['gp']);
  await world.remove('Practitioner', 'x');
  assert.deepEqual(await care(world), { active: false, actors: [], caredFor: [] });
});

test('as many patients as the limit by one way; one more and that way leads to nobody, which is told', async () => {
  const world = createFactsWorld();
  for (let i = 0; i < 3; i += 1) await world.put(team(`t${i}`, `p${i}`, [{ member: to('Practitioner/x') }]));
  await world.put(patient('gp', { generalPractitioner: [to('Practitioner/x')] }));
  assert.equal((await care(world, { patientsMost: 3 })).caredFor.length, 4);
  assert.deepEqual(world.reported, []);
  assert.deepEqual((await care(world, { patientsMost: 2 })).caredFor, ['gp'], 'the other way is not touched');
  assert.deepEqual(
    world.reported.map(({ kind, key }) => [kind, key]),
    [['facts-limit', 'CareTeam?participant of Practitioner/x']],
  );
});

test('more patients than one page holds are all found', async () => {
  const world = createFactsWorld();
  for (let i = 0; i < 1001; i += 1) await world.put(patient(`p${i}`, { generalPractitioner: [to('Practitioner/x')] }));
  assert.equal(new Set((await care(world, { patientsMost: 2000 })).caredFor).size, 1001);
});
