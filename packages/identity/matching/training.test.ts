/** Weights learned from data find what the data was made by. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../testing/random.ts';
import type { Comparison } from './comparison.ts';
import { readDemographics } from './demographics.ts';
import { firstGuess } from './first-guess.ts';
import { countShares, trainWeights } from './training.ts';

test('K33: EM finds the probabilities that pairs were drawn by, in any order of the pairs, and never an infinite weight', () => {
  const random = createRandom(4);
  const draw = (given: number, born: number, house: number): Comparison => ({
    given: random.chance(given) ? 'same' : 'different',
    birthDate: random.chance(born) ? 'same' : 'different',
    gender: random.chance(0.5) ? 'same' : 'different',
    middle: random.chance(given) ? 'same' : 'different',
    phone: random.chance(given) ? 'same' : 'different',
    address: random.chance(house) ? 'house' : 'different',
    ...(random.chance(0.5) ? { email: random.chance(given) ? ('same' as const) : ('different' as const) } : {}),
  });
  const kinds = [
    [0.9, 0.85, 0.7],
    [0.02, 0.03, 0.95],
    [0.02, 0.03, 0.01],
    [0.02, 0.03, 0.01],
  ] as const;
  const candidates = Array.from({ length: 11_935 }, (_, at) => {
    const [given, born, house] = kinds[at % 4] ?? kinds[2];
    return draw(given, born, house);
  });
  const strangers = Array.from({ length: 11_935 }, () => draw(...kinds[2]));
  const learned = trainWeights({ candidates, strangers, records: 155 }, firstGuess);
  const near = (found: number | undefined, drawn: number, within: number): void =>
    assert.ok(found !== undefined && Math.abs(found - drawn) < within, `${found} of ${drawn}`);
  near(learned.weights.given.same[0], 0.9, 0.03);
  near(learned.weights.birthDate.same[0], 0.85, 0.03);
  near(learned.weights.address.house[0], 0.7, 0.03);
  near(learned.weights.given.same[2], 0.02, 0.01);
  // All pairs of 155 records. A quarter of them, each of which is another record of the same person to both of its ends.
  near(learned.others.one, (2 * 0.25 * 11_935) / 155, 1);
  const reversed = trainWeights({ candidates: candidates.toReversed(), strangers, records: 155 }, firstGuess);
  assert.deepEqual(reversed, learned);
  for (const levels of Object.values(learned.weights))
    for (const odds of Object.values<readonly number[]>(levels))
      assert.ok(odds.every((share) => share > 0 && share < 1));
  assert.deepEqual(
    trainWeights({ candidates: [], strangers: [], records: 1 }, firstGuess).weights.given.same.length,
    3,
  );
});

test('K33: shares of names: the frequent by themselves, the rest as the rare', () => {
  const names = ['Smith', 'Smith', 'Smith', 'Jones', 'Jones', 'Brandt', 'Adler', 'Wieland'];
  const people = names.map((family) => readDemographics({ resourceType: 'Patient', name: [{ family }] }));
  const shares = countShares(people, 'family', 2);
  assert.deepEqual(shares.shares, { smith: 0.375, jones: 0.25 });
  assert.equal(shares.rare, 0.125);
  assert.equal(shares.average, 0.25);
});
