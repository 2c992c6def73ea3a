/** Writes definitions/default-model.json: weights learned from a generated population, its truth untold. Run with Node 24. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nationalNumber, population } from '../testing/population.ts';
import { readDemographics } from './demographics.ts';
import { firstGuess } from './first-guess.ts';
import { learnModel, roundModel } from './learning.ts';
import type { MatchingSettings } from './settings.ts';

/** Figures of docs/matching.md are of other seeds than this. */
const [seed, records, strangers] = [1, 20_000, 400_000];

const settings: MatchingSettings = {
  onePerPerson: [nationalNumber],
  thresholds: { certain: 0, probable: 0, possible: 0 },
  records,
  model: firstGuess,
  neighbours: 10,
};
const people = population(seed, records).map(({ patient }) => readDemographics(patient));
const model = roundModel(learnModel(people, settings, strangers));
const text = JSON.stringify(model, null, 1)
  .replace(/\n {3,}/g, ' ')
  .replace(/\n {2}([}\]])/g, ' $1');
writeFileSync(join(import.meta.dirname, 'definitions', 'default-model.json'), `${text}\n`);
console.log(`${records} records of seed ${seed}: ${model.others.one.toFixed(2)} others of one person to a record`);
