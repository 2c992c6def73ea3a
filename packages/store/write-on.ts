/**
 * Resources written within a transaction that somebody else has begun: a row of another part of the system and the
 * resource that says the same are written together, or neither is. FHIR R4 http.html; docs/decisions/0002-table-layout.md.
 */
import type { Interactions } from '@affinity/core/fhir/backend.ts';
import { everything, type Filter } from '@affinity/core/fhir/filter.ts';
import type pg from 'pg';
import { storedResource } from './indexed-row.ts';
import { type ParameterSet, readParameters } from './parameter-set.ts';
import { createRead } from './read.ts';
import { sql } from './sql.ts';
import type { WriteNeighbours } from './write.ts';
import { beginWrite, writeLock } from './write-lock.ts';
import { createWithin, needsAlone, updateWithin } from './write-within.ts';

/**
 * What may be done on the connection. The Filter is `everything` unless told: whoever holds the connection answers for
 * what is done. A result that is a conflict leaves the transaction as it was; what is thrown has broken it off, and only a
 * rollback ends it. `isConflict` (write-lock.ts) says of an error that the whole transaction may be done again.
 */
export interface WriteWithinAnother {
  read(at: Parameters<Interactions['read']>[0], filter?: Filter): ReturnType<Interactions['read']>;
  /** `id` is the caller's; a taken one is `id-taken`, of a deleted resource too. */
  create: Interactions['create'];
  /** A new version, and what was deleted is brought back by it. It never creates: `absent`. */
  update(input: Parameters<Interactions['update']>[0], filter?: Filter): ReturnType<Interactions['update']>;
}

/**
 * @param client a connection on which a transaction has begun, to the database of the store; read committed is enough
 * @throws Error for a resource on which others depend (a SearchParameter, a Binary, a Provenance): these are written in
 *   transactions of their own
 */
export type WriteOn = (client: pg.PoolClient) => WriteWithinAnother;

export const createWriteOn = ({ database, parameters, texts, ownBases, now }: WriteNeighbours): WriteOn => {
  /** As a batch of an import: nobody changes what is indexed by while the lock is held, so what is read then stays true. */
  const begin = async (client: pg.PoolClient): Promise<ParameterSet> => {
    const query = database.on(client);
    await query(sql`select pg_advisory_xact_lock_shared(${writeLock}::bigint)`);
    const [row] = await query<{ generation: number }>(sql`select generation from index_generation`);
    let set = parameters.current();
    if (set.generation !== row?.generation) {
      // On this connection, where that can be: whoever holds one and waits for another may wait for those who do the same.
      const looking = parameters.refresh();
      looking.catch(() => {});
      set = (await readParameters(query)) ?? (await looking);
    }
    await beginWrite(query, set.generation, false);
    return set;
  };

  return (client) => {
    const query = database.on(client);
    let begun: Promise<ParameterSet> | undefined;
    const writing = async (input: Parameters<Interactions['create']>[0]) => {
      if (needsAlone(storedResource(input, input.content), ownBases)) {
        throw new Error(`A ${input.type} is written in a transaction of its own.`);
      }
      begun ??= begin(client);
      return { query, set: await begun, texts, ownBases, now };
    };
    const read = createRead({ look: query });
    return {
      read: (at, filter = everything) => read(at, filter),
      create: async (input) => createWithin(await writing(input), input),
      update: async (input, filter = everything) => updateWithin(await writing(input), input, filter),
    };
  };
};
