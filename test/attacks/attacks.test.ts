/** Attacks of RFC 9700 and their like: each fails, and succeeds once the line that stops it is taken out. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { TestDomain } from '@affinity/authorization-server/testing/domain.ts';
import { importBroken } from '../hostile/broken-modules.ts';
import { mutated } from '../hostile/mutations.ts';
import type { Outcome } from './play-attack.ts';
import { type RemovedDefence, removedDefences } from './removed-defences.ts';

type Playing = typeof import('./play-attack.ts');
const { attacks } = await import('./attacks.ts');
const { startDomain } = await import('@affinity/authorization-server/testing/domain.ts');

const root = join(import.meta.dirname, '../..');

suite('attacks', () => {
  const ends: (() => Promise<void>)[] = [];
  let domain: TestDomain;
  before(async () => {
    domain = await startDomain({ after: (work) => void ends.unshift(work) });
  });
  after(async () => {
    for (const end of ends) await end();
  });
  for (const { name, section, run } of attacks) test(`${name} (${section})`, () => run(domain));
});

const playWithout = async (removed: RemovedDefence): Promise<Outcome> => {
  const broken = await importBroken(pathToFileURL(join(import.meta.dirname, 'play-attack.ts')).href, removed);
  return (broken as Playing).playAttack(removed.attack);
};

test('every removed defence is a text that stands exactly once in its file, and belongs to an attack', () => {
  for (const removed of removedDefences) mutated(removed, readFileSync(join(root, removed.file), 'utf8'));
  const tried = new Set(attacks.map(({ name }) => name));
  assert.equal(tried.size, attacks.length);
  assert.deepEqual(
    removedDefences.filter(({ attack }) => !tried.has(attack)).map(({ name }) => name),
    [],
  );
});

test('each attack succeeds once its defence is taken out', async () => {
  const left = [...removedDefences];
  const unfelt: string[] = [];
  const lane = async (): Promise<void> => {
    for (let removed = left.shift(); removed !== undefined; removed = left.shift()) {
      const outcome = await playWithout(removed);
      if (outcome.kind === 'withstood') unfelt.push(`${removed.name}: the attack still fails`);
      if (outcome.kind === 'broken') unfelt.push(`${removed.name}: ${outcome.why}`);
    }
  };
  await Promise.all([lane(), lane()]);
  assert.deepEqual(unfelt, []);
});
