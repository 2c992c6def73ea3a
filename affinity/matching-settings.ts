/** `matching` of affinity.yaml: how two records become one person. docs/decisions/0031-matching.md, docs/matching.md. */
import { kinds, levels } from '@affinity/identity/matching/comparison.ts';
import { defaultMatching } from '@affinity/identity/matching/default-settings.ts';
import type { MatchingSettings, Weights } from '@affinity/identity/matching/settings.ts';
import { z } from 'zod';

const share = z.number().gt(0).max(1);
const weight = (otherwise: number) => z.number().min(-60).max(60).default(otherwise);
const names = z.strictObject({
  average: share,
  rare: share,
  shares: z.record(z.string().max(100), share).refine((given) => Object.keys(given).length <= 10_000, 'at most 10,000'),
});
const odds = z.tuple([share, share, share]);

/** Every level of every kind of evidence, or none: half a model would weigh what it leaves out as nothing. */
const weights = z.strictObject(
  Object.fromEntries(
    kinds.map((kind) => [kind, z.strictObject(Object.fromEntries(levels[kind].map((level) => [level, odds])))]),
  ),
);

const weighed = weights.transform((given) => given as unknown as Weights);
const model = z.strictObject({
  others: z.strictObject({ one: z.number().gt(0).max(1000), household: z.number().gt(0).max(1000) }),
  weights: weighed,
  given: names,
  family: names,
});

const { thresholds, records, neighbours } = defaultMatching;

export const matching = z
  .strictObject({
    /** identifier systems by which a person has one number at most: two different ones are two persons */
    one_per_person: z
      .array(z.string().min(1).max(256))
      .max(100)
      .default([...defaultMatching.onePerPerson]),
    /** least log2 of the odds of each grade */
    certain: weight(thresholds.certain),
    probable: weight(thresholds.probable),
    possible: weight(thresholds.possible),
    /** about how many records the domain has */
    records: z.int().min(100).max(1_000_000_000).default(records),
    /** records that are looked at for one blocking key, in each of two directions */
    neighbours: z.int().min(1).max(1000).default(neighbours),
    /** what `affinity matching learn` prints */
    model: model.optional(),
  })
  .prefault({})
  .refine(({ certain, probable, possible }) => certain >= probable && probable >= possible, {
    message: 'certain is at least probable, and probable at least possible',
  });

export const matchingOf = (given: z.infer<typeof matching>): MatchingSettings => ({
  onePerPerson: given.one_per_person,
  thresholds: { certain: given.certain, probable: given.probable, possible: given.possible },
  records: given.records,
  neighbours: given.neighbours,
  model: given.model ?? defaultMatching.model,
});
