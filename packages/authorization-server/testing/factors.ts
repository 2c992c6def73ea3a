/** Second factors for tests: enrolled as a person would, with codes of any time. RFC 6238. */
import assert from 'node:assert/strict';
import { transaction } from '@affinity/store/postgres/pool.ts';
import { Secret } from 'otpauth';
import { replaceRecoveryCodes } from '../factors/recovery-codes.ts';
import { loadSecretBox } from '../factors/sealed-secret.ts';
import { createTotp, totpOf } from '../factors/totp.ts';
import type { TestDomain } from './domain.ts';

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
