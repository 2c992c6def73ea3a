/** The same for passkeys, codes, and identity providers. WebAuthn Level 3 §13; RFC 6238 §5.2; RFC 9700 §4.4, §4.5, §4.7. */
import type { RemovedDefence } from './removed-defences.ts';

const A = 'packages/authorization-server';
const without = (attack: string, file: string, find: string, replace = ''): RemovedDefence => ({
  name: `without: ${attack}`,
  attack,
  file: `${A}/${file}`,
  find,
  replace,
});

export const removedDefencesOfFactors: readonly RemovedDefence[] = [
  without(
    'passkey: an answer that somebody else was made to give',
    'factors/challenge.ts',
    '      if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return false;\n',
    '      if (given.length !== wanted.length) return false;\n',
  ),
  without(
    'passkey: an answer that a page of the attacker has asked for',
    'factors/passkeys.ts',
    'expectedOrigin: origin,\n          expectedRPID: rpID,\n          requireUserVerification: true,\n          credential',
    "expectedOrigin: [origin, 'https://evil.example'],\n          expectedRPID: rpID,\n          requireUserVerification: true,\n          credential",
  ),
  without(
    'passkey: a device that was left lying, without the person',
    'factors/passkeys.ts',
    'requireUserVerification: true,\n          credential',
    'requireUserVerification: false,\n          credential',
  ),
  without(
    'passkey: in the name of somebody else',
    'factors/passkeys.ts',
    '      if (parsed.response.userHandle !== handleOf(row.sub)) return refused;\n',
  ),
  without(
    'passkey: a question that is answered much later',
    'factors/challenge.ts',
    '      if (expiry <= now()) return false;\n',
  ),
  without(
    'one-time code: seen over a shoulder, and used again',
    'factors/totp.ts',
    ' and confirmed_at is not null and last_step < $2',
    ' and confirmed_at is not null',
  ),
  without(
    'one-time code: guessed, with the password known',
    'second-factor-step.ts',
    "  if (admission.kind === 'throttled') {",
    "  if (admission.kind === 'throttled' && posted.size === 0) {",
  ),
  without(
    'recovery code: found on paper, used before',
    'factors/recovery-codes.ts',
    'code = $2 and used_at is null',
    'code = $2',
  ),
  without('provider: an id_token that was made for another sign-in', 'federation.ts', 'expectedNonce: nonce,'),
  without('provider: an answer that nobody has asked for', 'federation.ts', 'expectedState: state,'),
  without(
    'provider: mix-up, an answer that another one gives',
    'federation.ts',
    'new URL(federationCallback(issuer, id) + query),',
    // As if whoever answered were the one that was asked.
    'new URL(federationCallback(issuer, id) + query.replace(/iss=[^&]*/, () => `iss=${encodeURIComponent(provider.issuer)}`)),',
  ),
  without(
    'provider: a way there that was begun in another browser',
    'federation-endpoint.ts',
    "    if (readCookie(request, cookies.interaction) !== uid) return responses.fault('expired', 400);\n",
  ),
  without(
    'provider: the same subject at another one',
    'factors/federated-identities.ts',
    'select sub from federated_identity where issuer = $1 and subject = $2',
    'select sub from federated_identity where length($1::text) > 0 and subject = $2',
  ),
];
