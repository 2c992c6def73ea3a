/**
 * One question to one server on behalf of a caller: by a token for that server alone, in its turn, within its time, under the id
 * of the caller's own request. RFC 8693; FHIR R4 http.html#custom (`X-Request-Id`).
 */
import type { ExactObject } from '@affinity/core/fhir/exact-json.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { createTurns, type Turns } from '@affinity/store/turns.ts';
import type { Failure, Source, SourceToken } from './source.ts';
import { readObject } from './source-answer.ts';
import { orAborted } from './source-of-this-process.ts';

/** Who asks the locator, with what, and until when. */
export interface Caller {
  readonly principal: Principal;
  /** that the locator was sent: it goes to the issuer, to be exchanged, and to nobody else */
  readonly token: string;
  readonly requestId: string;
  /** the caller has gone, or the time for the whole is up */
  readonly signal: AbortSignal;
}

export type TokenAnswer =
  | { readonly kind: 'token'; readonly token: SourceToken }
  /** the caller has no rights at that server */
  | { readonly kind: 'refused' }
  /** nobody could be asked for it */
  | { readonly kind: 'failed' };

/** For one server of the domain, for the caller's own grant. */
export type TokenFor = (caller: Caller, base: string) => Promise<TokenAnswer>;

export type Answered =
  | { readonly kind: 'answered'; readonly body: ExactObject }
  /** the caller may know of nothing there, or there is nothing: the two are not to be told apart */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'failed'; readonly why: Failure };

export interface Question {
  readonly method: 'GET' | 'POST';
  /** absolute */
  readonly url: string;
  readonly body?: string;
}

export type Ask = (caller: Caller, source: Source, question: Question) => Promise<Answered>;

export interface AskingNeighbours {
  readonly tokenFor: TokenFor;
  /** for one question */
  readonly sourceMilliseconds: number;
  /** questions to one server at a time, whoever asks */
  readonly connections: number;
}

const failed = (why: Failure): Answered => ({ kind: 'failed', why });

const answerOf = (status: number, body: string): Answered => {
  // What a server says of the caller's rights, and of what it does not keep, is the same for everybody asked about.
  if (status === 403 || status === 404) return { kind: 'nothing' };
  if (status === 400 || status === 405 || status === 406 || status === 422) return failed('not-supported');
  if (status === 401) return failed('no-token');
  if (status !== 200) return failed('unreachable');
  const read = readObject(body);
  return read === undefined ? failed('malformed') : { kind: 'answered', body: read };
};

export const createAsking = ({ tokenFor, sourceMilliseconds, connections }: AskingNeighbours): Ask => {
  const turnsAt = new Map<string, Turns>();
  const turnsOf = (base: string): Turns => {
    const turns = turnsAt.get(base) ?? createTurns(connections);
    turnsAt.set(base, turns);
    return turns;
  };
  const send = async (caller: Caller, source: Source, question: Question, signal: AbortSignal): Promise<Answered> => {
    const got = await orAborted(tokenFor(caller, source.base), signal);
    if (got.kind === 'refused') return { kind: 'nothing' };
    if (got.kind === 'failed') return failed('no-token');
    const { method, url, body } = question;
    const reply = await source.ask({
      method,
      url,
      ...(body === undefined ? {} : { body }),
      signal,
      headers: {
        ...(await got.token.headersFor(method, url)),
        accept: 'application/fhir+json',
        ...(body === undefined ? {} : { 'content-type': 'application/fhir+json' }),
        // A server that does not understand all that is asked says so, rather than answer something else.
        prefer: 'handling=strict',
        'x-request-id': caller.requestId,
      },
    });
    return reply.kind === 'failed' ? failed(reply.why) : answerOf(reply.status, reply.body);
  };
  return async (caller, source, question) => {
    const signal = AbortSignal.any([caller.signal, AbortSignal.timeout(sourceMilliseconds)]);
    try {
      const release = await turnsOf(source.base).take([], signal);
      return await send(caller, source, question, signal).finally(release);
    } catch {
      return failed(signal.aborted ? 'timeout' : 'no-token');
    }
  };
};
