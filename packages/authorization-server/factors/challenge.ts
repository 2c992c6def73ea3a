/**
 * Challenges for passkeys: made without being stored, bound to what they are for and to the browser, over after a while, and
 * answered once. WebAuthn Level 3 §13.4.3.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type pg from 'pg';
import { hashOf } from '../adapter.ts';
import type { Settings } from '../settings.ts';
import type { SigningKeys } from '../signing-keys.ts';

export interface ChallengeNeighbours {
  readonly pool: pg.Pool;
  readonly keys: Pick<SigningKeys, 'seal'>;
  readonly settings: Settings;
  now(): Date;
}

export interface Challenges {
  /** @param purpose what it is for and in which interaction or session: for another it is worth nothing */
  make(purpose: string): Uint8Array<ArrayBuffer>;
  /** Whether it was made for this, is not over, and was not answered before; from now on it was. */
  use(challenge: string, purpose: string): Promise<boolean>;
}

const nonceLength = 16;
const expiryLength = 6;

export function createChallenges({ pool, keys, settings, now }: ChallengeNeighbours): Challenges {
  const proofOf = (body: Uint8Array, purpose: string): Buffer =>
    Buffer.from(keys.seal(`challenge ${Buffer.from(body).toString('base64url')} ${purpose}`), 'base64url');
  return {
    make(purpose) {
      const expiry = Buffer.alloc(expiryLength);
      expiry.writeUIntBE(now().getTime() + settings.challengeSeconds * 1000, 0, expiryLength);
      const body = Buffer.concat([randomBytes(nonceLength), expiry]);
      return Uint8Array.from(Buffer.concat([body, proofOf(body, purpose)]));
    },
    async use(challenge, purpose) {
      const bytes = Buffer.from(challenge, 'base64url');
      const body = bytes.subarray(0, nonceLength + expiryLength);
      const [given, wanted] = [bytes.subarray(body.length), proofOf(body, purpose)];
      if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return false;
      const expiry = new Date(body.readUIntBE(nonceLength, expiryLength));
      if (expiry <= now()) return false;
      const { rowCount } = await pool.query(
        'insert into used_challenge (id, expires_at) values ($1, $2) on conflict do nothing',
        [hashOf(bytes.toString('base64url')), expiry],
      );
      return rowCount === 1;
    },
  };
}
