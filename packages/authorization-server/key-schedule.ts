/**
 * When a key is published, signs, and goes: one row each, by the clock of the database, so that all processes agree. OIDC
 * Core 1.0 §10.1.1; RFC 7517; NIST SP 800-57 part 1, §5.3.
 */
import { transaction } from '@affinity/store/postgres/pool.ts';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import type pg from 'pg';
import type { Settings } from './settings.ts';

/** Each use has keys of its own: a token of one kind never passes for another. */
export const keyUses = ['id-token', 'id-token-es256', 'access-token'] as const;
export type KeyUse = (typeof keyUses)[number];
export type KeyAlgorithm = 'RS256' | 'ES256';

/** RS256 for id_tokens, as SMART wants it; ES256 for access tokens: short, and quick to verify on every resource server. */
export const algorithmOf: Readonly<Record<KeyUse, KeyAlgorithm>> = {
  'id-token': 'RS256',
  'id-token-es256': 'ES256',
  'access-token': 'ES256',
};

export interface KeyTimes {
  readonly kid: string;
  readonly use: KeyUse;
  readonly alg: KeyAlgorithm;
  readonly publishedAt: Date;
  readonly signsFrom: Date;
  readonly signsUntil?: Date;
  readonly publishedUntil?: Date;
  readonly withdrawnAt?: Date;
  readonly state: 'next' | 'active' | 'retired' | 'gone' | 'withdrawn';
}

export interface StoredKey extends KeyTimes {
  /** absent once it signs nothing any more */
  readonly privateJwk?: JWK;
  readonly publicJwk: JWK;
}

interface Row {
  readonly kid: string;
  readonly use: KeyUse;
  readonly alg: KeyAlgorithm;
  readonly private_jwk: JWK | null;
  readonly public_jwk: JWK;
  readonly published_at: Date;
  readonly signs_from: Date;
  readonly signs_until: Date | null;
  readonly published_until: Date | null;
  readonly withdrawn_at: Date | null;
  readonly state: KeyTimes['state'];
}

const keyOf = (row: Row): StoredKey => ({
  kid: row.kid,
  use: row.use,
  alg: row.alg,
  ...(row.private_jwk === null ? {} : { privateJwk: row.private_jwk }),
  publicJwk: row.public_jwk,
  publishedAt: row.published_at,
  signsFrom: row.signs_from,
  ...(row.signs_until === null ? {} : { signsUntil: row.signs_until }),
  ...(row.published_until === null ? {} : { publishedUntil: row.published_until }),
  ...(row.withdrawn_at === null ? {} : { withdrawnAt: row.withdrawn_at }),
  state: row.state,
});

/** All that are known, the youngest first within their use. */
export async function readKeys(db: pg.Pool | pg.PoolClient): Promise<readonly StoredKey[]> {
  const { rows } = await db.query<Row>(
    `select kid, use, alg, private_jwk, public_jwk, published_at, signs_from, signs_until, published_until, withdrawn_at,
       case when withdrawn_at is not null then 'withdrawn'
            when published_until <= clock_timestamp() then 'gone'
            when signs_until <= clock_timestamp() then 'retired'
            when signs_from <= clock_timestamp() then 'active'
            else 'next' end as state
     from signing_key order by use, signs_from desc, kid`,
  );
  return rows.map(keyOf);
}

export interface KeyTerms {
  /** how long a key is published before it signs: whoever remembers the key set has read it anew by then */
  readonly aheadSeconds: number;
  /** how long it stays published after it signed for the last time: nothing that it signed lives any more by then */
  readonly afterSeconds: number;
}

/** The longest life that a domain may set for a token (`tokens.access_token_seconds`): whatever it is set to meanwhile. */
const longestSettable = 3600;

export const keyTermsOf = (settings: Settings): KeyTerms => {
  // A process may publish and sign by what it read a moment ago, and clocks of others differ.
  const slack = settings.keyStaleSeconds + settings.clockSkewSeconds;
  const { accessTokenSeconds, backendTokenSeconds, emergencySeconds, idTokenSeconds } = settings;
  const lives = [longestSettable, accessTokenSeconds, backendTokenSeconds, emergencySeconds, idTokenSeconds];
  return { aheadSeconds: settings.documentSeconds + slack, afterSeconds: Math.max(...lives) + slack };
};

/** One change at a time, while everybody can read. */
const changing = <Result>(pool: pg.Pool, work: (db: pg.PoolClient, at: Date) => Promise<Result>): Promise<Result> =>
  transaction(pool, async (db) => {
    await db.query('lock table signing_key in share row exclusive mode');
    const { rows } = await db.query<{ at: Date }>('select clock_timestamp() as at');
    return work(db, rows[0]?.at ?? new Date());
  });

async function addKey(db: pg.PoolClient, use: KeyUse, at: Date, signsFrom: Date): Promise<string> {
  const { kid, privateJwk, publicJwk } = await makeKey(algorithmOf[use]);
  await db.query(
    `insert into signing_key (kid, use, alg, private_jwk, public_jwk, published_at, signs_from)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [kid, use, algorithmOf[use], JSON.stringify(privateJwk), JSON.stringify(publicJwk), at, signsFrom],
  );
  return kid;
}

async function makeKey(alg: KeyAlgorithm) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 });
  const bare = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(bare);
  const more = { kid, alg, use: 'sig' };
  return { kid, privateJwk: { ...(await exportJWK(privateKey)), ...more }, publicJwk: { ...bare, ...more } };
}

/** Of several processes that start at once, one makes what is missing. */
export async function makeMissingKeys(pool: pg.Pool): Promise<void> {
  const missing = async (db: pg.Pool | pg.PoolClient): Promise<readonly KeyUse[]> => {
    const { rows } = await db.query<{ use: string }>('select distinct use from signing_key where withdrawn_at is null');
    return keyUses.filter((use) => !rows.some((row) => row.use === use));
  };
  if ((await missing(pool)).length === 0) return;
  await changing(pool, async (db, at) => {
    for (const use of await missing(db)) await addKey(db, use, at, at);
  });
}

export type Rotation =
  | { readonly kind: 'planned'; readonly kid: string; readonly signsFrom: Date }
  /** one is on its way already */
  | { readonly kind: 'pending'; readonly kid: string; readonly signsFrom: Date };

/** A new key, published from now on; it takes over once everybody can know it. */
export const rotateKey = (pool: pg.Pool, use: KeyUse, { aheadSeconds, afterSeconds }: KeyTerms): Promise<Rotation> =>
  changing(pool, async (db, at): Promise<Rotation> => {
    const { rows } = await db.query<{ kid: string; signs_from: Date }>(
      'select kid, signs_from from signing_key where use = $1 and withdrawn_at is null and signs_from > $2',
      [use, at],
    );
    const [next] = rows;
    if (next !== undefined) return { kind: 'pending', kid: next.kid, signsFrom: next.signs_from };
    const planned = new Date(at.getTime() + aheadSeconds * 1000);
    const { rowCount } = await db.query(
      `update signing_key set signs_until = $2, published_until = $3
       where use = $1 and withdrawn_at is null and signs_until is null`,
      [use, planned, new Date(planned.getTime() + afterSeconds * 1000)],
    );
    // The first of all has nobody to take over from.
    const signsFrom = rowCount === 0 ? at : planned;
    return { kind: 'planned', kid: await addKey(db, use, at, signsFrom), signsFrom };
  });

/**
 * For a key that somebody else may have: every key of this use goes at once, and whatever they signed with them; a new one
 * signs from now on. @returns how many were taken out
 */
export const replaceKey = (pool: pg.Pool, use: KeyUse): Promise<{ readonly kid: string; readonly withdrawn: number }> =>
  changing(pool, async (db, at) => {
    const { rowCount } = await db.query(
      `update signing_key set withdrawn_at = $2, private_jwk = null where use = $1 and withdrawn_at is null`,
      [use, at],
    );
    return { kid: await addKey(db, use, at, at), withdrawn: rowCount ?? 0 };
  });
