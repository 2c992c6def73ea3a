/**
 * A token for one server of the domain, got for the token that the locator was sent: the caller's own grant, never the
 * caller's own token. RFC 8693 §2; RFC 8707 §2; docs/decisions/0019-devices-and-exchange.md.
 */
import { createHash } from 'node:crypto';
import type { TokenAnswer, TokenFor } from './asking.ts';
import type { SourceToken } from './source.ts';
import { readObject } from './source-answer.ts';

export interface TokenEndpointReply {
  readonly status: number;
  readonly body: string;
}

/** Proves a key of the locator's own: what comes of a token that is bound to a key is bound again, to this one (RFC 9449). */
export type ProveKey = (of: {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly accessToken?: string;
}) => Promise<string>;

export interface ExchangeNeighbours {
  readonly tokenEndpoint: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly send: (form: string, headers: Readonly<Record<string, string>>) => Promise<TokenEndpointReply>;
  readonly proveKey: ProveKey;
  /** tokens that are remembered until they are nearly over */
  readonly remembered: number;
  /** epoch milliseconds */
  readonly now: () => number;
}

const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';
/** A token that is over before it arrives is of no use. */
const marginMilliseconds = 5_000;
/** RFC 6749 §2.3.1. */
const formText = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1);

interface Remembered {
  readonly until: number;
  readonly answer: TokenAnswer;
}

export const createTokenExchange = (neighbours: ExchangeNeighbours): TokenFor => {
  const { tokenEndpoint, clientId, clientSecret, send, proveKey, remembered, now } = neighbours;
  const known = new Map<string, Promise<Remembered>>();
  const basic = Buffer.from(`${formText(clientId)}:${formText(clientSecret)}`).toString('base64');

  const tokenOf = (accessToken: string, isBound: boolean): SourceToken => ({
    headersFor: async (method, url) =>
      isBound
        ? { authorization: `DPoP ${accessToken}`, dpop: await proveKey({ method, url, accessToken }) }
        : { authorization: `Bearer ${accessToken}` },
  });

  const exchange = async (token: string, base: string, isBound: boolean): Promise<Remembered> => {
    const form = new URLSearchParams({
      grant_type: exchangeGrant,
      subject_token: token,
      subject_token_type: accessTokenType,
      resource: base,
    });
    const { status, body } = await send(form.toString(), {
      authorization: `Basic ${basic}`,
      'content-type': 'application/x-www-form-urlencoded',
      ...(isBound ? { dpop: await proveKey({ method: 'POST', url: tokenEndpoint }) } : {}),
    });
    if (status === 400) return { until: 0, answer: { kind: 'refused' } };
    const read = status === 200 ? readObject(body) : undefined;
    const { access_token: made, token_type: type } = read ?? {};
    const seconds = Number(JSON.parse(body === '' ? '{}' : body)?.expires_in);
    if (typeof made !== 'string' || type !== (isBound ? 'DPoP' : 'Bearer') || !(seconds > 0))
      return { until: 0, answer: { kind: 'failed' } };
    const until = now() + seconds * 1000 - marginMilliseconds;
    return { until, answer: { kind: 'token', token: tokenOf(made, isBound) } };
  };

  return async ({ token, principal }, base) => {
    // By the token as a whole: nobody is given what somebody else's was exchanged for.
    const key = createHash('sha256').update(`${base}\n${token}`).digest('base64');
    const before = await known.get(key)?.catch(() => undefined);
    if (before !== undefined && now() < before.until) return before.answer;
    const flight = exchange(token, base, principal.key !== undefined).catch(
      (): Remembered => ({ until: 0, answer: { kind: 'failed' } }),
    );
    known.delete(key);
    known.set(key, flight);
    const [oldest] = known.keys();
    if (known.size > remembered && oldest !== undefined) known.delete(oldest);
    const made = await flight;
    if (made.until === 0) known.delete(key);
    return made.answer;
  };
};
