/**
 * A signed statement by which an app proves who it is, read as strictly as it is written. RFC 7523 §3; RFC 8725 §3;
 * SMART App Launch 2.2, client-confidential-asymmetric.
 */
import { isInstant, type Members, readJws, smuggles } from '@affinity/proof/strict-jws.ts';
import { compactVerify, importJWK } from 'jose';
import type pg from 'pg';
import { hashOf } from './adapter.ts';
import type { ClientKeys } from './client-keys.ts';
import { type Client, type ClientRegistry, usualAlgorithms } from './clients.ts';
import type { Settings } from './settings.ts';
import type { SecretThrottle } from './throttle.ts';

export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export type Assertion =
  | { readonly kind: 'client'; readonly client: Client }
  /** `reason` is for the log: the app is told `invalid_client` */
  | { readonly kind: 'refused'; readonly reason: string };

export interface AssertionNeighbours {
  readonly pool: pg.Pool;
  readonly clients: ClientRegistry;
  readonly clientKeys: ClientKeys;
  readonly secrets: SecretThrottle;
  /** our token endpoint and our issuer */
  readonly audiences: readonly string[];
  readonly settings: Settings;
  now(): Date;
}

function headerFault(header: Members, client: Client): string | undefined {
  const { alg, kid, typ, jku } = header;
  if (typ !== 'JWT') return 'typ is not JWT';
  if (smuggles(header, ['jku'])) return 'a header that is not allowed';
  const registered = client.metadata.token_endpoint_auth_signing_alg;
  const allowed = registered === undefined ? usualAlgorithms : [registered];
  if (typeof alg !== 'string' || !allowed.includes(alg)) return 'alg is not registered';
  if (typeof kid !== 'string' || kid === '') return 'kid is missing';
  if (jku !== undefined && (jku !== client.metadata.jwks_uri || typeof jku !== 'string'))
    return 'jku is not the registered one';
  return undefined;
}

function claimsFault(claims: Members, { audiences, settings, now }: AssertionNeighbours): string | undefined {
  const { iss, sub, aud, exp, iat, nbf, jti } = claims;
  const time = Math.floor(now().getTime() / 1000);
  const { clockSkewSeconds: skew, assertionSeconds } = settings;
  if (iss !== sub) return 'iss and sub differ';
  const audience = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud;
  if (typeof audience !== 'string' || !audiences.includes(audience)) return 'aud is not the token endpoint';
  if (!isInstant(exp)) return 'exp is not a whole number of seconds';
  if (exp <= time - skew) return 'exp is over';
  if (exp > time + assertionSeconds + skew) return 'exp is too far ahead';
  for (const since of [iat, nbf]) {
    if (since !== undefined && !(isInstant(since) && since <= time + skew)) return 'iat or nbf is in the future';
  }
  if (typeof jti !== 'string' || jti === '' || jti.length > 255) return 'jti is missing';
  return undefined;
}

/** Whether this id is new: one statement, so that of several at once exactly one is told so. */
async function useOnce(pool: pg.Pool, issuer: string, jti: string, until: number): Promise<boolean> {
  const { rowCount } = await pool.query(
    'insert into used_assertion (id, expires_at) values ($1, to_timestamp($2)) on conflict (id) do nothing',
    [hashOf(JSON.stringify([issuer, jti])), until],
  );
  return rowCount === 1;
}

export async function verifyAssertion(assertion: string, neighbours: AssertionNeighbours): Promise<Assertion> {
  const refused = (reason: string): Assertion => ({ kind: 'refused', reason });
  const { clients, clientKeys, settings, pool } = neighbours;
  const read = readJws(assertion, settings.assertionCharacters);
  if (read === undefined) return refused('too long, or not a compact JWS of two JSON objects');
  const { header, claims } = read;
  const client = typeof claims.iss === 'string' ? await clients.find(claims.iss) : undefined;
  if (client === undefined || client.authentication !== 'private_key_jwt') return refused('iss is no app with keys');
  const fault = headerFault(header, client) ?? claimsFault(claims, neighbours);
  if (fault !== undefined) return refused(fault);
  const alg = String(header.alg);
  const jwk = await clientKeys.find(client, String(header.kid), alg.startsWith('ES') ? 'EC' : 'RSA');
  if (jwk === undefined) return refused('no one key has this kid and type');
  if ((jwk.alg !== undefined && jwk.alg !== alg) || (jwk.use !== undefined && jwk.use !== 'sig'))
    return refused('the key is for something else');
  try {
    await compactVerify(assertion, await importJWK(jwk, alg), { algorithms: [alg] });
  } catch {
    return refused('the signature is wrong');
  }
  const fresh = await useOnce(pool, client.id, String(claims.jti), Number(claims.exp) + settings.clockSkewSeconds);
  return fresh ? { kind: 'client', client } : refused('jti was used before');
}
