/** Text that only the bearer of a token can read: sealed under a key that the token itself gives. NIST SP 800-38D; RFC 5869. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** What the text is, so that one is never taken for another. */
export type SealedUse = 'affinity refresh answer' | 'affinity pushed request';

const keyOf = (token: string, use: SealedUse): Buffer => Buffer.from(hkdfSync('sha256', token, '', use, 32));

export function sealText(token: string, use: SealedUse, text: string): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', keyOf(token, use), nonce);
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

/** @throws Error where it was sealed with another token, for another use, or changed */
export function openText(token: string, use: SealedUse, sealed: Buffer): string {
  const decipher = createDecipheriv('aes-256-gcm', keyOf(token, use), sealed.subarray(0, 12), { authTagLength: 16 });
  decipher.setAuthTag(sealed.subarray(12, 28));
  return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]).toString('utf8');
}
