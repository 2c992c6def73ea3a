/** Emergencies as the resource server answers them: who is told that there is such a thing, and what a declared one gives. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { purposeClaim } from '@affinity/core/smart/purpose-of-use.ts';
import type { DecisionFacts } from '@affinity/policy/facts.ts';
import { wholeFacts } from '@affinity/policy/testing/whole-facts.ts';
import { base, type Clinic, createClinic, observation } from './testing/clinic.ts';

const doctor = { fhirUser: `${base}/Practitioner/d1`, patient: 'a', scope: 'patient/*.cruds' };
const declared = { ...doctor, scope: 'patient/*.rs', clearance: 'V', extensions: purposeClaim(['BTG']) };
/** A practitioner who cares for nobody. */
const clinicOf = async (more: Partial<DecisionFacts>): Promise<Clinic> => {
  const facts = async (principal: Parameters<typeof wholeFacts>[0]): Promise<DecisionFacts> => ({
    ...wholeFacts(principal),
    patientsOf: [],
    caredFor: [],
    ...more,
  });
  const clinic = await createClinic({ facts });
  await clinic.put(observation('o1', 'a', 'laboratory'));
  await clinic.put(observation('o2', 'b', 'laboratory'));
  return clinic;
};
const asked = async (clinic: Clinic, path: string, claims: object, init?: RequestInit) => {
  const response = await clinic.send(path, await clinic.token({ ...claims }), init);
  return { status: response.status, text: await response.text() };
};
const hint = /emergency.*purpose_of_use=BTG/;

test('E74: who may declare an emergency is told so with the 403, whatever is stored; nobody else is', async () => {
  const may = await clinicOf({ emergency: true });
  for (const path of ['/Observation/o1', '/Observation/nothing', '/Observation?code=1', '/Observation/o1/_history']) {
    const { status, text } = await asked(may, path, doctor);
    assert.deepEqual([status, hint.test(text)], [403, true], path);
  }
  const stored = await asked(may, '/Observation/o1', doctor);
  const absent = await asked(may, '/Observation/nothing', doctor);
  assert.equal(stored.text, absent.text);
  for (const facts of [{}, { emergency: false }]) {
    const { status, text } = await asked(await clinicOf(facts), '/Observation/o1', doctor);
    assert.deepEqual([status, hint.test(text)], [403, false]);
  }
});

test('E74: not with a write, not with a 404, and not where one was declared', async () => {
  const may = await clinicOf({ emergency: true });
  const content = JSON.stringify({ resourceType: 'Observation', status: 'final', code: { text: 'x' } });
  const json = { 'content-type': 'application/fhir+json' };
  const written = await asked(may, '/Observation', doctor, { method: 'POST', body: content, headers: json });
  assert.deepEqual([written.status, hint.test(written.text)], [403, false]);
  const user = { ...doctor, patient: undefined, scope: 'user/*.rs' };
  const cares = await clinicOf({ emergency: true, caredFor: ['b'] });
  const hidden = await asked(cares, '/Observation/o1', user);
  assert.deepEqual([hidden.status, hint.test(hidden.text)], [404, false]);
  const asWrite = await asked(may, '/Observation/o1', { ...declared, scope: 'patient/Condition.rs' });
  assert.deepEqual([asWrite.status, hint.test(asWrite.text)], [403, false]);
});

test('E74: a declared one reads and finds the one patient, and every record of it bears the purpose', async () => {
  const clinic = await clinicOf({ emergency: true });
  assert.equal((await asked(clinic, '/Observation/o1', declared)).status, 200);
  assert.equal(clinic.audit.at(-1)?.purpose, 'BTG');
  assert.equal((await asked(clinic, '/Observation/o2', declared)).status, 404, 'another patient');
  assert.equal(clinic.audit.at(-1)?.purpose, 'BTG');
  const found = JSON.parse((await asked(clinic, '/Observation', declared)).text);
  assert.deepEqual(
    found.entry.map((entry: { resource: { id: string } }) => entry.resource.id),
    ['o1'],
  );
  const wide = { ...declared, scope: 'patient/*.cruds' };
  assert.equal((await asked(clinic, '/Observation/o1', wide, { method: 'DELETE' })).status, 403, 'to write');
});

test('E74: without the privilege at this moment, and in a header of the caller, it gives nothing', async () => {
  assert.equal((await asked(await clinicOf({}), '/Observation/o1', declared)).status, 403);
  const { extensions: _, ...plain } = declared;
  const header = { headers: { 'purpose-of-use': 'BTG', 'x-emergency': 'BTG' } };
  assert.equal((await asked(await clinicOf({ emergency: true }), '/Observation/o1', plain, header)).status, 403);
});
