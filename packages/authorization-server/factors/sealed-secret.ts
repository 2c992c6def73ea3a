/** Secrets that have to be read again, sealed where they are kept: AES-256-GCM, bound to whose they are. NIST SP 800-38D. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type pg from 'pg';

export interface SecretBox {
  /** @param of whose it is, and what: sealed for one, it cannot be opened for another */
  seal(secret: Uint8Array, of: string): Buffer;
  /** @throws Error where it was sealed under another key or for another */
  open(sealed: Uint8Array, of: string): Buffer;
}

const ivLength = 12;
const tagLength = 16;

export function createSecretBox(key: Uint8Array): SecretBox {
  return {
    seal(secret, of) {
      const iv = randomBytes(ivLength);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(of));
      return Buffer.concat([iv, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
    },
    open(sealed, of) {
      const bytes = Buffer.from(sealed);
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivLength), { authTagLength: tagLength });
      decipher.setAAD(Buffer.from(of)).setAuthTag(bytes.subarray(-tagLength));
      return Buffer.concat([decipher.update(bytes.subarray(ivLength, -tagLength)), decipher.final()]);
    },
  };
}

/** The key is the same in every process of the domain, made by the first of them, and never changed. */
export async function loadSecretBox(pool: pg.Pool): Promise<SecretBox> {
  const { rows } = await pool.query<{ value: string }>(
    `insert into domain_fact (name, value) values ('secret-box-key', to_jsonb($1::text))
     on conflict (name) do update set value = domain_fact.value returning value`,
    [randomBytes(32).toString('base64')],
  );
  const key = Buffer.from(rows[0]?.value ?? '', 'base64');
  if (key.length !== 32) throw new Error('The key of sealed secrets in the database is damaged.');
  return createSecretBox(key);
}
