/**
 * A foreign FHIR R4 server as a Source of the gateway: asked with our own credentials, understood strictly, trusted with
 * nothing. FHIR R4 http.html, search.html.
 */
import { standardParameters } from '@affinity/core/fhir/search-parameter.ts';
import { createSafeFetch, type SafeFetch } from '@affinity/outbound/safe-fetch.ts';
import type { Source } from '../source.ts';
import { fhirJson, type Reading, useless } from './answer.ts';
import { readStatement } from './capability-statement.ts';
import { watchCapabilities } from './capability-watch.ts';
import { type CircuitState, createCircuitBreaker } from './circuit-breaker.ts';
import { type Counts, createClient } from './client.ts';
import { connectTo } from './connection.ts';
import { createHistory } from './history-page.ts';
import { createRead, createVread } from './instance-read.ts';
import { defaultRemoteLimits, type RemoteFhirOptions } from './options.ts';
import { createFind } from './search-page.ts';
import { createTokenRequest } from './token-request.ts';
import { reportOnce } from './upstream-fault.ts';
import { createUpstreamNames } from './upstream-names.ts';
import { createUpstreamToken } from './upstream-token.ts';
import { createWriter } from './writer.ts';

export interface RemoteHealth {
  /** `unknown`: its statement has not been had yet */
  readonly state: 'up' | 'down' | 'unknown';
  readonly circuit: CircuitState;
  /** epoch milliseconds since when the circuit is so */
  readonly since: number;
  /** epoch milliseconds of its last answer; absent: it has not answered yet */
  readonly lastAnswer?: number;
}
export interface RemoteFhir extends Source {
  health(): RemoteHealth;
  /** since the start, for the metrics */
  counts(): Readonly<Omit<Counts, 'lastAnswer'>>;
  close(): Promise<void>;
}

/** @throws Error when what the operator wrote is no base of a FHIR server */
const baseOf = (text: string): URL => {
  const url = URL.parse(text);
  const isPlain = url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (!isPlain || url.search !== '' || url.hash !== '')
    throw new Error('the address of a FHIR server is http or https, without user information, query and fragment');
  return url;
};

const parameterNames = (types: RemoteFhir['capabilities']): ReadonlyMap<string, ReadonlySet<string>> =>
  new Map(types.map(({ type, searchParams }) => [type, new Set(searchParams.map((param) => param.name))]));

/** Its first statement is waited for, in the time that one request may take; a server that is away offers nothing yet. */
export const createRemoteFhir = async (
  options: RemoteFhirOptions,
  { safeFetch = createSafeFetch() }: { readonly safeFetch?: SafeFetch } = {},
): Promise<RemoteFhir> => {
  const { name, report: tell, now = Date.now, tls, sort = ['_lastUpdated', 'date'], modifiers = ['not'] } = options;
  const { create = 'put-if-none-match' } = options;
  const limits = { ...defaultRemoteLimits, ...options.limits };
  const url = baseOf(options.url);
  const basePath = url.pathname.replace(/\/+$/, '');
  const report = reportOnce(tell);
  const names = createUpstreamNames({
    url,
    aliases: (options.aliases ?? []).map(baseOf),
    publicBase: options.publicBase,
    showsHost: options.showsHost ?? false,
  });
  const counts: Counts = { requests: 0, failures: 0, timeouts: 0, retries: 0, spared: 0, lastAnswer: undefined };
  const breaker = createCircuitBreaker({ failures: limits.breakerFailures, openMs: limits.breakerMs }, now, (state) => {
    if (state !== 'half-open') tell({ kind: state === 'open' ? 'upstream-down' : 'upstream-up', source: name });
  });
  const connection = connectTo(url, limits, tls);
  const requestToken = createTokenRequest({ base: url, safeFetch, now, ...(tls === undefined ? {} : { tls }) });
  const token = createUpstreamToken(options.credentials ?? { kind: 'none' }, requestToken, now);
  const ask = createClient({ name, basePath, connection, token, breaker, limits, counts, report, now });
  const reading: Reading = { source: name, names, report };
  const parameters = standardParameters;

  const look = async () => {
    const answer = await ask({ method: 'GET', path: '/metadata', isSafe: true });
    const read = answer.status === 200 ? fhirJson(answer, reading).value : {};
    const statement = readStatement(read, { parameters, sort, writes: options.writes });
    if (statement === undefined) throw useless(reading, 'no statement of R4');
    return statement;
  };
  const watch = watchCapabilities(look, limits);
  const offered = new WeakMap<object, ReadonlyMap<string, ReadonlySet<string>>>();
  const offeredOf = (type: string): ReadonlySet<string> => {
    const { current } = watch;
    const names = offered.get(current) ?? parameterNames(current.types);
    offered.set(current, names);
    return names.get(type) ?? new Set();
  };
  await watch.looked;
  const looking = {
    read: createRead(ask, reading),
    vread: createVread(ask, reading),
    historyInstance: createHistory(ask, reading, limits),
  };
  const transacts = !watch.isKnown || watch.current.transacts;
  const writer = createWriter({ ask, reading, looking, create, transacts, now });

  return {
    name,
    get capabilities() {
      return watch.current.types;
    },
    ...looking,
    find: createFind({ ask, reading, limits, parameters, offeredOf, modifiers: new Set(modifiers) }),
    ...(options.writes === false ? {} : { writer }),
    health: () => ({
      state: !watch.isKnown ? 'unknown' : breaker.state === 'closed' ? 'up' : 'down',
      circuit: breaker.state,
      since: breaker.since,
      ...(counts.lastAnswer === undefined ? {} : { lastAnswer: counts.lastAnswer }),
    }),
    counts: () => {
      const { lastAnswer: _, ...rest } = counts;
      return rest;
    },
    close: async () => {
      watch.close();
      await connection.close();
    },
  };
};
