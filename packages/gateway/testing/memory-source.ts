/**
 * A foreign system in memory, for tests: it answers rightly, or wrongly in the ways that foreign systems do. FHIR R4 http.html.
 */
import type { HistoryEntry, TypeCapability } from '@affinity/core/fhir/backend.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import { matches } from '@affinity/core/fhir/matches.ts';
import type { Content, Resource } from '@affinity/core/fhir/resource.ts';
import { standardCapabilities } from '@affinity/core/testing/memory-capability.ts';
import { instanceHistory } from '@affinity/core/testing/memory-history.ts';
import { cutPage } from '@affinity/core/testing/memory-order.ts';
import { createRecords, hasBody, type Stored } from '@affinity/core/testing/memory-records.ts';
import type { Deleted, Found, Held, Source, SourceWrite, StagedWrite, Wanted } from '../source.ts';

/** What it does wrong. */
export interface Misbehaviour {
  /** parameters that it passes over, as a lenient server does with those that it does not know */
  readonly ignores?: (param: string) => boolean;
  /** how many resources a page holds, whatever was asked for */
  readonly pageSize?: (wanted: Wanted) => number;
  /** its last page leads to the first */
  readonly loops?: boolean;
  /** its last page says that there is another, which is empty */
  readonly liesOfNext?: boolean;
  /** every page repeats the last resource of the one before */
  readonly repeats?: boolean;
  /** every page holds these as well */
  readonly adds?: (wanted: Wanted) => readonly Resource[];
  /** a read gives this in place of what was asked for */
  readonly mistakes?: (at: { readonly type: string; readonly id: string }) => string | undefined;
  /** happens before each answer */
  readonly before?: () => Promise<void>;
}
export interface MemorySource extends Source {
  /** what was asked, in order */
  readonly asked: Wanted[];
  put(resource: Resource, id: string): void;
  remove(type: string, id: string): void;
}

const always = () => true;
/** HL7's own, without what a source does not say. */
const capabilities: readonly TypeCapability[] = standardCapabilities.map(
  ({ includes: _, revIncludes: __, ...capability }) => capability,
);

const toHeld = (version: HistoryEntry['version']): Held | Deleted =>
  hasBody(version) ? { ...version, resource: JSON.parse(version.body) as Resource } : version;
const heldOf = (resource: Resource): Held => {
  const version = { versionId: '1', lastUpdated: '2020-01-01T00:00:00.000Z' };
  return { type: resource.resourceType, id: resource.id ?? '', ...version, resource, body: JSON.stringify(resource) };
};

export const createMemorySource = (
  options: Misbehaviour & {
    readonly capabilities?: readonly TypeCapability[];
    /** keeps earlier versions */
    readonly history?: boolean;
    readonly writes?: boolean;
    readonly transactions?: boolean;
    readonly now?: () => number;
  } = {},
): MemorySource => {
  const { history = true, writes = true, transactions = true, before, ignores = () => false } = options;
  const now = options.now === undefined ? {} : { now: options.now };
  let records = createRecords({ evaluate: always, ...now });
  const asked: Wanted[] = [];
  const wait = async (signal?: AbortSignal): Promise<void> => {
    signal?.throwIfAborted();
    await before?.();
    signal?.throwIfAborted();
  };
  const contentOf = (resource: Resource): Content => ({ resource, json: JSON.stringify(resource) });

  const find = (wanted: Wanted): Found => {
    const { type, sort } = wanted;
    const cursor = wanted.cursor === 'again' ? undefined : wanted.cursor;
    const clauses = wanted.clauses.filter(({ param }) => !ignores(param));
    const found = records
      .currents(type, everything)
      .filter(({ facts, version }) => matches({ type, clauses }, facts, version.lastUpdated));
    const count = options.pageSize?.(wanted) ?? wanted.count;
    if (cursor === 'nothing') return { found: [] };
    const page = cutPage(found, { sort, count, total: 'none', ...(cursor === undefined ? {} : { cursor }) });
    const held = page.matches.map(toHeld) as Held[];
    const earlier =
      options.repeats === true && page.previous !== undefined
        ? cutPage(found, { sort, count: 1, total: 'none', cursor: page.previous })
        : undefined;
    const added = (options.adds?.(wanted) ?? []).map(heldOf);
    const next = page.next ?? (options.loops === true ? 'again' : options.liesOfNext === true ? 'nothing' : undefined);
    return {
      found: [...((earlier?.matches ?? []).map(toHeld) as Held[]), ...held, ...added],
      ...(next === undefined ? {} : { next }),
    };
  };

  const write = (staged: StagedWrite): SourceWrite => {
    const at = { type: staged.type, id: staged.id };
    const versions = records.versionsOf(at);
    const taken =
      staged.kind === 'create' ? versions.length > 0 : versions.at(-1)?.version.versionId !== staged.ifMatch;
    if (taken) return { kind: 'conflict' };
    const { version } = records.add(at, staged.kind === 'delete' ? undefined : staged.content);
    return hasBody(version)
      ? { kind: 'written', version: toHeld(version) as Held }
      : { kind: 'deleted', deletion: version };
  };
  const asRead = (stored: Stored | undefined) => {
    if (stored === undefined) return { kind: 'absent' } as const;
    const version = toHeld(stored.version);
    return 'resource' in version ? ({ kind: 'found', version } as const) : ({ kind: 'deleted' } as const);
  };

  return {
    name: 'memory',
    asked,
    capabilities: options.capabilities ?? capabilities,
    async read(at, signal) {
      await wait(signal);
      const id = options.mistakes?.(at) ?? at.id;
      return asRead(records.versionsOf({ ...at, id }).at(-1));
    },
    async find(wanted, signal) {
      asked.push(wanted);
      await wait(signal);
      return find(wanted);
    },
    ...(history
      ? {
          async vread({ versionId, ...at }, signal) {
            await wait(signal);
            return asRead(records.versionsOf(at).find(({ version }) => version.versionId === versionId));
          },
          async historyInstance({ page, ...at }, signal) {
            await wait(signal);
            const result = instanceHistory(records.versionsOf(at), page, everything, always);
            if (result.kind === 'absent') return 'absent';
            const entries = result.entries.map(({ method, version }) => ({ method, version: toHeld(version) }));
            return { entries, ...(result.next === undefined ? {} : { next: result.next }) };
          },
        }
      : {}),
    ...(writes
      ? {
          writer: {
            async write(staged) {
              await wait();
              return write(staged);
            },
            ...(transactions
              ? {
                  async transact(staged) {
                    await wait();
                    const kept = records.copy();
                    const results = staged.map(write);
                    if (!results.some(({ kind }) => kind === 'conflict')) return results;
                    records = kept;
                    return 'conflict';
                  },
                }
              : {}),
          },
        }
      : {}),
    put(resource, id) {
      records.add({ type: resource.resourceType, id }, contentOf(resource));
    },
    remove(type, id) {
      records.add({ type, id }, undefined);
    },
  };
};
