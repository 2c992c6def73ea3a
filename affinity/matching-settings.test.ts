/** `matching` of affinity.yaml: each setting at its bound and one past it, and a model that was learned. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultMatching } from '@affinity/identity/matching/default-settings.ts';
import { learnFromIndex } from '@affinity/identity/matching/learning-from-index.ts';
import { createMatcher } from '@affinity/identity/matching/matcher.ts';
import { population } from '@affinity/identity/testing/population.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { parse } from 'yaml';
import { matching, matchingOf } from './matching-settings.ts';

test('K33: weights, thresholds and bounds of matching are settings, each with its bounds; nothing set is what is shipped', () => {
  assert.deepEqual(matchingOf(matching.parse(undefined)), defaultMatching);
  const takes = (given: object) => matching.safeParse(given).success;
  assert.ok(takes({ neighbours: 1 }) && takes({ neighbours: 1000 }));
  assert.ok(!takes({ neighbours: 0 }) && !takes({ neighbours: 1001 }));
  assert.ok(takes({ records: 100 }) && takes({ records: 1_000_000_000 }));
  assert.ok(!takes({ records: 99 }) && !takes({ records: 1_000_000_001 }));
  assert.ok(takes({ certain: 60 }) && !takes({ certain: 61 }));
  assert.ok(takes({ possible: -60 }) && !takes({ possible: -61 }));
  assert.ok(takes({ certain: 5, probable: 5, possible: 5 }));
  assert.ok(!takes({ certain: 4, probable: 5 }) && !takes({ probable: -6 }));
  assert.ok(takes({ one_per_person: [] }) && !takes({ one_per_person: [''] }));
  const { model } = defaultMatching;
  assert.ok(takes({ model }));
  assert.ok(!takes({ model: { ...model, weights: { ...model.weights, gender: { same: [0.5, 0.5, 0.5] } } } }));
  assert.ok(
    !takes({
      model: { ...model, weights: { ...model.weights, gender: { same: [0, 0.5, 0.5], different: [0.5, 0.5, 0.5] } } },
    }),
  );
});

test('K33: what is learned from the index is a model that the settings take, and it tells people apart', async (t) => {
  const { pool } = await testDatabase(t);
  const place = { base: 'https://source.example/fhir' };
  const records = population(21, 400).map(({ id, patient }) => ({ place: { ...place, patient: id }, patient }));
  await createMatcher(defaultMatching).index(pool, records);
  const learned = await learnFromIndex(pool, defaultMatching, 300);
  assert.deepEqual([learned.records, learned.looked], [400, 300]);
  const read = matching.parse(parse(`records: 400\nmodel: ${JSON.stringify(learned.model)}`));
  const { same, different } = matchingOf(read).model.weights.birthDate;
  assert.ok(same[0] > 0.5 && same[0] > different[0] && different[2] > same[2]);
});
