import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExactObject } from '@affinity/core/fhir/exact-json.ts';
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import type { PrepareWrites } from './prepare-writes.ts';
import { createSmallClinic, observation, sending } from './testing/clinic.ts';

const post = (resource: unknown, url: string): ExactObject =>
  ({ resource, request: { method: 'POST', url } }) as ExactObject;
const bundle = (...entry: readonly unknown[]) =>
  sending('POST', { resourceType: 'Bundle', type: 'transaction', meta: { profile: ['urn:p'] }, entry });

/** Beside every Observation a Condition of the same patient, whose id is chosen. */
const addingConditions: PrepareWrites = async ({ entries }) => [
  ...entries.map((entry) => ({ entry })),
  ...entries.map((entry, because) => {
    const { subject } = entry.resource as ExactObject;
    return { entry: post({ resourceType: 'Condition', subject }, 'Condition'), id: `c${because}`, because };
  }),
];
const open = (prepare: PrepareWrites) => createSmallClinic({ prepare }, { appliesFilter: true });

test('L05: what is added to a transaction is written with it under the id that was chosen, and leaves no trace in the answer', async () => {
  let profiles: readonly string[] = [];
  const { clinic, token } = await open(async (sent) => {
    profiles = sent.profiles;
    return addingConditions(sent);
  });
  const response = await clinic.send('/', token, bundle(post(observation('x', 'a', 'laboratory'), 'Observation')));
  const { entry } = (await response.json()) as { entry: { response: { status: string; location: string } }[] };
  assert.equal(response.status, 200);
  assert.deepEqual(
    entry.map((each) => each.response.status),
    ['201 Created'],
  );
  assert.deepEqual(profiles, ['urn:p']);
  assert.equal((await clinic.send('/Condition/c0', token)).status, 200);
  assert.ok(clinic.audit.some(({ target, outcome }) => target === 'Condition/c0' && outcome === 'permitted'));
});

test('L05: what is added is judged like anything that is sent: where it may not be written nothing is, and the place told is that of the sent entry', async () => {
  const { clinic } = await open(addingConditions);
  const token = await clinic.token({ scope: 'patient/Observation.crs' });
  const mine = post(observation('x', 'a', 'laboratory'), 'Observation');
  const response = await clinic.send('/', token, bundle(mine, mine));
  assert.equal(response.status, 403);
  const { issue } = (await response.json()) as { issue: { expression: string[] }[] };
  assert.deepEqual(issue[0]?.expression, ['Bundle.entry[0]']);
  const found = (await (await clinic.send('/Observation?_summary=count', token)).json()) as { total: number };
  assert.equal(found.total, 1, 'the one that was there before');
});

test('L05: a create by itself can be made more of, and is answered as the create that it is', async () => {
  const { clinic, token } = await open(addingConditions);
  const made = await clinic.send('/Observation', token, sending('POST', observation('x', 'a', 'laboratory')));
  assert.equal(made.status, 201);
  assert.match(made.headers.get('location') ?? '', /\/Observation\/[^/]+\/_history\/1$/);
  assert.equal(((await made.json()) as { resourceType: string }).resourceType, 'Observation');
  assert.equal((await clinic.send('/Condition/c0', token)).status, 200);
  const unread = await clinic.send('/Observation', token, sending('POST', '{'));
  assert.equal(unread.status, 400);
});

test('L05: what is found wrong is told only to whom the write is permitted', async () => {
  const { clinic, token } = await open(async ({ entries }) =>
    entries.map((entry) => ({ entry, fault: fhirError(422, 'business-rule', 'nobody knows this patient') })),
  );
  const write = sending('POST', observation('x', 'a', 'laboratory'));
  const told = await clinic.send('/Observation', token, write);
  assert.equal(told.status, 422);
  const other = await clinic.token({ scope: 'patient/Condition.crs' });
  assert.equal((await clinic.send('/Observation', other, write)).status, 403);
  assert.equal((await clinic.send('/', other, bundle(post({}, 'Observation')))).status, 403);
  assert.equal((await clinic.send('/', token, bundle(post(observation('x', 'a', 'l'), 'Observation')))).status, 422);
});
