/**
 * Tokens of other domains whose issuers we trust within limits. `iss` chooses the rules before anything is verified, and then
 * that issuer's keys alone can verify the token. Nothing that it says of our records or people by their ids is taken: whom it
 * is about is known by an identifier that both domains use. RFC 9068 §4; RFC 8725 §3.8; docs/decisions/0039-trusted-issuers.md.
 */
import type { PersonIdentifier } from '@affinity/core/identity/person-index.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { ResourceScope } from '@affinity/core/smart/scope.ts';
import { intersectSets } from '@affinity/core/smart/scope-order.ts';
import { decodeJwt, decodeProtectedHeader, type JSONWebKeySet } from 'jose';
import { readSigned, type TokenRules, type Verified } from './access-token.ts';
import type { PatientsIdentified } from './asked.ts';
import { type Claims, checkTimes, purposesOf, Refused, refuse, scopesOf, seconds, text } from './token-claims.ts';

/** What was agreed with another domain. */
export interface ForeignIssuer {
  /** `iss` of its tokens, exactly */
  readonly issuer: string;
  /** Its keys that have this `kid`: one, or none. Rejects while they cannot be had. */
  readonly keys: (kid: string) => Promise<JSONWebKeySet>;
  /** the most that a token of it gives: `patient/` and `system/` scopes */
  readonly scopes: readonly ResourceScope[];
  /** absent: each of its clients */
  readonly clients?: readonly string[];
  /** from `iat` to `exp`: that a grant of theirs has ended is not told to us */
  readonly mostSeconds: number;
  /** why they may say that they ask */
  readonly purposes: readonly string[];
  /** systems of identifiers by which they may name a patient */
  readonly identifierSystems: readonly string[];
}

export interface ForeignIssuers {
  readonly issuers: readonly ForeignIssuer[];
  readonly patientsIdentified: PatientsIdentified;
}

export interface ForeignTokens {
  /** Whose it says to be, of those who are trusted; undefined: of nobody whom this file knows. */
  issuerOf(token: string): ForeignIssuer | undefined;
  /** Rejects while the keys, or who is who, cannot be had. */
  verify(token: string, issuer: ForeignIssuer, now: number): Promise<Verified>;
}

const longestKid = 255;

/** What it says before it is verified: this chooses by whose keys it has to be verified, and nothing else. */
const claimed = (token: string): { readonly iss?: unknown; readonly kid?: unknown } => {
  try {
    return { iss: decodeJwt(token).iss, kid: decodeProtectedHeader(token).kid };
  } catch {
    return {};
  }
};

/** For this server and no other: with a second audience, that one could use it here. */
const checkOnlyAudience = ({ aud }: Claims, audience: string): void => {
  const [only, ...others]: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (only !== audience || others.length > 0) refuse('not for this audience alone');
};

const checkLifetime = (claims: Claims, mostSeconds: number): void => {
  const lifetime = seconds(claims, 'exp') - seconds(claims, 'iat');
  if (lifetime <= 0 || lifetime > mostSeconds) refuse('it is valid for longer than agreed');
};

const identifierOf = (
  { patient_identifier: given }: Claims,
  systems: readonly string[],
): PersonIdentifier | undefined => {
  if (given === undefined) return undefined;
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return refuse('patient_identifier is malformed');
  const identifier = { system: text(given as Claims, 'system'), value: text(given as Claims, 'value') };
  return systems.includes(identifier.system) ? identifier : refuse('an identifier of a system that is not agreed');
};

const agreedPurposes = (claims: Claims, agreed: readonly string[]): readonly string[] => {
  const purposes = purposesOf(claims);
  // One left out could be the one for which a patient has refused.
  return purposes.every((one) => agreed.includes(one)) ? purposes : refuse('a purpose that is not agreed');
};

export const createForeignTokens = (
  { issuers, patientsIdentified }: ForeignIssuers,
  rules: Omit<TokenRules, 'ownBases'>,
): ForeignTokens => {
  const byIssuer = new Map(issuers.map((one) => [one.issuer, one]));
  // What says to be ours is verified by our keys, whatever the settings say.
  byIssuer.delete(rules.issuer);

  const principalOf = async (claims: Claims, foreign: ForeignIssuer): Promise<Principal> => {
    const { issuer, clients, scopes: ceiling } = foreign;
    // A key that it is bound to is proved to nobody here, and who else acts with it cannot be said.
    for (const name of ['cnf', 'act']) if (claims[name] !== undefined) refuse(`${name} is not taken`);
    const client = text(claims, 'client_id');
    const subject = text(claims, 'sub');
    const tokenId = text(claims, 'jti');
    if (clients !== undefined && !clients.includes(client)) refuse('of a client that is not agreed');
    const purposes = agreedPurposes(claims, foreign.purposes);
    const identifier = identifierOf(claims, foreign.identifierSystems);
    // A token is about one patient, or a service's own: what is of both would be of more than either.
    const compartment = identifier === undefined ? 'system' : 'patient';
    const scopes = intersectSets(ceiling, scopesOf(claims, rules.scope)).filter(
      (scope) => scope.compartment === compartment,
    );
    if (scopes.length === 0) refuse('no scope of it is agreed');
    if (identifier === undefined && subject !== client) refuse('a token of a user without a patient');
    const found = identifier === undefined ? [] : await patientsIdentified(identifier);
    const [patient] = found;
    return {
      // No client of ours has a space in its id: it is never taken for one.
      clientId: `${issuer} ${client}`,
      tokenId,
      scopes,
      foreign: { issuer, subject },
      ...(identifier === undefined ? { service: true as const } : {}),
      ...(patient === undefined || found.length > 1 ? {} : { patient }),
      ...(purposes.length === 0 ? {} : { purposes }),
    };
  };

  return {
    issuerOf: (token) => {
      if (byIssuer.size === 0) return undefined;
      const { iss } = claimed(token);
      return typeof iss === 'string' ? byIssuer.get(iss) : undefined;
    },
    verify: async (token, foreign, now) => {
      const { kid } = claimed(token);
      if (typeof kid !== 'string' || kid === '' || kid.length > longestKid)
        return { kind: 'invalid', reason: 'of a trusted issuer, without a kid' };
      const signed = await readSigned(token, await foreign.keys(kid), rules);
      if (signed.kind === 'invalid') return signed;
      const { claims } = signed;
      try {
        if (claims.iss !== foreign.issuer) refuse('of another issuer');
        checkOnlyAudience(claims, rules.audience);
        const expires = checkTimes(claims, rules, now);
        checkLifetime(claims, foreign.mostSeconds);
        return { kind: 'valid', principal: await principalOf(claims, foreign), expires };
      } catch (error) {
        if (error instanceof Refused) return { kind: 'invalid', reason: error.message };
        throw error;
      }
    },
  };
};
