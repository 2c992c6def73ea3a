/** Second factors for tests: enrolled as a person would, with codes of any time. RFC 6238. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { transaction } from '@affinity/store/postgres/pool.ts';
import { Secret } from 'otpauth';
import { createChallenges } from '../factors/challenge.ts';
import { createPasskeys } from '../factors/passkeys.ts';
import { replaceRecoveryCodes } from '../factors/recovery-codes.ts';
import { loadSecretBox } from '../factors/sealed-secret.ts';
import { createTotp, totpOf } from '../factors/totp.ts';
import { defaultSettings } from '../settings.ts';
import type { TestAuthenticator } from './authenticator.ts';
import { issuer, type TestDomain } from './domain.ts';

export interface TestDevice {
  /** the code of the half minute that is so many steps from now */
  code(steps?: number): string;
  /** no code of this device, of any of the three half minutes that count */
  wrong(): string;
}

export async function enrolTotp({ database: { pool }, now }: TestDomain, sub: string): Promise<TestDevice> {
  const totp = createTotp({ pool, box: await loadSecretBox(pool), now });
  const offer = await totp.begin(sub, { issuer: 'Test', account: 'test' });
  const secret = Secret.fromBase32(offer?.secret ?? assert.fail('there is one already'));
  const code = (steps = 0): string => totpOf(secret).generate({ timestamp: now().getTime() + steps * 30_000 });
  // That of the last half minute, so that the present one is still there to be used.
  assert.ok(await transaction(pool, (db) => totp.confirm(db, sub, code(-1))));
  return {
    code,
    wrong: () => {
      const right = [-1, 0, 1].map(code);
      return ['000000', '111111', '222222', '333333'].find((one) => !right.includes(one)) ?? '444444';
    },
  };
}

export const giveRecoveryCodes = ({ database: { pool }, now }: TestDomain, sub: string): Promise<readonly string[]> =>
  transaction(pool, (db) => replaceRecoveryCodes(db, sub, now()));

/** A passkey of this person, as the security page would have registered it. */
export async function givePasskey(
  { database: { pool }, people, now }: TestDomain,
  sub: string,
  authenticator: TestAuthenticator,
): Promise<void> {
  const keys = { seal: (text: string) => createHash('sha256').update(text).digest('base64url') };
  const challenges = createChallenges({ pool, keys, settings: defaultSettings, now });
  const passkeys = createPasskeys({ issuer, pool, challenges, now });
  const person = (await people.find(sub)) ?? assert.fail(sub);
  const answer = authenticator.create(await passkeys.creationOptions(person, 'test'));
  const made = (await passkeys.verifyNew(answer, 'test')) ?? assert.fail('the passkey was refused');
  assert.ok(await transaction(pool, (db) => passkeys.add(db, sub, made, 'Test')));
}
