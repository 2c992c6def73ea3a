/**
 * Our own key towards a foreign server that knows us by SMART Backend Services: made at the first start, kept in the database,
 * its public part told at `/upstream-keys/{name}`. SMART App Launch 2.2, client-confidential-asymmetric.
 */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JSONWebKeySet, type JWK } from 'jose';
import type pg from 'pg';

export const upstreamKeysPath = '/upstream-keys';
export const upstreamKeyUrl = (origin: string, name: string): string => `${origin}${upstreamKeysPath}/${name}`;

export interface UpstreamKey {
  readonly algorithm: 'ES384';
  readonly keyId: string;
  readonly privateKey: JWK;
}

const makeKey = async (): Promise<JWK> => {
  const jwk = await exportJWK((await generateKeyPair('ES384', { extractable: true })).privateKey);
  return { ...jwk, alg: 'ES384', kid: await calculateJwkThumbprint(jwk), use: 'sig' };
};

/** The same in every process of the domain. */
export const loadUpstreamKey = async (pool: pg.Pool, name: string): Promise<UpstreamKey> => {
  const { rows } = await pool.query<{ value: JWK }>(
    `insert into domain_fact (name, value) values ($1, $2)
     on conflict (name) do update set value = domain_fact.value returning value`,
    [`upstream-key ${name}`, JSON.stringify(await makeKey())],
  );
  const privateKey = rows[0]?.value;
  if (privateKey?.kid === undefined) throw new Error(`The key for ${name} in the database is damaged.`);
  return { algorithm: 'ES384', keyId: privateKey.kid, privateKey };
};

/** What may be known of it. */
export const publicKeys = ({ privateKey: { kty, crv, x, y, alg, kid, use } }: UpstreamKey): JSONWebKeySet =>
  ({ keys: [{ kty, crv, x, y, alg, kid, use }] }) as JSONWebKeySet;
