/** Which app asks, by exactly one proof. RFC 6749 §2.3, §3.2.1; RFC 7523 §2.2; SMART App Launch 2.2. */
import { timingSafeEqual } from 'node:crypto';
import { OAuthError } from '@affinity/core/oauth/error.ts';
import { hashOf } from './adapter.ts';
import { type AssertionNeighbours, assertionType, verifyAssertion } from './client-assertion.ts';
import type { Client } from './clients.ts';
import { clientOfRefreshToken } from './refresh-tokens.ts';

const refused = (detail: string): OAuthError =>
  new OAuthError('invalid_client', 'client authentication failed', { detail });
const malformed = (description: string): OAuthError => new OAuthError('invalid_request', description);

/** RFC 6749 §2.3.1: both halves are form-urlencoded before they are joined. */
function decodeBasic(header: string): { readonly id: string; readonly secret: string } {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header)?.[1];
  if (encoded === undefined) throw refused('not Basic');
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  const decode = (half: string): string => decodeURIComponent(half.replaceAll('+', ' '));
  try {
    if (colon < 0) throw refused('Basic without a colon');
    return { id: decode(text.slice(0, colon)), secret: decode(text.slice(colon + 1)) };
  } catch {
    throw refused('Basic is malformed');
  }
}

async function checkSecret(
  { clients, secrets, now }: AssertionNeighbours,
  id: string,
  secret: string,
  address: string | undefined,
): Promise<Client> {
  const wait = await secrets.wait(id, address);
  if (wait !== undefined)
    throw new OAuthError('invalid_client', 'too many wrong secrets', { status: 429, detail: `${wait} s to wait` });
  const client = await clients.find(id);
  // An unknown app is compared with a hash that no secret has, so that it takes as long.
  const presented = hashOf(secret);
  const right = timingSafeEqual(presented, client?.secretHash ?? Buffer.alloc(32));
  const earlier = client?.earlierSecret;
  const rightBefore = timingSafeEqual(presented, earlier?.hash ?? Buffer.alloc(32));
  if (client?.secretHash !== undefined && (right || (rightBefore && earlier !== undefined && earlier.until > now())))
    return client;
  await secrets.noteWrong(id, address);
  throw refused('unknown app or wrong secret');
}

/** SMART App Launch 2.2, refresh: a public app may send nothing but its refresh token, which says whose it is. */
const clientOfRefresh = async (
  { pool }: AssertionNeighbours,
  sent: ReadonlyMap<string, string>,
): Promise<string | undefined> => {
  const token = sent.get('grant_type') === 'refresh_token' ? sent.get('refresh_token') : undefined;
  return token === undefined ? undefined : clientOfRefreshToken(pool, token);
};

/**
 * @param sent the parameters of the form, each once
 * @throws OAuthError `invalid_client` (401), or `invalid_request` where there is not one proof but two or half of one
 */
export async function authenticateClient(
  neighbours: AssertionNeighbours,
  request: Request,
  sent: ReadonlyMap<string, string>,
  address: string | undefined,
): Promise<Client> {
  const authorization = request.headers.get('authorization') ?? undefined;
  const [secret, assertion, type, id] = ['client_secret', 'client_assertion', 'client_assertion_type', 'client_id'].map(
    (name) => sent.get(name),
  );
  if ([authorization, secret, assertion].filter((proof) => proof !== undefined).length > 1) {
    throw malformed('only one way of client authentication may be used');
  }
  const sameId = (client: Client): Client => {
    if (id !== undefined && id !== client.id) throw malformed('client_id is not that of the authenticated app');
    return client;
  };
  if (authorization !== undefined) {
    const basic = decodeBasic(authorization);
    return sameId(await checkSecret(neighbours, basic.id, basic.secret, address));
  }
  if (secret !== undefined) {
    if (id === undefined) throw malformed('client_id is missing');
    return checkSecret(neighbours, id, secret, address);
  }
  if (assertion !== undefined || type !== undefined) {
    if (assertion === undefined) throw malformed('client_assertion is missing');
    if (type !== assertionType) throw malformed(`client_assertion_type must be ${assertionType}`);
    const result = await verifyAssertion(assertion, neighbours);
    if (result.kind === 'refused') throw refused(result.reason);
    return sameId(result.client);
  }
  const named = id ?? (await clientOfRefresh(neighbours, sent));
  if (named === undefined) throw refused('no client authentication');
  const client = await neighbours.clients.find(named);
  if (client === undefined || client.authentication !== 'none')
    throw refused('an app that must prove who it is did not');
  return client;
}
