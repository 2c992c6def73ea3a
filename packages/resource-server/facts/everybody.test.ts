/** The Consents of everybody: read once, and then only what has changed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PatientConsents } from '@affinity/policy/facts.ts';
import { createEverybody } from './everybody.ts';
import { FactsUnavailable } from './unavailable.ts';

const faulty: PatientConsents = { consents: [], faulty: true };
const without: PatientConsents = { consents: [], faulty: false };

/** `stands`: the patients of whom there is something; `during` is called within every reading. */
const world = (stands: Set<string>, during: () => void = () => {}) => {
  const counts = { scans: 0, loads: [] as string[][], tooMany: false, time: 1000 };
  const everybody = createEverybody({
    now: () => counts.time,
    scan: async () => {
      counts.scans += 1;
      const found = new Map([...stands].map((patient) => [patient, faulty]));
      during();
      await null;
      return counts.tooMany ? 'too-many' : found;
    },
    of: async (patients) => {
      counts.loads.push([...patients]);
      const found = new Map(patients.map((patient) => [patient, stands.has(patient) ? faulty : without]));
      during();
      await null;
      return found;
    },
  });
  return { everybody, counts };
};

test('fifty at once read once; after a change only what has changed is read', async () => {
  const stands = new Set(['a', 'b']);
  const { everybody, counts } = world(stands);
  const all = await Promise.all(Array.from({ length: 50 }, () => everybody.all()));
  assert.equal(counts.scans, 1);
  assert.equal(new Set(all).size, 1, 'the same map');
  stands.delete('a');
  stands.add('c');
  for (const patient of ['a', 'c']) everybody.forget(patient);
  assert.deepEqual([...(await everybody.all()).keys()], ['b', 'c']);
  assert.deepEqual([...(all[0]?.keys() ?? [])], ['a', 'b'], 'what an earlier request was given stays as it was');
  assert.deepEqual([counts.scans, counts.loads], [1, [['a', 'c']]]);
});

test('who asks while a change is caught up with is not given what stood before it', async () => {
  const stands = new Set(['a']);
  const { everybody, counts } = world(stands);
  await everybody.all();
  stands.add('b');
  everybody.forget('b');
  const all = await Promise.all([everybody.all(), everybody.all()]);
  assert.deepEqual(
    all.map((one) => one.size),
    [2, 2],
  );
  assert.deepEqual(counts.loads, [['b']]);
});

test('what changes while it is read is read again before anybody is given it', async () => {
  const stands = new Set(['a']);
  let changes = 2;
  const { everybody, counts } = world(stands, () => {
    if (changes-- <= 0) return;
    stands.add(`new-${changes}`);
    everybody.forget(`new-${changes}`);
  });
  assert.deepEqual([...(await everybody.all()).keys()].sort(), ['a', 'new-0', 'new-1']);
  assert.deepEqual(counts.loads, [['new-1'], ['new-0']]);
});

test('a reading during which everything was forgotten counts for nothing', async () => {
  const stands = new Set(['a']);
  let once = true;
  const { everybody, counts } = world(stands, () => {
    if (!once) return;
    once = false;
    stands.delete('a');
    everybody.forgetAll();
  });
  assert.deepEqual([...(await everybody.all()).keys()], []);
  assert.equal(counts.scans, 2);
});

test('E82: what changes without end is no answer; nor is a part of too many', async () => {
  const { everybody } = world(new Set(), () => everybody.forget('a'));
  await assert.rejects(everybody.all(), FactsUnavailable);
  const { everybody: many, counts } = world(new Set());
  counts.tooMany = true;
  await assert.rejects(many.all(), FactsUnavailable);
  await assert.rejects(many.all(), FactsUnavailable);
  assert.equal(counts.scans, 1, 'not read again for every request');
  counts.time += 30_000;
  counts.tooMany = false;
  assert.equal((await many.all()).size, 0);
});
