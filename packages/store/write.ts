/** Create, update and delete, each in one transaction with the rows that the resource is found by. FHIR R4 http.html. */
import type { Interactions, WriteResult } from '@affinity/core/fhir/backend.ts';
import { BackendUnavailable } from '@affinity/core/fhir/backend.ts';
import type { Database } from './database.ts';
import { insertResource } from './index-rows.ts';
import { isSimple, rowOf, storedResource } from './indexed-row.ts';
import type { ParameterSet, ParameterWatch } from './parameter-set.ts';
import { transaction } from './postgres/pool.ts';
import type { TextValues } from './text-values.ts';
import { beginWrite, isCanonicalTaken, isConflict, isOutdated, ownsOthers } from './write-lock.ts';
import {
  createWithin,
  deleteWithin,
  needsAlone,
  storedBody,
  updateWithin,
  type WriteWithin,
  written,
} from './write-within.ts';

export interface WriteNeighbours {
  readonly database: Database;
  readonly parameters: ParameterWatch;
  readonly texts: TextValues;
  readonly ownBases: readonly string[];
  /** epoch milliseconds */
  readonly now: () => number;
}

/** Attempts of one write, before it is said that the records cannot be reached. */
const attempts = 10;

/** Does the work by the newest search parameters, and again when it turns out that there are newer, or others in the way. */
const withNewest = async <Result>(
  parameters: ParameterWatch,
  work: (set: ParameterSet) => Promise<Result>,
): Promise<Result> => {
  let set = await parameters.ready();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(set);
    } catch (error) {
      if (!isOutdated(error) && !isConflict(error)) throw error;
      if (attempt === attempts) throw new BackendUnavailable(error);
      if (isOutdated(error)) set = await parameters.refresh();
    }
  }
};

/** One transaction of its own for one write. */
const inTransaction = async (
  { database, texts, ownBases, now }: WriteNeighbours,
  set: ParameterSet,
  alone: boolean,
  work: (within: WriteWithin) => Promise<WriteResult>,
): Promise<WriteResult> => {
  try {
    return await transaction(database.pool, async (client) => {
      const query = database.on(client);
      await beginWrite(query, set.generation, alone);
      return await work({ query, set, texts, ownBases, now });
    });
  } catch (error) {
    if (isCanonicalTaken(error)) return { kind: 'canonical-taken' };
    throw error;
  }
};

/** After a change of what is indexed by, this process knows it before the answer leaves. */
const told = async (parameters: ParameterWatch, type: string, result: WriteResult): Promise<WriteResult> => {
  // What was written stays written if the look fails: the next write looks again.
  if (type === 'SearchParameter') await parameters.refresh().catch(() => {});
  return result;
};

/** One statement for most. A key that is taken, by a deleted resource too, is `id-taken`. */
export const createCreate = (neighbours: WriteNeighbours): Interactions['create'] => {
  const { database, parameters, texts, ownBases, now } = neighbours;
  return async (input) => {
    const { type, id, content } = input;
    const resource = storedResource(input, content);
    const result = await withNewest<WriteResult>(parameters, async (set) => {
      if (isSimple(resource, ownBases)) {
        const lastUpdated = now();
        const body = storedBody(content.json, id, 1, lastUpdated);
        const row = rowOf(resource, { ownBases, parameters: set.all });
        await texts.keep(database.query, [row], true);
        try {
          const inserted = await database.query(
            insertResource(row, lastUpdated, body, { generation: set.generation, alone: true }),
          );
          return inserted.length === 0 ? { kind: 'id-taken' } : written('created', input, 1, lastUpdated, body, row);
        } catch (error) {
          if (!ownsOthers(error)) throw error;
        }
      }
      return inTransaction(neighbours, set, needsAlone(resource, ownBases), (within) => createWithin(within, input));
    });
    return told(parameters, type, result);
  };
};

/** A new version; of a deleted resource too, which is thereby brought back (http.html#delete). It never creates. */
export const createUpdate =
  (neighbours: WriteNeighbours): Interactions['update'] =>
  async (input, filter) => {
    const { parameters, ownBases } = neighbours;
    const alone = needsAlone(storedResource(input, input.content), ownBases);
    const result = await withNewest(parameters, (set) =>
      inTransaction(neighbours, set, alone, (within) => updateWithin(within, input, filter)),
    );
    return told(parameters, input.type, result);
  };

/** A deletion is a version without content; the facts of the last content stay, and judge who may know of it. */
export const createDelete =
  (neighbours: WriteNeighbours): Interactions['delete'] =>
  async (input, filter) => {
    const { parameters } = neighbours;
    const alone = input.type === 'SearchParameter';
    const result = await withNewest(parameters, (set) =>
      inTransaction(neighbours, set, alone, (within) => deleteWithin(within, input, filter)),
    );
    return told(parameters, input.type, result);
  };
