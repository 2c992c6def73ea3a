/**
 * How good matching is, and how fast: a generated population in the index, each record asked about as `$match` would ask.
 * Weights are learned from a population of another seed, whose truth nobody is told. docs/matching.md.
 */

import { defaultMatching } from '@affinity/identity/matching/default-settings.ts';
import { createMatcher, type Match } from '@affinity/identity/matching/matcher.ts';
import type { MatchingSettings } from '@affinity/identity/matching/settings.ts';
import { nationalNumber, population, type Severity } from '@affinity/identity/testing/population.ts';
import { type JudgedPair, judgeAt, type Verdict } from '@affinity/identity/testing/verdict.ts';
import { startEmbedded } from '@affinity/store/postgres/embedded.ts';
import { migrate } from '@affinity/store/postgres/migrate.ts';
import { createPool } from '@affinity/store/postgres/pool.ts';
import { makeDirectory, removeDirectory } from '../test/journeys/domain.ts';
import { median } from './figures.ts';

export interface MatchingFigures {
  readonly severity: Severity;
  readonly records: number;
  readonly asked: number;
  /** records put in per second, one connection, in batches */
  readonly loadedPerSecond: number;
  /** milliseconds of one `$match`, one after another */
  readonly p50: number;
  readonly p99: number;
  /** at growing thresholds */
  readonly curve: readonly Verdict[];
  /** at the threshold that is shipped */
  readonly shipped: Verdict;
  /** pairs of one person that share no blocking key, and so cannot be found */
  readonly unmet: number;
}

const seeds = { ordinary: 2, hard: 3 } as const;
const batch = 500;
const base = 'https://source.example/fhir';
const thresholds = Array.from({ length: 23 }, (_, at) => at - 6);

/** @param asked how many of the records are asked about: those that come first, in an order that is chance */
export const measureMatching = async (severity: Severity, size: number, asked: number): Promise<MatchingFigures> => {
  const directory = makeDirectory();
  const postgres = await startEmbedded({ directory });
  await migrate(postgres.url);
  const pool = createPool({ url: postgres.url, max: 2, onError: () => {} });
  // Everything that was met is judged here, however little speaks for it.
  const settings: MatchingSettings = {
    ...defaultMatching,
    onePerPerson: [nationalNumber],
    records: size,
    thresholds: { ...defaultMatching.thresholds, possible: Number.NEGATIVE_INFINITY },
  };
  const matcher = createMatcher(settings);
  try {
    const records = population(seeds[severity], size, severity);
    const loading = performance.now();
    for (let at = 0; at < records.length; at += batch) {
      const some = records.slice(at, at + batch);
      await matcher.index(
        pool,
        some.map(({ id, patient }) => ({ place: { base, patient: id }, patient })),
      );
    }
    const loadedPerSecond = records.length / ((performance.now() - loading) / 1000);
    await pool.query('vacuum analyze match_record, match_key');
    const people = new Map(records.map(({ id, person }) => [id, person]));
    const counts = new Map<number, number>();
    for (const { person } of records) counts.set(person, (counts.get(person) ?? 0) + 1);
    const pairs: JudgedPair[] = [];
    const times: number[] = [];
    let truth = 0;
    for (const { id, person, patient } of records.slice(0, asked)) {
      const began = performance.now();
      const matches: readonly Match[] = await matcher.match(pool, patient, {
        limit: 1000,
        except: { base, patient: id },
      });
      times.push(performance.now() - began);
      truth += (counts.get(person) ?? 1) - 1;
      for (const { place, weight, comparison } of matches)
        pairs.push({ onePerson: people.get(place.patient) === person, weight, comparison });
    }
    const met = pairs.filter(({ onePerson }) => onePerson).length;
    times.sort((one, other) => one - other);
    return {
      severity,
      records: records.length,
      asked: times.length,
      loadedPerSecond,
      p50: median(times),
      p99: times[Math.floor(times.length * 0.99)] ?? Number.NaN,
      curve: thresholds.map((threshold) => judgeAt(threshold, pairs, truth, settings)),
      shipped: judgeAt(defaultMatching.thresholds.certain, pairs, truth, settings),
      unmet: (truth - met) / truth,
    };
  } finally {
    await pool.end();
    await postgres.stop();
    removeDirectory(directory);
  }
};
