/**
 * Takes many resources in: each batch is one transaction, what is not sound is refused and reported by its reason, and
 * the import carries on. The same import again changes nothing. References are read, but need not lead anywhere.
 */

import { throughElements } from '@affinity/core/fhir/compartment.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type pg from 'pg';
import { createImporting, storeBatch } from './import-batch.ts';
import { type ImportItem, type PreparedResource, prepareItem } from './import-item.ts';

export interface ImportOptions {
  /** the absolute URLs at which the store's resources are known */
  readonly ownBases: readonly string[];
  /** `update` (unless told): what differs becomes a new version; `keep`: what is stored already stays */
  readonly mode?: 'update' | 'keep';
  /** told after each batch */
  readonly onProgress?: (progress: ImportProgress) => void;
  /** resources in one transaction; 1,000 unless told */
  readonly batchSize?: number;
  /** transactions at once; 2 unless told */
  readonly connections?: number;
  /** epoch milliseconds; the system's clock unless told */
  readonly now?: () => number;
}

export interface ImportProgress {
  readonly taken: number;
  readonly refused: number;
}

export interface Refusal {
  readonly reason: string;
  readonly count: number;
  /** where the first of them stood */
  readonly examples: readonly string[];
}

export interface ImportSummary {
  /** created, updated and unchanged together */
  readonly taken: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly refused: readonly Refusal[];
}

const examplesKept = 3;
const reasonsKept = 100;

/** Counts refusals by reason. Input decides the reasons, so beyond a hundred they are one. */
const createRefusals = () => {
  const reasons = new Map<string, { count: number; readonly examples: string[] }>();
  let total = 0;
  const add = (reason: string, origin: string): void => {
    const kept = reasons.has(reason) || reasons.size < reasonsKept ? reason : 'other reasons';
    const entry = reasons.get(kept) ?? { count: 0, examples: [] };
    entry.count += 1;
    if (entry.examples.length < examplesKept) entry.examples.push(origin);
    reasons.set(kept, entry);
    total += 1;
  };
  const list = (): readonly Refusal[] =>
    [...reasons].map(([reason, entry]) => ({ reason, ...entry })).sort((one, other) => other.count - one.count);
  return { add, list, total: () => total };
};

const isResource = (input: Resource | ImportItem): input is Resource => 'resourceType' in input;

/** Characters of text that a batch holds at most, but for its last resource: large resources make small batches. */
const batchCharacters = 16 * 1024 * 1024;

interface Batch {
  resources: PreparedResource[];
  characters: number;
}
const createBatch = (): Batch => ({ resources: [], characters: 0 });

const retries = 5;

/** Another writer may put in the same resource between our look and our COPY; then the batch is done again. */
const withRetry = async <Result>(work: () => Promise<Result>): Promise<Result> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      // unique_violation, deadlock_detected
      if ((code !== '23505' && code !== '40P01') || attempt === retries) throw error;
    }
  }
};

/**
 * @param source resources, or what `readImportSource` gives; read no faster than it is stored.
 * @throws the error of the database, or of the source; the batches before it stay.
 */
export const importResources = async (
  pool: pg.Pool,
  source: Iterable<Resource | ImportItem> | AsyncIterable<Resource | ImportItem>,
  { ownBases, mode = 'update', onProgress, batchSize = 1000, connections = 2, now = Date.now }: ImportOptions,
): Promise<ImportSummary> => {
  const importing = createImporting(pool, ownBases);
  const refusals = createRefusals();
  const counts = { created: 0, updated: 0, unchanged: 0 };
  const taken = (): number => counts.created + counts.updated + counts.unchanged;
  const running = new Set<Promise<void>>();
  const keysUnderWay = new Set<string>();
  // What is in a record through others is stored by itself: while it is, nobody else writes.
  const [plain, through] = [createBatch(), createBatch()];
  let failure: { readonly error: unknown } | undefined;

  const store = async (prepared: readonly PreparedResource[]): Promise<void> => {
    try {
      const result = await withRetry(() => storeBatch(importing, prepared, { keep: mode === 'keep', now: now() }));
      counts.created += result.created;
      counts.updated += result.updated;
      counts.unchanged += result.unchanged;
      for (const { origin } of result.collisions) refusals.add('an id that cannot be told from another’s', origin);
      for (const { origin } of result.canonicalsTaken) {
        refusals.add('a canonical url and version that another resource has', origin);
      }
      onProgress?.({ taken: taken(), refused: refusals.total() });
    } catch (error) {
      failure ??= { error };
    }
  };
  const settle = async (): Promise<void> => {
    await Promise.all(running);
    keysUnderWay.clear();
  };
  const flush = async (batch: Batch): Promise<void> => {
    if (batch.resources.length === 0) return;
    while (running.size >= connections) await Promise.race(running);
    if (failure !== undefined) throw failure.error;
    const storing = store(batch.resources).finally(() => running.delete(storing));
    running.add(storing);
    batch.resources = [];
    batch.characters = 0;
  };

  try {
    for await (const input of source) {
      const preparation = prepareItem(isResource(input) ? { kind: 'resource', resource: input } : input);
      if (preparation.kind === 'refused') {
        refusals.add(preparation.reason, preparation.origin);
        continue;
      }
      const { prepared } = preparation;
      if (keysUnderWay.has(prepared.rid)) {
        // The same resource again: what came first is stored first.
        await flush(plain);
        await flush(through);
        await settle();
      }
      keysUnderWay.add(prepared.rid);
      const batch = Object.hasOwn(throughElements, prepared.type) ? through : plain;
      batch.resources.push(prepared);
      batch.characters += prepared.size;
      if (batch.resources.length >= batchSize || batch.characters >= batchCharacters) await flush(batch);
    }
    await flush(plain);
    await flush(through);
  } finally {
    await settle();
  }
  if (failure !== undefined) throw failure.error;
  onProgress?.({ taken: taken(), refused: refusals.total() });
  return { taken: taken(), ...counts, refused: refusals.list() };
};
