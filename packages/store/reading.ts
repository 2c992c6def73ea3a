/** The interactions that read, on whatever runs their statements: the pool, or the connection of a transaction. FHIR R4 http.html. */
import type { Interactions } from '@affinity/core/fhir/backend.ts';
import type { Database } from './database.ts';
import { createHistory } from './history.ts';
import type { IncludeLimits } from './include.ts';
import { defaultJoinReach, type JoinReach } from './join-sql.ts';
import { createRead, createVread } from './read.ts';
import { createSearch, type SearchNeighbours } from './search.ts';

export interface ReadingLimits extends IncludeLimits, JoinReach {
  /** milliseconds that a search or a page of a history may take */
  readonly searchMilliseconds: number;
}
export const defaultReadingLimits: ReadingLimits = {
  searchMilliseconds: 10_000,
  maxIncluded: 1000,
  maxIncludeRounds: 5,
  ...defaultJoinReach,
};

export interface ReadingNeighbours extends SearchNeighbours {
  readonly database: Pick<Database, 'look' | 'query'>;
}

/** Within a transaction, `ask` runs the work with the query of its connection. */
export const createReading = ({
  database,
  ...search
}: ReadingNeighbours): Pick<Interactions, 'read' | 'vread' | 'historyInstance' | 'searchType'> => ({
  read: createRead(database),
  vread: createVread(database),
  historyInstance: createHistory(search.ask),
  searchType: createSearch(search),
});
