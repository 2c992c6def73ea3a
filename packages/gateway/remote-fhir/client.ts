/**
 * Every request to one foreign FHIR server: its headers are made from nothing, so that nothing of a caller's goes along; in
 * its time, with our own credentials, reads once more where that may help. FHIR R4 http.html; RFC 9110 §9.2.2, §15.6.
 */
import { randomUUID } from 'node:crypto';
import { BackendUnavailable } from '@affinity/core/fhir/backend.ts';
import { requestContext } from '../request-context.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { Answer, Connection } from './connection.ts';
import { createDeadline, type Deadline } from './deadline.ts';
import type { RemoteLimits } from './options.ts';
import { type ReportUpstream, tooSlow, UpstreamFault, unusable } from './upstream-fault.ts';
import type { UpstreamToken } from './upstream-token.ts';

export interface Asked {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** below the base, its query included */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** it changes nothing there, so that it may be asked twice, and given up at any time */
  readonly isSafe: boolean;
  readonly signal?: AbortSignal | undefined;
}
export type Ask = (asked: Asked) => Promise<Answer>;

/** Counted for the metrics. */
export interface Counts {
  requests: number;
  failures: number;
  timeouts: number;
  retries: number;
  /** not asked, because it is left alone */
  spared: number;
  /** epoch milliseconds of its last answer of any kind */
  lastAnswer: number | undefined;
}

export interface ClientNeighbours {
  readonly name: string;
  /** path of the base, without trailing slash */
  readonly basePath: string;
  readonly connection: Connection;
  readonly token: UpstreamToken;
  readonly breaker: CircuitBreaker;
  readonly limits: Pick<RemoteLimits, 'totalMs' | 'retryMs'>;
  readonly counts: Counts;
  readonly report: ReportUpstream;
  readonly now: () => number;
}

/** FHIR R4 http.html#custom: it goes along as it was given to us, where it can stand in a header. */
const requestId = (): string => {
  const given = requestContext()?.requestId;
  return given !== undefined && /^[A-Za-z0-9\-._:]{1,128}$/.test(given) ? given : randomUUID();
};

/** What is judged is what is there now, not what a cache on the way has kept. RFC 9111 §5.2.1.4. */
const always = { accept: 'application/fhir+json', 'cache-control': 'no-cache' };

/** It cannot answer now: for it, not for the question. */
const isFailing = (status: number): boolean => status === 502 || status === 503 || status === 504;
const mayHelp = (status: number): boolean => status === 503 || status === 429;

const pause = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));

export const createClient = (neighbours: ClientNeighbours): Ask => {
  const { basePath, connection, token, breaker, limits, counts, report, name } = neighbours;

  const pathOf = ({ path }: Asked): string => basePath + path || '/';

  /** One exchange, counted; a failure is thrown as an UpstreamFault. */
  const once = async (asked: Asked, headers: Readonly<Record<string, string>>, time: Deadline): Promise<Answer> => {
    if (!breaker.admits()) {
      counts.spared += 1;
      throw new UpstreamFault('unreachable', 'LEFT_ALONE');
    }
    counts.requests += 1;
    let verdict: 'succeeded' | 'failed' | 'ended' = 'ended';
    try {
      const credentials = await token.headers(time);
      const sent = { ...headers, ...credentials };
      let answer = await connection.send({ ...asked, path: pathOf(asked), headers: sent }, time);
      // A token that has ended early is renewed once; 401 means that nothing was done.
      if (answer.status === 401 && token.forget(credentials)) {
        const renewed = { ...headers, ...(await token.headers(time)) };
        answer = await connection.send({ ...asked, path: pathOf(asked), headers: renewed }, time);
      }
      verdict = isFailing(answer.status) ? 'failed' : 'succeeded';
      counts.lastAnswer = neighbours.now();
      return answer;
    } catch (error) {
      // What cannot be read is an answer: it says that the system is there.
      const kind = error instanceof UpstreamFault ? error.kind : 'given-up';
      if (kind === 'broken') verdict = 'succeeded';
      else if (kind === 'unreachable' || kind === 'too-slow' || time.isLate) verdict = 'failed';
      throw error;
    } finally {
      breaker[verdict]();
      if (verdict === 'failed') counts.failures += 1;
    }
  };

  const again = async (asked: Asked, headers: Readonly<Record<string, string>>, time: Deadline): Promise<Answer> => {
    counts.retries += 1;
    await pause(limits.retryMs * (0.5 + Math.random()));
    return once(asked, headers, time);
  };

  const twice = async (asked: Asked, headers: Readonly<Record<string, string>>, time: Deadline): Promise<Answer> => {
    if (!asked.isSafe) return once(asked, headers, time);
    let answer: Answer;
    try {
      answer = await once(asked, headers, time);
    } catch (error) {
      const isWorth = error instanceof UpstreamFault && error.kind === 'unreachable' && breaker.state === 'closed';
      if (!isWorth) throw error;
      return again(asked, headers, time);
    }
    return mayHelp(answer.status) && breaker.state === 'closed' ? again(asked, headers, time) : answer;
  };

  return async (asked) => {
    const context = requestContext();
    context?.signal.throwIfAborted();
    asked.signal?.throwIfAborted();
    const time = createDeadline(limits.totalMs, asked.isSafe ? [asked.signal, context?.signal] : []);
    const headers = { ...always, 'x-request-id': requestId(), ...asked.headers };
    try {
      const answer = await twice(asked, headers, time);
      if (isFailing(answer.status) || answer.status === 429) throw new BackendUnavailable(`status ${answer.status}`);
      if (answer.status === 401 || answer.status === 403) {
        report({ kind: 'upstream-credentials', source: name, detail: String(answer.status) });
        throw unusable();
      }
      return answer;
    } catch (error) {
      if (!(error instanceof UpstreamFault)) throw error;
      if (error.kind === 'given-up' && !time.isLate) throw asked.signal?.reason ?? context?.signal.reason ?? error;
      if (error.kind === 'given-up' || error.kind === 'too-slow') {
        counts.timeouts += 1;
        throw tooSlow();
      }
      if (error.kind === 'unreachable') throw new BackendUnavailable(error);
      const kind = error.kind === 'refused' ? 'upstream-credentials' : 'upstream-unusable';
      report({ kind, source: name, detail: error.message });
      throw unusable();
    } finally {
      time.end();
    }
  };
};
