/**
 * The index of persons as it runs: what is fed to the identity server, who is linked with whom, and what has to be done again
 * and again for it. docs/decisions/0032-the-index-of-persons.md.
 */
import type { Backend } from '@affinity/core/fhir/backend.ts';
import type { Content } from '@affinity/core/fhir/resource.ts';
import { follow } from '@affinity/identity/feeds/following.ts';
import { takeFromHome } from '@affinity/identity/feeds/home-feed.ts';
import { takeFromServer } from '@affinity/identity/feeds/polled-feed.ts';
import { linkPending, type PersonsChanged } from '@affinity/identity/linking.ts';
import { createMatcher } from '@affinity/identity/matching/matcher.ts';
import { mothersMaidenName } from '@affinity/identity/mothers-maiden-name.ts';
import { followRecords } from '@affinity/identity/records-followed.ts';
import type { StoreBackend } from '@affinity/store/backend.ts';
import { createImporting } from '@affinity/store/import-batch.ts';
import type pg from 'pg';
import type { Config } from './config.ts';
import type { Log } from './log.ts';
import { matchingOf } from './matching-settings.ts';

/** A server of the domain whose patients and providers are read. */
export interface FedServer {
  readonly base: string;
  readonly backend: Pick<Backend, 'capabilities' | 'searchType'>;
}

export interface IndexNeighbours {
  readonly config: Config;
  /** of the database's own schema */
  readonly pool: pg.Pool;
  /** the records of the identity server: their pool and their schema */
  readonly records: { readonly pool: pg.Pool; readonly store: StoreBackend; readonly schema: string };
  readonly base: string;
  readonly home: FedServer;
  readonly further: readonly FedServer[];
  readonly changed?: PersonsChanged;
  readonly now: () => Date;
  readonly log: Log;
}

const definition: Content = { resource: mothersMaidenName, json: JSON.stringify(mothersMaidenName) };

export const openIndexOfPersons = async (neighbours: IndexNeighbours) => {
  const { config, pool, records, base, home, further, changed } = neighbours;
  const { schema, store } = records;
  const { records_per_person, poll_seconds, sweep_minutes, match_results } = config.file.identity;
  const now = () => neighbours.now().getTime();
  const log = (event: string, details: Readonly<Record<string, unknown>>): void =>
    neighbours.log(`identity: ${event}`, { detail: JSON.stringify(details) });
  await followRecords(pool, schema);
  await store.create({ type: 'SearchParameter', id: mothersMaidenName.id, content: definition });
  const matcher = createMatcher(matchingOf(config.file.matching));
  const linking = {
    ...{ pool, schema, base, matcher, recordsAtOnce: 200, recordsMost: records_per_person },
    ...{ matchesMost: match_results, ...(changed === undefined ? {} : { changed }) },
  };
  const importing = createImporting(records.pool, [base]);
  const taking = { pool, store, importing, now, log };
  const link = () => linkPending(linking);
  const fromServer = ({ base: of, backend }: FedServer) =>
    takeFromServer({ ...taking, base: of, backend, pageSize: 200, sweepMilliseconds: sweep_minutes * 60_000 });
  const isStore = config.protect === undefined;
  const polled = isStore ? further : [home, ...further];
  // What is stored before would be gone over again for the one search parameter that this server adds.
  const isIndexed = () => store.parameters?.of('Patient').some(({ code }) => code === mothersMaidenName.code) ?? true;
  const loops = [
    follow({
      name: 'home',
      pollMs: 500,
      log,
      isReady: isIndexed,
      round: async () => {
        const taken = isStore ? await takeFromHome({ ...taking, home: home.base, changesAtOnce: 200 }) : 0;
        return (await link()) + taken > 0;
      },
    }),
    ...polled.map((server) =>
      follow({
        name: server.base,
        pollMs: poll_seconds * 1_000,
        log,
        isReady: isIndexed,
        round: async () => {
          await fromServer(server);
          return false;
        },
      }),
    ),
  ];
  return {
    matcher,
    /** What was written before it is called is linked when it ends. */
    settle: link,
    close: async () => {
      await Promise.all(loops.map((loop) => loop.close()));
    },
  };
};
