/**
 * Keeps what is stored indexed by what is known: after an upgrade, and when a SearchParameter is added. A parameter may be
 * searched by once everything of its type is indexed by it. One process does the work, the others learn of its end.
 * docs/decisions/0009-references-and-reindexing.md; FHIR R4 searchparameter.html.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { createDatabase } from './database.ts';
import { type ParameterSet, type ParameterWatch, watchParameters } from './parameter-set.ts';
import { beginPass, continuePass, type PassNeighbours } from './reindex-pass.ts';
import { restrictSensitive } from './sensitive-rows.ts';
import { sql } from './sql.ts';
import { createTextValues } from './text-values.ts';
import { holdKey, isConflict, isOutdated } from './write-lock.ts';

export interface IndexingOptions {
  readonly pool: pg.Pool;
  /** the absolute URLs at which the store's resources are known */
  readonly ownBases: readonly string[];
  /** part of the time that may be spent on it, 0.01…1: what serves people goes first. 0.5 unless told. */
  readonly share?: number;
  /** milliseconds between two looks whether something has changed; 2,000 unless told */
  readonly pollMs?: number;
  /** resources that one transaction goes over; 50 unless told */
  readonly resourcesAtOnce?: number;
  readonly log: (event: string, details: Readonly<Record<string, unknown>>) => void;
}

export interface IndexingProgress {
  readonly type: string;
  readonly done: number;
  /** resources of the type when the pass began */
  readonly total: number;
  /** names of the parameters that may be searched by once it is done */
  readonly parameters: readonly string[];
}

export interface Indexing {
  /** for `createBackend` */
  readonly parameters: ParameterWatch;
  /** Resolves when it is known what may be searched by, and what is sensitive is restricted; the work goes on behind. Errors of the database are logged, and it is tried again. */
  start(): Promise<void>;
  /** Ends after the transaction that is under way; another start goes on from there. */
  stop(): Promise<void>;
  /** Does everything that is to be done now, unless another process does it. */
  catchUp(): Promise<void>;
  /** The types that are not done yet, as of the last look; none: everything is. */
  progress(): readonly IndexingProgress[];
}

interface PassRow {
  readonly type: string;
  readonly done: string;
  readonly total: string;
}

export const createIndexing = (options: IndexingOptions): Indexing => {
  const { pool, ownBases, share = 0.5, pollMs = 2_000, resourcesAtOnce = 50, log } = options;
  const database = createDatabase(pool);
  const parameters = watchParameters(database.query);
  const neighbours: PassNeighbours = { database, texts: createTextValues(), ownBases, resourcesAtOnce };
  const closing = new AbortController();
  let progress: readonly IndexingProgress[] = [];
  let running: Promise<void> | undefined;

  const rest = async (milliseconds: number): Promise<void> => {
    await sleep(milliseconds, undefined, { signal: closing.signal }).catch(() => {});
  };

  const missing = (set: ParameterSet, type: string): readonly string[] => {
    const usable = new Set(set.usable.of(type).map(({ code }) => code));
    return set.all.of(type).flatMap(({ code }) => (usable.has(code) ? [] : [code]));
  };

  const look = async (set: ParameterSet): Promise<void> => {
    if (set.incomplete.size === 0) {
      progress = [];
      return;
    }
    const rows = await database.query<PassRow>(sql`select type, done, total from type_index`);
    const known = new Map(rows.map((row) => [row.type, row]));
    progress = [...set.incomplete].map((type) => ({
      type,
      done: Number(known.get(type)?.done ?? 0),
      total: Number(known.get(type)?.total ?? 0),
      parameters: missing(set, type),
    }));
  };

  /** @throws isOutdated when the parameters have changed on the way */
  const pass = async (set: ParameterSet, type: string, yielding: boolean): Promise<void> => {
    await beginPass(database.query, type, JSON.stringify(set.fingerprints.get(type) ?? {}));
    await look(set);
    const begun = progress.find((one) => one.type === type);
    const tells = begun !== undefined && begun.total > 0;
    if (tells) log('indexing', { ...begun });
    for (let more = true; more && !closing.signal.aborted; ) {
      const began = performance.now();
      try {
        more = await continuePass(neighbours, set, type);
      } catch (error) {
        if (!isConflict(error)) throw error;
      }
      await look(set);
      if (yielding) await rest(((performance.now() - began) * (1 - share)) / share);
    }
    if (tells && !closing.signal.aborted) log('indexed', { type });
  };

  /** All types that are not done, if nobody else is at it. */
  const work = async (yielding: boolean): Promise<void> => {
    let set = await parameters.refresh();
    await look(set);
    if (set.incomplete.size === 0) return;
    const client = await pool.connect();
    let broken = true;
    try {
      const key = holdKey('indexing');
      const { rows } = await client.query<{ got: boolean }>('select pg_try_advisory_lock($1::bigint) as got', [key]);
      if (rows[0]?.got === true) {
        // Someone else may have done it since the first look.
        set = await parameters.refresh();
        for (let type = first(set); type !== undefined && !closing.signal.aborted; type = first(set)) {
          try {
            await pass(set, type, yielding);
          } catch (error) {
            if (!isOutdated(error)) throw error;
          }
          set = await parameters.refresh();
          await look(set);
        }
        await client.query('select pg_advisory_unlock($1::bigint)', [key]);
      }
      broken = false;
    } finally {
      client.release(broken);
    }
  };

  const run = async (): Promise<void> => {
    let failures = 0;
    while (!closing.signal.aborted) {
      try {
        await work(true);
        failures = 0;
      } catch (error) {
        failures += 1;
        log('not-indexed', { error: error instanceof Error ? error.name : typeof error, failures });
      }
      await rest(Math.min(pollMs * 2 ** Math.min(failures, 4), 30_000));
    }
  };

  return {
    parameters,
    start: async () => {
      const set = await parameters.refresh();
      await restrictSensitive(database.query, set.unjudged);
      await look(set);
      running ??= run();
    },
    stop: async () => {
      closing.abort();
      await running;
    },
    catchUp: () => work(false),
    progress: () => progress,
  };
};

const first = ({ incomplete }: ParameterSet): string | undefined => [...incomplete].sort()[0];
