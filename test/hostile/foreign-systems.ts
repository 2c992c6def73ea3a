/**
 * What stands behind the gateway in a world: the store as it is, the store as a FHIR server on a socket, or its rows as a
 * database of somebody else's. FHIR R4 http.html.
 */
import { resourceTypes } from '@affinity/core/fhir/resource-type.ts';
import { searchParametersOf } from '@affinity/core/fhir/search-parameter.ts';
import { createRemoteFhir } from '@affinity/gateway/remote-fhir/remote-fhir.ts';
import type { Source } from '@affinity/gateway/source.ts';
import { loadMapping } from '@affinity/gateway/sql/load-mapping.ts';
import { openPostgresql } from '@affinity/gateway/sql/postgresql.ts';
import { openSqlSource } from '@affinity/gateway/sql/sql-source.ts';
import { base, type StoredBackend } from '../clinic/clinic.ts';
import { createStoreSource, type StoreMisbehaviour } from './store-source.ts';
import { openStoreUpstream } from './store-upstream.ts';
import { misdeedOf } from './upstream-misbehaviour.ts';

export const foreignKinds = ['store', 'remote', 'sql'] as const;
export type ForeignKind = (typeof foreignKinds)[number];

export interface ForeignSystem {
  readonly source: Source;
  /** from now on it also gives answers that cannot be used, where it is one that may */
  break(): void;
  /** how many such it gave */
  broken(): number;
  close(): Promise<void>;
}

export interface Ground {
  readonly seed: number;
  readonly backend: StoredBackend;
  /** of the database in which the records stand */
  readonly url: string;
  readonly now: () => number;
  /** a resource of the type that the caller may not see, as JSON text, the same in both worlds */
  readonly another: (type: string) => string | undefined;
}

/** What the store does wrong: it passes over parameters, and its pages are short. */
const misbehaviourOf = (seed: number): StoreMisbehaviour => {
  const ignored = ['patient', 'subject', '_id', 'category', 'code'].filter((_, at) => (seed >> at) % 2 === 1);
  return { ignores: (param) => ignored.includes(param), ...(seed % 3 === 0 ? { pageSize: 2 + (seed % 5) } : {}) };
};

const openRemote = async ({ seed, backend, now, another }: Ground): Promise<ForeignSystem> => {
  const upstream = await openStoreUpstream({
    source: createStoreSource(backend),
    misdeedOf: (question) => misdeedOf(seed, question),
    another,
    now,
  });
  const source = await createRemoteFhir({ name: 'remote', url: upstream.url, publicBase: base, report: () => {} });
  return {
    source,
    break: upstream.break,
    broken: upstream.broken,
    close: async () => {
      await source.close();
      await upstream.close();
    },
  };
};

/** Each resource as JSON in a column. */
const mappingText = `
updated: 2020-01-01T00:00:00Z
resources:
${resourceTypes
  .map(
    (type) => `  ${type}:
    sql: select id, last_updated, body from resource where type = '${type}' and not deleted
    id: id
    updated: { column: last_updated, date: epoch-milliseconds }
    body: body
    search: [${searchParametersOf(type)
      .map(({ code }) => code)
      .join(', ')}]
`,
  )
  .join('')}`;

/** Read where it is needed: most worlds have no foreign system. */
let known: ReturnType<typeof loadMapping> | undefined;

const openSql = async ({ seed, url }: Ground): Promise<ForeignSystem> => {
  known ??= loadMapping(mappingText);
  const mapping = known;
  if (mapping.kind === 'faults') throw new Error('the mapping has faults');
  const engine = openPostgresql({ url });
  const short = seed % 3 === 0 ? { pageRows: 2 + (seed % 5) } : {};
  const opened = await openSqlSource({ name: 'sql', mapping: mapping.mapping, engine, ...short });
  if (opened.kind === 'faults') throw new Error('the mapping does not fit the rows');
  return { source: opened.source, break: () => {}, broken: () => 0, close: () => engine.close() };
};

export const openForeignSystem = async (kind: ForeignKind, ground: Ground): Promise<ForeignSystem> => {
  if (kind === 'remote') return openRemote(ground);
  if (kind === 'sql') return openSql(ground);
  const source = createStoreSource(ground.backend, misbehaviourOf(ground.seed));
  return { source, break: () => {}, broken: () => 0, close: async () => {} };
};
