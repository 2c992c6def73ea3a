/** The two codes of a device: one that only it knows, one that a person reads from it and types. RFC 8628 §3.2, §5.2, §6.1. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, randomInt } from 'node:crypto';
import type { SigningKeys } from './signing-keys.ts';

/** Consonants alone: they make no words, and nothing in them is taken for something else (RFC 8628 §6.1). */
const alphabet = 'BCDFGHJKLMNPQRSTVWXZ';
/** 20^8: more than 34 bits, each chosen evenly. */
const length = 8;

export const newDeviceCode = (): string => randomBytes(32).toString('base64url');

/** Without the hyphen that it is shown with. */
export const newUserCode = (): string => Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');

/** As a person reads it: `WDJB-MJHT`. */
export const showUserCode = (code: string): string => `${code.slice(0, length / 2)}-${code.slice(length / 2)}`;

/** What somebody typed, whatever its case, spaces and hyphens. Undefined where it can be no code. */
export function readUserCode(typed: string): string | undefined {
  const code = typed
    .slice(0, 100)
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '');
  return code.length === length && [...code].every((letter) => alphabet.includes(letter)) ? code : undefined;
}

type Seal = Pick<SigningKeys, 'seal'>;

/** What is kept of a user code: whoever reads the row cannot try all codes without the key. */
export const sealUserCode = ({ seal }: Seal, code: string): Buffer =>
  Buffer.from(seal(`user code ${code}`), 'base64url');

const key = ({ seal }: Seal): Buffer =>
  Buffer.from(hkdfSync('sha256', seal('user code shown again'), '', 'affinity user code', 32));

/** The code for the pages between its entry and the decision, which say it again: unreadable where it is kept. */
export function concealUserCode(keys: Seal, code: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key(keys), nonce);
  const body = Buffer.concat([cipher.update(code, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url');
}

/** @throws Error where it was not concealed by us */
export function revealUserCode(keys: Seal, concealed: string): string {
  const bytes = Buffer.from(concealed, 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', key(keys), bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(12, 28));
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
}
