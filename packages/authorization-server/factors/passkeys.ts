/** Passkeys: registered by somebody who is signed in, and then a way to sign in without a name or a password. WebAuthn Level 3 §7. */
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import type pg from 'pg';
import type { Person } from '../people.ts';
import type { Challenges } from './challenge.ts';

export interface PasskeyNeighbours {
  readonly issuer: string;
  readonly pool: pg.Pool;
  readonly challenges: Challenges;
  now(): Date;
}

export interface Passkey {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly lastUsedAt?: Date;
}

export type PasskeyAnswer =
  | { readonly kind: 'verified'; readonly sub: string; readonly amr: readonly string[] }
  /** `sub` where the passkey is one of ours: for the audit log only */
  | { readonly kind: 'refused'; readonly sub?: string };

export interface NewPasskey {
  readonly id: string;
  readonly publicKey: Uint8Array;
  readonly counter: number;
  readonly transports: readonly string[];
  readonly deviceBound: boolean;
}

export interface Passkeys {
  /** `PublicKeyCredentialRequestOptionsJSON`, which names nobody */
  requestOptions(purpose: string): Promise<string>;
  verify(answer: string, purpose: string): Promise<PasskeyAnswer>;
  /** `PublicKeyCredentialCreationOptionsJSON` */
  creationOptions(person: Person, purpose: string): Promise<string>;
  /** Undefined where it is not one that was made for this. */
  verifyNew(answer: string, purpose: string): Promise<NewPasskey | undefined>;
  /** False where there are as many as there may be, or this one is there. */
  add(db: pg.PoolClient, sub: string, passkey: NewPasskey, name: string): Promise<boolean>;
  listOf(sub: string): Promise<readonly Passkey[]>;
  remove(db: pg.PoolClient, sub: string, id: string): Promise<boolean>;
}

/** Signatures that every browser and device knows: EdDSA, ES256, RS256 (COSE). */
const supportedAlgorithmIDs = [-8, -7, -257];

/** Of one person. */
export const mostPasskeys = 20;

interface Row {
  readonly sub: string;
  readonly public_key: Buffer;
  readonly counter: string;
  readonly transports: readonly string[];
  readonly device_bound: boolean;
}

/** A member of the answer's own shape; whatever else it holds, the library judges. */
function parseAnswer(
  text: string,
): { readonly id: string; readonly response: Readonly<Record<string, unknown>> } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('id' in value) || !('response' in value)) return undefined;
    const { id, response } = value;
    if (typeof id !== 'string' || !/^[A-Za-z0-9_-]{1,1400}$/.test(id)) return undefined;
    if (typeof response !== 'object' || response === null) return undefined;
    return { ...value, id, response: { ...response } };
  } catch {
    return undefined;
  }
}

const handleOf = (sub: string): string => Buffer.from(sub).toString('base64url');

export function createPasskeys({ issuer, pool, challenges, now }: PasskeyNeighbours): Passkeys {
  const { origin, hostname: rpID } = new URL(issuer);

  return {
    requestOptions: async (purpose) =>
      JSON.stringify(
        await generateAuthenticationOptions({
          rpID,
          challenge: challenges.make(purpose),
          userVerification: 'required',
        }),
      ),

    async verify(answer, purpose) {
      const parsed = parseAnswer(answer);
      if (parsed === undefined) return { kind: 'refused' };
      const { rows } = await pool.query<Row>(
        `select sub, public_key, counter, transports, device_bound from passkey join person using (sub)
         where id = $1 and disabled_at is null`,
        [parsed.id],
      );
      const [row] = rows;
      if (row === undefined) return { kind: 'refused' };
      const refused: PasskeyAnswer = { kind: 'refused', sub: row.sub };
      if (parsed.response.userHandle !== handleOf(row.sub)) return refused;
      try {
        const { verified, authenticationInfo } = await verifyAuthenticationResponse({
          response: parsed as unknown as AuthenticationResponseJSON,
          expectedChallenge: (challenge) => challenges.use(challenge, purpose),
          expectedOrigin: origin,
          expectedRPID: rpID,
          requireUserVerification: true,
          credential: {
            id: parsed.id,
            publicKey: Uint8Array.from(row.public_key),
            counter: Number(row.counter),
          },
        });
        if (!verified) return refused;
        // Of two that were verified at once, one is ahead of the other; a counter that stands still is one that does not count.
        const { rowCount } = await pool.query(
          `update passkey set counter = $2, last_used_at = $3
           where id = $1 and (counter < $2 or (counter = 0 and $2 = 0))`,
          [parsed.id, authenticationInfo.newCounter, now()],
        );
        if (rowCount !== 1) return refused;
        return { kind: 'verified', sub: row.sub, amr: [row.device_bound ? 'hwk' : 'swk', 'user', 'mfa'] };
      } catch {
        return refused;
      }
    },

    async creationOptions(person, purpose) {
      const { rows } = await pool.query<{ id: string }>('select id from passkey where sub = $1', [person.sub]);
      return JSON.stringify(
        await generateRegistrationOptions({
          rpName: 'Affinity',
          rpID,
          userName: person.username,
          userDisplayName: person.name,
          userID: Uint8Array.from(Buffer.from(person.sub)),
          challenge: challenges.make(purpose),
          attestationType: 'none',
          supportedAlgorithmIDs,
          excludeCredentials: rows.map(({ id }) => ({ id })),
          authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        }),
      );
    },

    async verifyNew(answer, purpose) {
      const parsed = parseAnswer(answer);
      if (parsed === undefined) return undefined;
      try {
        const { verified, registrationInfo } = await verifyRegistrationResponse({
          response: parsed as unknown as RegistrationResponseJSON,
          expectedChallenge: (challenge) => challenges.use(challenge, purpose),
          expectedOrigin: origin,
          expectedRPID: rpID,
          requireUserVerification: true,
          supportedAlgorithmIDs,
        });
        if (!verified) return undefined;
        const { credential, credentialDeviceType } = registrationInfo;
        const { id, publicKey, counter, transports = [] } = credential;
        return {
          id,
          publicKey,
          counter,
          transports: transports.filter((one) => typeof one === 'string').slice(0, 10),
          deviceBound: credentialDeviceType === 'singleDevice',
        };
      } catch {
        return undefined;
      }
    },

    async add(db, sub, { id, publicKey, counter, transports, deviceBound }, name) {
      // The row of the person makes several at once wait for one another: none is beyond the most.
      await db.query('select from person where sub = $1 for no key update', [sub]);
      const { rowCount } = await db.query(
        `insert into passkey (id, sub, public_key, counter, transports, device_bound, name, created_at)
         select $1, $2, $3, $4, $5, $6, $7, $8 where (select count(*) from passkey where sub = $2) < ${mostPasskeys}
         on conflict do nothing`,
        [id, sub, Buffer.from(publicKey), counter, transports, deviceBound, name, now()],
      );
      return rowCount === 1;
    },

    async listOf(sub) {
      const { rows } = await pool.query<{ id: string; name: string; created_at: Date; last_used_at: Date | null }>(
        'select id, name, created_at, last_used_at from passkey where sub = $1 order by created_at, id',
        [sub],
      );
      return rows.map(({ id, name, created_at, last_used_at }) => ({
        id,
        name,
        createdAt: created_at,
        ...(last_used_at === null ? {} : { lastUsedAt: last_used_at }),
      }));
    },

    async remove(db, sub, id) {
      const { rowCount } = await db.query('delete from passkey where sub = $1 and id = $2', [sub, id]);
      return rowCount === 1;
    },
  };
}
