/** How good certain links are on a small generated population. The large one is measured: docs/matching.md. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nationalNumber, population } from '../testing/population.ts';
import { judgeAt } from '../testing/verdict.ts';
import { compare } from './comparison.ts';
import { defaultMatching } from './default-settings.ts';
import { readDemographics } from './demographics.ts';
import { firstGuess } from './first-guess.ts';
import { weigh } from './grade.ts';
import { learnModel } from './learning.ts';
import { pairsOf } from './pairing.ts';
import type { MatchingModel, MatchingSettings } from './settings.ts';

const size = 2000;
const settingsWith = (model: MatchingModel): MatchingSettings => ({
  ...defaultMatching,
  onePerPerson: [nationalNumber],
  records: size,
  model,
});

const judge = (seed: number, settings: MatchingSettings, threshold: number) => {
  const records = population(seed, size);
  const people = records.map(({ patient }) => readDemographics(patient));
  const pairs = pairsOf(people, settings.neighbours).flatMap(([at, there]) => {
    const [one, other] = [people[at], people[there]];
    if (one === undefined || other === undefined) return [];
    const comparison = compare(one, other, settings);
    const onePerson = records[at]?.person === records[there]?.person;
    return [{ onePerson, comparison, weight: weigh(comparison, one, other, settings) }];
  });
  const counts = new Map<number, number>();
  for (const { person } of records) counts.set(person, (counts.get(person) ?? 0) + 1);
  const truth = [...counts.values()].reduce((sum, count) => sum + (count * (count - 1)) / 2, 0);
  assert.ok(truth > 350, `${truth} pairs of one person`);
  return judgeAt(threshold, pairs, truth, settings);
};

test('K33: of 2,000 people with 20 % duplicates certain links have precision ≥ 0.995 at recall ≥ 0.95, with weights learned by EM from others', () => {
  const people = population(11, size).map(({ patient }) => readDemographics(patient));
  const settings = settingsWith(learnModel(people, settingsWith(firstGuess), 30_000));
  const { precision, recall } = judge(12, settings, defaultMatching.thresholds.certain);
  assert.ok(precision >= 0.995, `precision ${precision}`);
  assert.ok(recall >= 0.95, `recall ${recall}`);
});

test('K33: with the weights that are shipped and the threshold that is shipped it is as good', () => {
  const { precision, recall } = judge(13, settingsWith(defaultMatching.model), defaultMatching.thresholds.certain);
  assert.ok(precision >= 0.995, `precision ${precision}`);
  assert.ok(recall >= 0.95, `recall ${recall}`);
});
