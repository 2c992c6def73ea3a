/** Every way to prove who one is beside a password, put together. NIST SP 800-63B §5.1. */
import type pg from 'pg';
import type { Settings } from '../settings.ts';
import type { SigningKeys } from '../signing-keys.ts';
import { createChallenges } from './challenge.ts';
import { createPasskeys, type Passkeys } from './passkeys.ts';
import { loadSecretBox } from './sealed-secret.ts';
import { createTotp, type Totp } from './totp.ts';

export interface FactorNeighbours {
  readonly issuer: string;
  readonly pool: pg.Pool;
  readonly keys: Pick<SigningKeys, 'seal'>;
  readonly settings: Settings;
  now(): Date;
}

export async function createFactors(
  neighbours: FactorNeighbours,
): Promise<{ readonly totp: Totp; readonly passkeys: Passkeys }> {
  const challenges = createChallenges(neighbours);
  return {
    totp: createTotp({ ...neighbours, box: await loadSecretBox(neighbours.pool) }),
    passkeys: createPasskeys({ ...neighbours, challenges }),
  };
}
