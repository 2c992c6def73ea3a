/** An authenticator in software, that can also answer wrongly: what hostile answers are made of. WebAuthn Level 3 §6.1, §6.5. */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

export interface Wrong {
  readonly origin?: string;
  readonly rpId?: string;
  readonly type?: string;
  readonly challenge?: string;
  /** bits: 1 user present, 4 user verified, 64 a credential is in it */
  readonly flags?: number;
  readonly counter?: number;
  readonly userHandle?: string;
  readonly id?: string;
  /** a signature of another key */
  readonly forged?: boolean;
  readonly crossOrigin?: boolean;
}

export interface TestAuthenticator {
  readonly id: string;
  create(options: string, wrong?: Wrong): string;
  get(options: string, wrong?: Wrong): string;
}

const sha256 = (data: string | Uint8Array): Buffer => createHash('sha256').update(data).digest();
const base64url = (data: Uint8Array): string => Buffer.from(data).toString('base64url');

/** CBOR of what is needed here: short text, byte strings, small numbers. RFC 8949 §3.1 */
const head = (major: number, length: number): Buffer =>
  length < 24
    ? Buffer.of((major << 5) | length)
    : length < 256
      ? Buffer.of((major << 5) | 24, length)
      : Buffer.of((major << 5) | 25, length >> 8, length & 255);
const cborText = (text: string): Buffer => Buffer.concat([head(3, text.length), Buffer.from(text)]);
const cborBytes = (bytes: Uint8Array): Buffer => Buffer.concat([head(2, bytes.length), bytes]);
const cborNumber = (value: number): Buffer => (value < 0 ? head(1, -1 - value) : head(0, value));
const cborMap = (...entries: readonly (readonly [Buffer, Buffer])[]): Buffer =>
  Buffer.concat([head(5, entries.length), ...entries.flat()]);

export function createAuthenticator(origin = 'http://localhost:4000', counts = true): TestAuthenticator {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { privateKey: another } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const rawId = randomBytes(32);
  let counter = 0;
  let handle = '';

  const clientData = (type: string, challenge: string, wrong: Wrong): Buffer =>
    Buffer.from(
      JSON.stringify({
        type: wrong.type ?? type,
        challenge: wrong.challenge ?? challenge,
        origin: wrong.origin ?? origin,
        crossOrigin: wrong.crossOrigin ?? false,
        ...(wrong.crossOrigin ? { topOrigin: 'https://evil.example' } : {}),
      }),
    );
  const authenticatorData = (rpId: string, flags: number, wrong: Wrong): Buffer => {
    if (counts) counter += 1;
    const count = Buffer.alloc(4);
    count.writeUInt32BE(wrong.counter ?? counter);
    return Buffer.concat([sha256(wrong.rpId ?? rpId), Buffer.of(wrong.flags ?? flags), count]);
  };
  const answer = (response: object, wrong: Wrong): string => {
    const id = wrong.id ?? base64url(rawId);
    return JSON.stringify({ id, rawId: id, type: 'public-key', clientExtensionResults: {}, response });
  };

  return {
    id: base64url(rawId),
    create(options, wrong = {}) {
      const { challenge, rp, user } = JSON.parse(options) as {
        challenge: string;
        rp: { id: string };
        user: { id: string };
      };
      handle = user.id;
      const key = cborMap(
        [cborNumber(1), cborNumber(2)],
        [cborNumber(3), cborNumber(-7)],
        [cborNumber(-1), cborNumber(1)],
        [cborNumber(-2), cborBytes(Buffer.from(x, 'base64url'))],
        [cborNumber(-3), cborBytes(Buffer.from(y, 'base64url'))],
      );
      const attested = Buffer.concat([Buffer.alloc(16), Buffer.of(0, rawId.length), rawId, key]);
      const data = Buffer.concat([authenticatorData(rp.id, 0x45, wrong), attested]);
      const attestation = cborMap(
        [cborText('fmt'), cborText('none')],
        [cborText('attStmt'), cborMap()],
        [cborText('authData'), cborBytes(data)],
      );
      return answer(
        {
          clientDataJSON: base64url(clientData('webauthn.create', challenge, wrong)),
          attestationObject: base64url(attestation),
          transports: ['internal'],
        },
        wrong,
      );
    },
    get(options, wrong = {}) {
      const { challenge, rpId } = JSON.parse(options) as { challenge: string; rpId: string };
      const client = clientData('webauthn.get', challenge, wrong);
      const data = authenticatorData(rpId, 0x05, wrong);
      const signed = Buffer.concat([data, sha256(client)]);
      return answer(
        {
          clientDataJSON: base64url(client),
          authenticatorData: base64url(data),
          signature: base64url(sign('sha256', signed, wrong.forged === true ? another : privateKey)),
          userHandle: wrong.userHandle ?? handle,
        },
        wrong,
      );
    },
  };
}
