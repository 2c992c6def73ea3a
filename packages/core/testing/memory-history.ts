/** Histories of the backend in memory: newest first, each version judged by its own content and by the current one. FHIR R4 http.html#history. */
import type { FilterOf, HistoryOf, HistoryResult } from '../fhir/backend.ts';
import type { Filter } from '../fhir/filter.ts';
import type { HistoryPage } from '../fhir/interaction.ts';
import type { ResourceFacts } from '../fhir/resource-facts.ts';
import type { Records, Stored } from './memory-records.ts';

type Evaluate = (filter: Filter, facts: ResourceFacts) => boolean;
type History = Extract<HistoryResult, { kind: 'history' }>;

/** Versions of one resource that were current at some time of the range; all without one. */
const ofTime = (versions: readonly Stored[], { since, at }: HistoryPage): readonly Stored[] =>
  versions.filter(({ version }, i) => {
    const from = Date.parse(version.lastUpdated);
    const next = versions[i + 1];
    const until = next === undefined ? Number.POSITIVE_INFINITY : Date.parse(next.version.lastUpdated);
    return (
      (since === undefined || from >= Date.parse(since)) && (at === undefined || (from < at.end && until > at.start))
    );
  });

const page = (found: readonly Stored[], { count, before }: HistoryPage): History => {
  const rest = found
    .filter(({ position }) => before === undefined || position < Number(before))
    .toSorted((a, b) => b.position - a.position);
  const shown = rest.slice(0, count);
  const last = shown.at(-1);
  return {
    kind: 'history',
    entries: shown.map(({ method, version }) => ({ method, version })),
    ...(rest.length > shown.length && last !== undefined ? { next: String(last.position) } : {}),
  };
};

export const instanceHistory = (
  versions: readonly Stored[],
  wanted: HistoryPage,
  filter: Filter,
  evaluate: Evaluate,
): HistoryResult =>
  versions.length === 0
    ? { kind: 'absent' }
    : page(
        ofTime(versions, wanted).filter(({ facts }) => evaluate(filter, facts)),
        wanted,
      );

export const historyOf = (
  records: Records,
  { types, page: wanted }: HistoryOf,
  filterOf: FilterOf,
  evaluate: Evaluate,
): History => {
  const found = types.flatMap((type) => {
    const filter = filterOf(type);
    return records.all([type]).flatMap((versions) => {
      const last = versions.at(-1);
      if (last === undefined || !evaluate(filter, last.facts)) return [];
      return ofTime(versions, wanted).filter(({ facts }) => evaluate(filter, facts));
    });
  });
  return page(found, wanted);
};
