/** Labels are added by whoever writes, and weakened by nobody but those who may relabel. FHIR R4 security-labels.html. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelOf } from '@affinity/core/fhir/security-label.ts';
import { wholeFacts } from '@affinity/policy/testing/whole-facts.ts';
import { type Clinic, createClinic, observation, patient, sending } from '../testing/clinic.ts';

const restricted = { meta: { security: [labelOf('R')] } };

const filled = async (): Promise<Clinic> => {
  const clinic = await createClinic({}, { appliesFilter: true });
  await clinic.put(patient('a'));
  await clinic.put(observation('secret', 'a', 'laboratory', restricted));
  return clinic;
};
const act = (code: string) => ({ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code });

test('E56: no label is taken off: sensitivity, obligation, refrain or any other; more may be added', async () => {
  const clinic = await filled();
  const token = await clinic.token({ clearance: 'R' });
  const labels = [act('HIV'), act('NORDSCLCD'), act('ENCRYPT'), { system: 'urn:ours', code: 'x' }, { display: 'said' }];
  const labelled = (security: readonly object[]) => observation('marked', 'a', 'laboratory', { meta: { security } });
  await clinic.put(labelled(labels));
  const put = async (security: readonly object[]) =>
    (await clinic.send('/Observation/marked', token, sending('PUT', labelled(security)))).status;
  for (const left of labels)
    assert.equal(await put(labels.filter((label) => label !== left)), 403, JSON.stringify(left));
  const patch = await clinic.send('/Observation/marked', token, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/json-patch+json' },
    body: '[{"op":"remove","path":"/meta/security/1"}]',
  });
  assert.equal(patch.status, 403);
  assert.equal(await put([...labels, act('PSY'), ...restricted.meta.security]), 200);
  assert.equal(await put(labels), 403, 'what was added stays too');
  const renamed = labels.map((label) =>
    'system' in label && label.system === act('').system
      ? { ...label, system: 'http://hl7.org/fhir/v3/ActCode' }
      : label,
  );
  assert.equal(await put([...renamed, act('PSY')]), 200, 'an older name of the system names the same label');
});

test('E56: what was deleted comes back with its labels, or not', async () => {
  const clinic = await filled();
  const token = await clinic.token({ clearance: 'R' });
  assert.equal((await clinic.send('/Observation/secret', token, { method: 'DELETE' })).status, 204);
  const put = async (more: Readonly<Record<string, unknown>>) =>
    (await clinic.send('/Observation/secret', token, sending('PUT', observation('secret', 'a', 'laboratory', more))))
      .status;
  assert.equal(await put({}), 403);
  assert.equal(await put(restricted), 201);
});

test('E56: whom an administrator lets relabel may take labels off, and that is recorded before it is done', async () => {
  const clinic = await createClinic(
    { facts: (principal) => ({ ...wholeFacts(principal), relabel: principal.user === 'privacy-officer' }) },
    { appliesFilter: true },
  );
  await clinic.put(patient('a'));
  await clinic.put(observation('secret', 'a', 'laboratory', restricted));
  const plain = observation('secret', 'a', 'laboratory');
  const claimed = await clinic.token({ clearance: 'R', relabel: true, affinity_relabel: true });
  assert.equal(
    (await clinic.send('/Observation/secret', claimed, sending('PUT', plain))).status,
    403,
    'never by a claim',
  );
  assert.ok(!clinic.audit.some(({ event }) => event === 'label-changed'));
  const officer = await clinic.token({ clearance: 'R', sub: 'privacy-officer' });
  clinic.audit.length = 0;
  const status = { ...plain, ...restricted, status: 'amended' };
  assert.equal((await clinic.send('/Observation/secret', officer, sending('PUT', status))).status, 200);
  assert.deepEqual(
    clinic.audit.map(({ event }) => event),
    ['update'],
    'only where labels go',
  );
  assert.equal((await clinic.send('/Observation/secret', officer, sending('PUT', plain))).status, 200);
  const told = clinic.audit.filter(({ event }) => event === 'label-changed');
  assert.deepEqual(
    told.map(({ outcome, target, patients, confidentiality, user }) => ({
      outcome,
      target,
      patients,
      confidentiality,
      user,
    })),
    [
      {
        outcome: 'permitted',
        target: 'Observation/secret',
        patients: ['a'],
        confidentiality: 'R',
        user: 'privacy-officer',
      },
    ],
  );
  clinic.auditFails = true;
  await clinic.send('/Observation/secret', officer, sending('PUT', { ...plain, meta: { security: [act('HIV')] } }));
  clinic.auditFails = false;
  const now = await (await clinic.send('/Observation/secret', officer)).json();
  assert.equal((now as { meta: { security?: unknown } }).meta.security, undefined);
});
