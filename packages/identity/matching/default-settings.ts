/** Matching as it goes where nothing is configured: the model is learned by generate-default-model.ts. */
import { kinds, levels } from './comparison.ts';
import learned from './definitions/default-model.json' with { type: 'json' };
import type { MatchingModel, MatchingSettings, Odds, Weights } from './settings.ts';

const oddsOf = (given: readonly number[]): Odds => {
  const [one, household, strangers] = given;
  if (one === undefined || household === undefined || strangers === undefined)
    throw new RangeError('default-model.json: three probabilities for each level');
  return [one, household, strangers];
};

/** Every level of every kind, or it is not a model. */
const readWeights = (given: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>): Weights =>
  Object.fromEntries(
    kinds.map((kind) => [
      kind,
      Object.fromEntries(levels[kind].map((level) => [level, oddsOf(given[kind]?.[level] ?? [])])),
    ]),
  ) as Weights;

const model: MatchingModel = { ...learned, weights: readWeights(learned.weights) };

export const defaultMatching: MatchingSettings = Object.freeze({
  onePerPerson: ['http://hl7.org/fhir/sid/us-ssn'],
  thresholds: { certain: 3, probable: 0, possible: -5 },
  records: 100_000,
  model,
  neighbours: 10,
});
