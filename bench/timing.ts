/**
 * Whether the time of an answer tells a hidden id from an absent one: both are asked for in turns, in every way in which one
 * can ask for an id, and the two samples are compared by rank (Mann and Whitney 1947). FHIR R4 security.html#AccessDenied.
 */
import { startTestCluster } from '@affinity/store/testing/cluster.ts';
import { testDatabaseOn } from '@affinity/store/testing/template-database.ts';
import { openClinic, patientClaims, type StandingClinic, sending } from '../test/clinic/clinic.ts';
import { createDice } from '../test/proofs/dice.ts';
import { median } from './figures.ts';

export interface Comparison {
  readonly way: string;
  /** milliseconds */
  readonly hidden: number;
  readonly absent: number;
  /** how often a hidden one takes longer than an absent one; 0.5: nothing is told */
  readonly longer: number;
  /** how far that is from 0.5 in standard deviations of chance */
  readonly z: number;
}

const observation = (id: string, patient: string) => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ system: 'urn:codes', code: `c-${id}` }] },
  subject: { reference: `Patient/${patient}` },
  effectiveDateTime: '2026-03-04',
});

interface Way {
  readonly name: string;
  readonly ask: (id: string) => readonly [path: string, init: RequestInit];
}
const ways: readonly Way[] = [
  { name: 'read', ask: (id) => [`/Observation/${id}`, {}] },
  { name: 'vread', ask: (id) => [`/Observation/${id}/_history/1`, {}] },
  { name: 'history', ask: (id) => [`/Observation/${id}/_history`, {}] },
  { name: 'update', ask: (id) => [`/Observation/${id}`, sending('PUT', observation(id, 'a'))] },
  { name: 'delete', ask: (id) => [`/Observation/${id}`, { method: 'DELETE' }] },
  { name: 'search by _id', ask: (id) => [`/Observation?_id=${id}`, {}] },
  { name: 'search by code', ask: (id) => [`/Observation?code=c-${id}`, {}] },
  { name: '_has', ask: (id) => [`/Patient?_has:Observation:subject:code=c-${id}`, {}] },
];

/** Mann and Whitney's U of the first sample as a share of all pairs, and its distance from chance. */
export const compareRanks = (one: readonly number[], other: readonly number[]): { share: number; z: number } => {
  const all = [...one.map((value) => ({ value, own: true })), ...other.map((value) => ({ value, own: false }))];
  all.sort((a, b) => a.value - b.value);
  let ranks = 0;
  for (let from = 0; from < all.length; ) {
    let until = from;
    while (all[until]?.value === all[from]?.value) until += 1;
    const rank = (from + 1 + until) / 2;
    ranks += rank * all.slice(from, until).filter(({ own }) => own).length;
    from = until;
  }
  const pairs = one.length * other.length;
  const u = ranks - (one.length * (one.length + 1)) / 2;
  const deviation = Math.sqrt((pairs * (one.length + other.length + 1)) / 12);
  return { share: u / pairs, z: (u - pairs / 2) / deviation };
};

const fill = async ({ backend }: StandingClinic, ids: readonly string[]): Promise<void> => {
  const store = (resource: { readonly resourceType: string; readonly id: string }) =>
    backend.create({
      type: resource.resourceType,
      id: resource.id,
      content: { resource, json: JSON.stringify(resource) },
    });
  for (const id of ['a', 'b']) await store({ resourceType: 'Patient', id });
  for (const [at, id] of ids.entries()) {
    await store(observation(id, 'b'));
    if (at % 10 === 0) await store(observation(`own-${at}`, 'a'));
  }
};

/** @param count of hidden ids, and of absent ones, that are asked for in each way */
export const measureTiming = async (count: number, told: (comparison: Comparison) => void): Promise<void> => {
  const cluster = await startTestCluster();
  const database = await testDatabaseOn(cluster.url);
  const clinic = await openClinic(database.url, { connections: 4 });
  const dice = createDice(7);
  try {
    const ids = Array.from({ length: count }, (_, at) => `hidden-${at}`);
    await fill(clinic, ids);
    await clinic.pool.query('analyze');
    const token = await clinic.token(patientClaims('a', 'patient/*.cruds'));
    const timeOf = async ({ ask }: Way, id: string): Promise<number> => {
      const [path, init] = ask(id);
      const began = performance.now();
      const answer = await clinic.send(path, token, init);
      await answer.text();
      return performance.now() - began;
    };
    for (const way of ways) {
      const [hidden, absent]: [number[], number[]] = [[], []];
      for (let at = 0; at < 300; at += 1) await timeOf(way, dice.chance(0.5) ? 'hidden-0' : 'absent-0');
      for (const [at, id] of ids.entries()) {
        const other = `absent-${at}`;
        const first = dice.chance(0.5);
        if (first) hidden.push(await timeOf(way, id));
        absent.push(await timeOf(way, other));
        if (!first) hidden.push(await timeOf(way, id));
      }
      const { share, z } = compareRanks(hidden, absent);
      told({ way: way.name, hidden: median(hidden), absent: median(absent), longer: share, z });
    }
  } finally {
    await clinic.close();
    await database.close();
    await cluster.stop();
  }
};
