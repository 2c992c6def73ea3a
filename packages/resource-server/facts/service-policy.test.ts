/** What a backend service reaches by what was agreed before. SMART App Launch 2.2, Backend Services. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceFactsOf } from './service-policy.ts';
import { createFactsWorld, ownBases, patient, to } from './testing/facts-world.ts';

const setUp = (patientsMost = 10) => {
  const world = createFactsWorld();
  const options = { backend: world.backend, ownBases, patientsMost, report: world.report };
  const recordsOf = async (...records: string[]) =>
    (await serviceFactsOf({ records, clearance: 'N' }, world.time, options)).records;
  return { world, options, recordsOf };
};

test('E32: everything, with the clearance that was agreed', async () => {
  const { world, options } = setUp();
  assert.deepEqual(await serviceFactsOf({ records: 'all', clearance: 'R' }, world.time, options), {
    records: 'all',
    clearance: 'R',
  });
  assert.deepEqual(world.asked, []);
});

test('E32: patients by name, by Group as its members are now, and by managing Organization', async () => {
  const { world, recordsOf } = setUp();
  await world.put({
    resourceType: 'Group',
    id: 'cohort',
    actual: true,
    member: [
      { entity: to('Patient/in') },
      { entity: to('Patient/left'), inactive: true },
      { entity: to('Patient/over'), period: { end: '2026-06-14' } },
      { entity: to('Practitioner/x') },
    ],
  });
  await world.put(patient('ward-patient', { managingOrganization: to('Organization/ward') }));
  await world.put(patient('gp-only', { generalPractitioner: [to('Organization/ward')] }));
  assert.deepEqual(await recordsOf('Patient/named', 'Group/cohort', 'Organization/ward', 'Patient/in'), [
    'named',
    'in',
    'ward-patient',
  ]);
});

test('E32: a Group that is not actual, not active or not there leads to nobody', async () => {
  const { world, recordsOf } = setUp();
  const member = [{ entity: to('Patient/in') }];
  await world.put({ resourceType: 'Group', id: 'described', actual: false, member });
  await world.put({ resourceType: 'Group', id: 'closed', actual: true, active: false, member });
  assert.deepEqual(await recordsOf('Group/described', 'Group/closed', 'Group/none'), []);
});

test('E32: a reference that leads to more patients than the limit leads to none, and that is told', async () => {
  const { world, recordsOf } = setUp(2);
  const group = (count: number) =>
    world.put({
      resourceType: 'Group',
      id: 'g',
      actual: true,
      member: Array.from({ length: count }, (_, i) => ({ entity: to(`Patient/g${i}`) })),
    });
  for (let i = 0; i < 3; i += 1) await world.put(patient(`w${i}`, { managingOrganization: to('Organization/ward') }));
  await group(2);
  assert.deepEqual(await recordsOf('Group/g'), ['g0', 'g1']);
  await group(3);
  assert.deepEqual(await recordsOf('Group/g', 'Organization/ward', 'Patient/named'), ['named']);
  assert.deepEqual(
    world.reported.map(({ key }) => key),
    ['Group/g', 'Organization/ward'],
  );
});
