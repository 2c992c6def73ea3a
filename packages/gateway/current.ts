/**
 * The current state of one resource, as far as it may be seen. One that was deleted is judged by its last content, and
 * where that is not known it is as if it had never been. FHIR R4 http.html#read, #vread; security.html#AccessDenied.
 */
import type { Deletion, ReadResult } from '@affinity/core/fhir/backend.ts';
import type { Filter } from '@affinity/core/fhir/filter.ts';
import type { ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import type { Admit } from './admit.ts';
import { createBudget } from './budget.ts';
import type { Around, Fetch } from './fetch.ts';
import type { KnowOthers } from './known-others.ts';
import type { GatewayLimits } from './limits.ts';
import { signalOf } from './request-context.ts';
import type { At, Deleted, Held, Source, SourceHistory } from './source.ts';
import { toVersion } from './version.ts';

export type Current =
  | { readonly kind: 'found'; readonly held: Held; readonly facts: ResourceFacts }
  /** `last`: the content before */
  | { readonly kind: 'deleted'; readonly deletion: Deletion; readonly last: Held }
  | { readonly kind: 'absent' };

const absent = { kind: 'absent' } as const;

/** Only what is told of a deletion. */
export const toDeletion = ({ type, id, versionId, lastUpdated }: Deleted): Deletion => ({
  type,
  id,
  versionId,
  lastUpdated,
});
export const isHeld = (version: Held | Deleted): version is Held => 'resource' in version;

export type JudgeOne = (held: Held, filter: Filter, around: Around) => Promise<ResourceFacts | undefined>;

export const createJudgeOne =
  ({ admit, knowOthers }: { readonly admit: Admit; readonly knowOthers: KnowOthers }): JudgeOne =>
  async (held, filter, around) => {
    const others = await knowOthers([held.resource], around);
    const { facts, isShown } = admit({ type: held.type, filter, clauses: [] })(held, others);
    return isShown ? facts : undefined;
  };

export interface Reading {
  current(at: At, filter: Filter, signal?: AbortSignal): Promise<Current>;
  read(at: At, filter: Filter): Promise<ReadResult>;
  vread(at: At & { readonly versionId: string }, filter: Filter): Promise<ReadResult>;
}

export const createReading = (options: {
  readonly source: Source;
  readonly fetch: Fetch;
  readonly judgeOne: JudgeOne;
  readonly limits: GatewayLimits;
}): Reading => {
  const { source, fetch, judgeOne, limits } = options;
  const aroundOf = (given?: AbortSignal): Around => ({
    budget: createBudget(limits.scannedMost),
    signal: signalOf(given),
  });

  /** Where it cannot be had, a failure would tell that something was there: that is known to the operator alone. */
  const newest = async (at: At, { signal }: Around): Promise<SourceHistory | 'absent' | undefined> => {
    try {
      return await source.historyInstance?.({ ...at, page: { count: 2 } }, signal);
    } catch {
      signal?.throwIfAborted();
      return undefined;
    }
  };

  /** The newest entries of its history tell what was deleted. */
  const deleted = async (at: At, filter: Filter, around: Around): Promise<Current> => {
    const history = await newest(at, around);
    if (history === undefined || history === 'absent') return absent;
    const [deletion, before] = history.entries;
    if (deletion === undefined || before === undefined || isHeld(deletion.version) || !isHeld(before.version))
      return absent;
    if (deletion.version.type !== at.type || deletion.version.id !== at.id) return absent;
    const last = before.version;
    if (last.type !== at.type || last.id !== at.id) return absent;
    const facts = await judgeOne(last, filter, around);
    return facts === undefined ? absent : { kind: 'deleted', deletion: toDeletion(deletion.version), last };
  };

  const currentWithin = async (at: At, filter: Filter, around: Around): Promise<Current> => {
    if (filter.kind === 'nothing') return absent;
    const result = await fetch.read(at, around.signal);
    if (result.kind === 'absent') return absent;
    if (result.kind === 'deleted') return deleted(at, filter, around);
    const facts = await judgeOne(result.version, filter, around);
    return facts === undefined ? absent : { kind: 'found', held: result.version, facts };
  };
  const current: Reading['current'] = ({ type, id }, filter, signal) =>
    currentWithin({ type, id }, filter, aroundOf(signal));

  return {
    current,
    async read(at, filter) {
      const result = await current(at, filter);
      if (result.kind === 'found') return { kind: 'found', version: toVersion(result.held, result.facts) };
      return result.kind === 'deleted' ? { kind: 'deleted', deletion: result.deletion } : absent;
    },
    async vread({ type, id, versionId }, filter) {
      const at = { type, id };
      const around = aroundOf();
      const now = await currentWithin(at, filter, around);
      if (now.kind === 'absent') return absent;
      if (now.kind === 'deleted' && now.deletion.versionId === versionId)
        return { kind: 'deleted', deletion: now.deletion };
      if (now.kind === 'found' && now.held.versionId === versionId)
        return { kind: 'found', version: toVersion(now.held, now.facts) };
      const result = await source.vread?.({ ...at, versionId }, around.signal);
      if (result?.kind !== 'found') return absent;
      const { version } = result;
      if (version.type !== type || version.id !== id || version.versionId !== versionId) return absent;
      const facts = await judgeOne(version, filter, around);
      return facts === undefined ? absent : { kind: 'found', version: toVersion(version, facts) };
    },
  };
};
