/** Two records of one person that are linked: a right to one is no right to the other. FHIR R4 patient.html#links. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClinic, observation } from './testing/clinic.ts';

test('D26: Patient.link is not followed: what is in a linked record is not there for the token of the first', async () => {
  const clinic = await createClinic();
  await clinic.put({
    resourceType: 'Patient',
    id: 'a',
    link: [{ other: { reference: 'Patient/b' }, type: 'seealso' }],
  });
  await clinic.put({
    resourceType: 'Patient',
    id: 'b',
    link: [{ other: { reference: 'Patient/a' }, type: 'replaced-by' }],
  });
  await clinic.put(observation('of-a', 'a', 'laboratory'));
  await clinic.put(observation('of-b', 'b', 'laboratory'));
  const token = await clinic.token({ patient: 'a' });
  assert.equal((await clinic.send('/Observation/of-a', token)).status, 200);
  for (const hidden of ['/Observation/of-b', '/Patient/b', '/Observation/absent'])
    assert.equal((await clinic.send(hidden, token)).status, 404, hidden);
  const found = (await (await clinic.send('/Observation', token)).json()) as { entry: { resource: { id: string } }[] };
  assert.deepEqual(
    found.entry.map(({ resource }) => resource.id),
    ['of-a'],
  );
});
