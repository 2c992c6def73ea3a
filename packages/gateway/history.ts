/**
 * The history of one resource, newest first: each version judged by its own content and by the current one, a deletion by
 * the content before it, and pages cut after that. FHIR R4 http.html#history.
 */
import type { HistoryEntry, HistoryResult } from '@affinity/core/fhir/backend.ts';
import type { Filter } from '@affinity/core/fhir/filter.ts';
import type { HistoryPage } from '@affinity/core/fhir/interaction.ts';
import { createBudget } from './budget.ts';
import { isHeld, type JudgeOne, type Reading, toDeletion } from './current.ts';
import type { Around } from './fetch.ts';
import type { GatewayLimits } from './limits.ts';
import { printPlace, readPlace } from './page-place.ts';
import type { Report } from './report.ts';
import { signalOf } from './request-context.ts';
import type { At, Source, SourceHistory } from './source.ts';
import { toVersion } from './version.ts';
import { circle } from './walk.ts';

/** Behind a version of the page that begins at the cursor. */
interface HistoryPlace {
  readonly cursor?: string;
  readonly behind: string;
  /** when the version was replaced that comes next */
  readonly until: number;
}
type Entry = SourceHistory['entries'][number];
interface Placed {
  readonly entry: Entry;
  readonly place: HistoryPlace;
  /** epoch milliseconds: when the next version took its place */
  readonly until: number;
}

export const createHistoryInstance = (options: {
  readonly source: Source;
  readonly reading: Reading;
  readonly judgeOne: JudgeOne;
  readonly report: Report;
  readonly limits: GatewayLimits;
}) => {
  const { source, reading, judgeOne, report, limits } = options;

  /** Every entry behind the place, one after another, as the foreign system gives them. */
  const walk = async function* (at: At, count: number, from: HistoryPlace | undefined, around: Around) {
    const visited = new Set<string>();
    let cursor = from?.cursor;
    let { behind, until = Number.POSITIVE_INFINITY } = from ?? {};
    for (;;) {
      around.signal?.throwIfAborted();
      if (cursor !== undefined) visited.add(cursor);
      const page = { count, ...(cursor === undefined ? {} : { before: cursor }) };
      const history = await source.historyInstance?.({ ...at, page }, around.signal);
      if (history === undefined || history === 'absent') return;
      around.budget.spend(Math.max(1, history.entries.length));
      for (const entry of history.entries) {
        const { versionId, lastUpdated, type, id } = entry.version;
        if (type !== at.type || id !== at.id) continue;
        if (behind !== undefined) {
          if (versionId === behind) behind = undefined;
          continue;
        }
        const ended = until;
        until = Date.parse(lastUpdated);
        const place = { ...(cursor === undefined ? {} : { cursor }), behind: versionId, until };
        yield { entry, place, until: ended } satisfies Placed;
      }
      const { next } = history;
      if (next === undefined) return;
      if (next === cursor || visited.has(next)) throw circle(source, at.type, report);
      cursor = next;
    }
  };

  const isOfTime = ({ entry, until }: Placed, { since, at }: HistoryPage): boolean => {
    const start = Date.parse(entry.version.lastUpdated);
    return (
      (since === undefined || start >= Date.parse(since)) && (at === undefined || (start < at.end && until > at.start))
    );
  };

  return async (
    { page, type, id }: At & { readonly page: HistoryPage },
    filter: Filter,
    given?: AbortSignal,
  ): Promise<HistoryResult> => {
    const signal = signalOf(given);
    signal?.throwIfAborted();
    const at = { type, id };
    if (source.historyInstance === undefined) return { kind: 'absent' };
    if ((await reading.current(at, filter, signal)).kind === 'absent') return { kind: 'absent' };
    const around: Around = { budget: createBudget(limits.scannedMost), signal };
    const { count } = page;
    const shown: { readonly entry: HistoryEntry; readonly place: HistoryPlace }[] = [];
    // A deletion waits for the content before it, which comes next.
    let deletions: Placed[] = [];
    const from = readPlace<HistoryPlace>(page.before);
    for await (const placed of walk(at, count + 2, from, around)) {
      const { entry, place } = placed;
      const { version } = entry;
      if (!isHeld(version)) {
        deletions.push(placed);
        continue;
      }
      const facts = await judgeOne(version, filter, around);
      if (facts !== undefined) {
        for (const each of deletions)
          if (isOfTime(each, page))
            shown.push({ entry: { method: 'DELETE', version: toDeletion(each.entry.version) }, place: each.place });
        if (isOfTime(placed, page))
          shown.push({ entry: { method: entry.method, version: toVersion(version, facts) }, place });
      }
      deletions = [];
      if (shown.length > count) break;
    }
    const last = shown[count - 1];
    return {
      kind: 'history',
      entries: shown.slice(0, count).map(({ entry }) => entry),
      ...(shown.length > count && last !== undefined ? { next: printPlace(last.place) } : {}),
    };
  };
};
