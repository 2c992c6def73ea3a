/** A model learned from records of which nobody says whose they are. Pure. */
import { compare } from './comparison.ts';
import type { Demographics } from './demographics.ts';
import { chancePairs, pairsOf } from './pairing.ts';
import type { MatchingModel, MatchingSettings } from './settings.ts';
import { countShares, roundOdds, trainWeights } from './training.ts';

/** How much is compared by chance, and how many names are told by themselves. */
const drawn = 60_000;
const names = { given: 100, family: 150 } as const;

export const learnModel = (
  people: readonly Demographics[],
  settings: MatchingSettings,
  strangers = drawn,
): MatchingModel => {
  const compareAll = function* (pairs: Iterable<readonly [number, number]>) {
    for (const [one, other] of pairs) {
      const [here, there]: readonly (Demographics | undefined)[] = [people[one], people[other]];
      if (here !== undefined && there !== undefined) yield compare(here, there, settings);
    }
  };
  const { others, weights } = trainWeights(
    {
      candidates: compareAll(pairsOf(people, settings.neighbours)),
      strangers: compareAll(chancePairs(people.length, strangers)),
      records: people.length,
    },
    settings.model,
  );
  return {
    others,
    weights,
    given: countShares(people, 'given', names.given),
    family: countShares(people, 'family', names.family),
  };
};

/** As it is written into a file: three digits each. */
export const roundModel = ({ others, weights, given, family }: MatchingModel): MatchingModel => ({
  others: { one: Number(others.one.toPrecision(3)), household: Number(others.household.toPrecision(3)) },
  weights: Object.fromEntries(
    Object.entries(weights).map(([kind, levels]) => [
      kind,
      Object.fromEntries(Object.entries(levels).map(([level, odds]) => [level, roundOdds(odds)])),
    ]),
  ) as MatchingModel['weights'],
  given,
  family,
});
