/** A relational database as a foreign system of the domain: its mapping read at the start, and asked again until it can be reached. */
import { readFileSync } from 'node:fs';
import { BackendUnavailable, type TypeCapability } from '@affinity/core/fhir/backend.ts';
import type { Source } from '@affinity/gateway/source.ts';
import type { SqlEngine } from '@affinity/gateway/sql/engine.ts';
import { faultText, loadMapping } from '@affinity/gateway/sql/load-mapping.ts';
import { openPostgresql } from '@affinity/gateway/sql/postgresql.ts';
import { openSqlSource } from '@affinity/gateway/sql/sql-source.ts';
import { openSqlite } from '@affinity/gateway/sql/sqlite.ts';
import type { Upstream, UpstreamNeighbours } from './opened-upstream.ts';
import type { SqlUpstream } from './upstreams.ts';

/** Between two attempts to reach a database that was away when the domain started. */
const retryMs = 5_000;
const nothingYet: readonly TypeCapability[] = [];

const wrong = (name: string, mapping: string, faults: readonly string[]): Error =>
  new Error([`${name}: its mapping ${mapping} cannot be used:`, ...faults.map((one) => `  ${one}`)].join('\n'));

/** @throws Error with every fault of the mapping */
export const openSqlUpstream = async (
  { database, mapping: path, connections, queryMs }: SqlUpstream,
  { name, report }: Pick<UpstreamNeighbours, 'name' | 'report'>,
): Promise<Upstream> => {
  const loaded = loadMapping(readFileSync(path, 'utf8'));
  if (loaded.kind === 'faults') throw wrong(name, path, loaded.faults.map(faultText));
  const counts = { requests: 0, failures: 0 };
  let isAway = false;
  const onFailure = ({ event, code }: { readonly event: string; readonly code: string }): void => {
    counts.failures += 1;
    if (event === 'database-unavailable') isAway = true;
    report({ kind: event, source: name, detail: code });
  };
  const limits = { onFailure, ...(queryMs === undefined ? {} : { statementMilliseconds: queryMs }) };
  const opened: SqlEngine =
    'sqlite' in database
      ? openSqlite({ path: database.sqlite, ...limits })
      : openPostgresql({ url: database.postgres, ...limits, ...(connections === undefined ? {} : { connections }) });
  const engine: SqlEngine = {
    ...opened,
    select: async (...asked) => {
      counts.requests += 1;
      const rows = await opened.select(...asked);
      isAway = false;
      return rows;
    },
  };
  let source: Source | undefined;
  let again: NodeJS.Timeout | undefined;
  const open = async (): Promise<void> => {
    const result = await openSqlSource({
      name,
      mapping: loaded.mapping,
      engine,
      onWithheld: ({ type, element, reason, rows }) =>
        report({
          kind: 'row-withheld',
          source: name,
          type,
          detail: `${element}: ${reason}, in ${rows} ${rows === 1 ? 'row' : 'rows'}`,
        }),
    });
    if (result.kind === 'faults') throw wrong(name, path, result.faults.map(faultText));
    source = result.source;
  };
  const retry = (): void => {
    again = setTimeout(() => {
      // A mapping that does not fit shows only now: nothing is offered until the next start.
      open().catch((error: unknown) => (isOutage(error) ? retry() : report({ kind: 'mapping-faulty', source: name })));
    }, retryMs);
    again.unref();
  };
  await open().catch((error: unknown) => {
    if (!isOutage(error)) throw error;
    isAway = true;
    retry();
  });

  const reached = (): Source => {
    if (source === undefined) throw new BackendUnavailable(new Error('it was not reached yet'));
    return source;
  };
  return {
    source: {
      name,
      get capabilities() {
        return source?.capabilities ?? nothingYet;
      },
      read: async (...asked) => reached().read(...asked),
      find: async (...asked) => reached().find(...asked),
    },
    state: () => (isAway ? 'down' : source === undefined ? 'unknown' : 'up'),
    counts: () => counts,
    close: async () => {
      clearTimeout(again);
      await engine.close();
    },
  };
};

const isOutage = (error: unknown): boolean => error instanceof BackendUnavailable;
