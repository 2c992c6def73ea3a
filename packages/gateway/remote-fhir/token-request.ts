/**
 * A token for ourselves from the authorization server of a foreign FHIR server, by a secret or by a signed statement.
 * RFC 6749 §4.4, §2.3.1; RFC 7523 §2.2; SMART App Launch 2.2, backend-services and client-confidential-asymmetric.
 */
import { randomUUID } from 'node:crypto';
import type { Permissions } from '@affinity/outbound/outbound-url.ts';
import type { SafeFetch } from '@affinity/outbound/safe-fetch.ts';
import { importJWK, type JWK, SignJWT } from 'jose';
import { connectTo } from './connection.ts';
import { createDeadline } from './deadline.ts';
import { isMembers } from './json-text.ts';
import { type BackendKey, type Credentials, defaultRemoteLimits, type TlsOptions } from './options.ts';
import { UpstreamFault } from './upstream-fault.ts';
import type { Granted } from './upstream-token.ts';

type WithToken = Extract<Credentials, { tokenEndpoint?: string }>;

export interface TokenNeighbours {
  /** base of the foreign server, by which its token endpoint is discovered */
  readonly base: URL;
  readonly tls?: TlsOptions;
  readonly safeFetch: SafeFetch;
  readonly now: () => number;
}

/** For the whole exchange, and of what it answers. */
const limits = { ...defaultRemoteLimits, connections: 2, headersMs: 5_000, bodyMs: 5_000, responseBytes: 65_536 };
const totalMs = 10_000;
/** RFC 7523 §3: long enough for clocks that differ, short enough for what is stolen. SMART: five minutes at most. */
const assertionSeconds = 240;

const refused = (code: string): UpstreamFault => new UpstreamFault('refused', code);

const parsed = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(text);
    return isMembers(value) ? value : {};
  } catch {
    return {};
  }
};

const isJwk = (key: BackendKey['privateKey']): key is JWK => 'kty' in key;

const assertionOf = async (
  { clientId, key }: Extract<Credentials, { kind: 'backend-services' }>,
  endpoint: string,
  now: number,
): Promise<string> => {
  const { algorithm, keyId, privateKey, jwksUrl } = key;
  const time = Math.floor(now / 1000);
  return new SignJWT({
    iss: clientId,
    sub: clientId,
    aud: endpoint,
    jti: randomUUID(),
    iat: time,
    exp: time + assertionSeconds,
  })
    .setProtectedHeader({ alg: algorithm, kid: keyId, typ: 'JWT', ...(jwksUrl === undefined ? {} : { jku: jwksUrl }) })
    .sign(isJwk(privateKey) ? await importJWK(privateKey, algorithm) : privateKey);
};

/** RFC 6749 §2.3.1: both are form-encoded before they are put together. */
const encoded = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1);

const requestOf = async (credentials: WithToken, endpoint: string, now: number) => {
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  const headers: Record<string, string> = {
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
  };
  if (credentials.scope !== undefined) form.set('scope', credentials.scope);
  if (credentials.kind === 'backend-services') {
    form.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    form.set('client_assertion', await assertionOf(credentials, endpoint, now));
  } else if (credentials.secretIn === 'body') {
    form.set('client_id', credentials.clientId);
    form.set('client_secret', credentials.clientSecret);
  } else {
    const pair = `${encoded(credentials.clientId)}:${encoded(credentials.clientSecret)}`;
    headers.authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
  }
  return { headers, body: form.toString() };
};

/** One exchange with a place that the operator wrote, or that lies at the same origin. */
const exchange = async (
  url: URL,
  tls: TlsOptions | undefined,
  sent: { readonly method: 'GET' | 'POST'; readonly headers: Readonly<Record<string, string>>; readonly body?: string },
): Promise<{ readonly status: number; readonly text: string }> => {
  const connection = connectTo(url, limits, tls);
  const time = createDeadline(totalMs);
  try {
    return await connection.send({ ...sent, path: url.pathname + url.search }, time);
  } catch (error) {
    throw error instanceof UpstreamFault && error.kind === 'given-up' ? new UpstreamFault('too-slow', 'TOKEN') : error;
  } finally {
    time.end();
    await connection.close();
  }
};

export const createTokenRequest = ({ base, tls, safeFetch, now }: TokenNeighbours) => {
  /** SMART App Launch 2.2, conformance: below the base. */
  const discover = async (): Promise<string> => {
    const url = new URL(`${base.href.replace(/\/+$/, '')}/.well-known/smart-configuration`);
    const { status, text } = await exchange(url, tls, { method: 'GET', headers: { accept: 'application/json' } });
    const { token_endpoint: endpoint } = parsed(text);
    if (status !== 200 || typeof endpoint !== 'string' || !URL.canParse(endpoint)) throw refused('DISCOVERY');
    return endpoint;
  };
  let discovered: string | undefined;

  return async (credentials: WithToken): Promise<Granted> => {
    const { tokenEndpoint } = credentials;
    if (tokenEndpoint === undefined) discovered ??= await discover();
    const endpoint = tokenEndpoint ?? discovered ?? '';
    const url = new URL(endpoint);
    const { headers, body } = await requestOf(credentials, endpoint, now());
    let answer: { readonly status: number; readonly text: string };
    if (tokenEndpoint !== undefined || url.origin === base.origin)
      answer = await exchange(url, tls, { method: 'POST', headers, body });
    else {
      // Another place that the foreign server names: one that may be asked on a stranger's word.
      const permissions: Permissions = {
        dangerouslyAllowLoopback: ['localhost', '127.0.0.1', '[::1]'].includes(base.hostname),
        dangerouslyAllowHosts: [base.hostname],
      };
      const given = await safeFetch({
        url: endpoint,
        method: 'POST',
        headers,
        body,
        accept: ['application/json'],
        ...permissions,
      });
      if (given.kind === 'refused')
        throw given.why === 'too-slow' ? new UpstreamFault('too-slow', 'TOKEN') : refused('ENDPOINT');
      answer = { status: given.status, text: given.body.toString() };
    }
    const { access_token: token, token_type: type, expires_in: seconds } = parsed(answer.text);
    if (answer.status >= 500) throw new UpstreamFault('unreachable', `TOKEN_${answer.status}`);
    const isBearer = typeof type === 'string' && type.toLowerCase() === 'bearer';
    if (answer.status !== 200 || !isBearer || typeof token !== 'string' || !/^[\x21-\x7e]{1,16000}$/.test(token)) {
      discovered = undefined;
      throw refused(`TOKEN_${answer.status}`);
    }
    return { token, seconds: typeof seconds === 'number' && seconds > 0 ? seconds : 60 };
  };
};
