/** The keys of the issuer as they stand now, kept in the database of the domain. RFC 7517; SMART App Launch 2.2: id_token RS256. */
import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { type CryptoKey, decodeProtectedHeader, importJWK, type JSONWebKeySet, type JWK } from 'jose';
import type pg from 'pg';
import { type KeyAlgorithm, type KeyUse, keyUses, makeMissingKeys, readKeys, type StoredKey } from './key-schedule.ts';
import { faultName, type Log } from './log.ts';

export interface VerifyingKey {
  readonly alg: KeyAlgorithm;
  readonly kid: string;
  readonly public: CryptoKey;
}

export interface SigningKey extends VerifyingKey {
  readonly private: CryptoKey;
}

export interface KeySet {
  readonly signing: Readonly<Record<KeyUse, SigningKey>>;
  /** public halves of what is published: the same object for as long as nothing has changed */
  readonly jwks: JSONWebKeySet;
  /** A published key; undefined where nothing that it signed counts (any more). */
  published(use: KeyUse, kid: string | undefined): VerifyingKey | undefined;
  /** Also one that left in its time: for id_tokens that come back as hints, however old. */
  retained(use: KeyUse, kid: string | undefined): VerifyingKey | undefined;
}

export interface SigningKeys {
  /**
   * As read at most a moment ago. It asks nobody, so that it can be used where a connection of the database is held.
   * @throws Error where the database was not heard from for so long that a key may have been taken out
   */
  current(): KeySet;
  /** proof that a form came from our own page */
  seal(text: string): string;
  /** Follows no longer what is changed. */
  stop(): Promise<void>;
}

/** The key that a token names: what it names is believed only where the signature fits. */
export function kidOf(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).kid;
  } catch {
    return undefined;
  }
}

export interface KeyNeighbours {
  readonly pool: pg.Pool;
  readonly settings: { readonly keyPollSeconds: number; readonly keyStaleSeconds: number };
  readonly log: Log;
}

/** Reads the keys; makes those that are missing; reads them again and again, so that every process follows a rotation. */
export async function loadSigningKeys({ pool, settings, log }: KeyNeighbours): Promise<SigningKeys> {
  const sealKey = await loadSeal(pool);
  await makeMissingKeys(pool);
  const assemble = createAssembly();
  let set = await assemble(await readKeys(pool));
  let read = performance.now();
  let deaf = false;
  let running: Promise<void> = Promise.resolve();
  const look = async (): Promise<void> => {
    const asked = performance.now();
    set = await assemble(await readKeys(pool));
    read = asked;
    deaf = false;
  };
  const timer = setInterval(() => {
    running = running.then(look).catch((error: unknown) => {
      if (!deaf) log('the signing keys could not be read', { reason: faultName(error) });
      deaf = true;
    });
  }, settings.keyPollSeconds * 1000);
  timer.unref();
  return {
    current() {
      if (performance.now() - read > settings.keyStaleSeconds * 1000)
        throw new Error('The signing keys are not known.');
      return set;
    },
    seal: (text) => createHmac('sha256', sealKey).update(text).digest('base64url'),
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}

/** Imports each key once, and gives the same set again while nothing has changed. */
function createAssembly(): (stored: readonly StoredKey[]) => Promise<KeySet> {
  const imported = new Map<string, { readonly public: CryptoKey; readonly private?: CryptoKey }>();
  let known: { readonly text: string; readonly set: KeySet } | undefined;
  const importKey = async ({ kid, alg, publicJwk, privateJwk }: StoredKey) => {
    const before = imported.get(kid);
    if (before !== undefined) return before;
    const importOne = async (jwk: JWK): Promise<CryptoKey> => (await importJWK(jwk, alg)) as CryptoKey;
    const key = {
      public: await importOne(publicJwk),
      ...(privateJwk === undefined ? {} : { private: await importOne(privateJwk) }),
    };
    imported.set(kid, key);
    return key;
  };
  return async (stored) => {
    const kept = stored.filter(({ state }) => state !== 'withdrawn');
    const text = JSON.stringify(kept.map(({ kid, state }) => [kid, state]));
    if (text === known?.text) return known.set;
    const keys = await Promise.all(kept.map(async (key) => ({ ...key, ...(await importKey(key)) })));
    const find = (use: KeyUse, kid: string | undefined) => keys.find((key) => key.use === use && key.kid === kid);
    const active = keyUses.map((use): [KeyUse, SigningKey] => {
      const key = keys.find((one) => one.use === use && one.state === 'active');
      if (key?.private === undefined) throw new Error(`No key signs ${use} now.`);
      return [use, { alg: key.alg, kid: key.kid, public: key.public, private: key.private }];
    });
    const published = keys.filter(({ state }) => state !== 'gone');
    const inOrder = keyUses.flatMap((use) => published.filter((key) => key.use === use));
    const set: KeySet = {
      signing: Object.fromEntries(active) as Record<KeyUse, SigningKey>,
      jwks: { keys: inOrder.map(({ publicJwk }) => publicJwk) },
      published: (use, kid) => {
        const key = find(use, kid);
        return key?.state === 'gone' ? undefined : key;
      },
      retained: find,
    };
    known = { text, set };
    return set;
  };
}

async function loadSeal(pool: pg.Pool): Promise<KeyObject> {
  const secret = { kty: 'oct', k: randomBytes(32).toString('base64url') };
  await pool.query(`insert into authorization_key (use, jwk) values ('form-seal', $1) on conflict (use) do nothing`, [
    JSON.stringify(secret),
  ]);
  const { rows } = await pool.query<{ jwk: JWK }>(`select jwk from authorization_key where use = 'form-seal'`);
  const { k } = rows[0]?.jwk ?? {};
  if (k === undefined) throw new Error('The key that seals forms could not be stored.');
  return createSecretKey(Buffer.from(k, 'base64url'));
}
