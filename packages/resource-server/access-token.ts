/** An access token verified offline, or described by its issuer: down to the type of every claim. RFC 9068 §4; RFC 8725; RFC 7662 §4; RFC 9449 §6. */
import { parseJson } from '@affinity/core/fhir/json.ts';
import { parseReference, relativeReference } from '@affinity/core/fhir/reference.ts';
import { isResourceId } from '@affinity/core/fhir/resource.ts';
import { readActors } from '@affinity/core/oauth/actor.ts';
import { readConfirmation } from '@affinity/core/oauth/confirmation.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { ScopeLimits } from '@affinity/core/smart/scope-request.ts';
import { compactVerify, createLocalJWKSet, errors, type JSONWebKeySet } from 'jose';
import {
  type Claims,
  checkTimes,
  optional,
  purposesOf,
  Refused,
  refuse,
  scopesOf,
  type TimeRules,
  text,
} from './token-claims.ts';

export type Verified =
  | { readonly kind: 'valid'; readonly principal: Principal; readonly expires: number }
  /** `reason` is for the log: it holds nothing of the token */
  | { readonly kind: 'invalid'; readonly reason: string };

export interface TokenRules extends TimeRules {
  readonly issuer: string;
  readonly audience: string;
  /** at which this server's resources are known: `fhirUser` under one of them is a resource of this server */
  readonly ownBases: readonly string[];
  readonly algorithms: readonly string[];
  readonly scope: ScopeLimits;
}

export const defaultAlgorithms: readonly string[] = ['ES256', 'RS256', 'PS256', 'ES384', 'RS384', 'PS384', 'EdDSA'];

const checkAudience = ({ aud }: Claims, audience: string): void => {
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!audiences.every((one) => typeof one === 'string')) refuse('aud is not a string');
  if (!audiences.includes(audience)) refuse('for another audience');
};

/** A level below N is refused: it would say less than a token without the claim, and a claim dropped must not widen. */
const clearanceOf = (claims: Claims): Principal['clearance'] => {
  const clearance = optional(claims, 'clearance');
  if (clearance === undefined || clearance === 'N' || clearance === 'R' || clearance === 'V') return clearance;
  return refuse('clearance is not a level');
};

const fhirUserOf = (claims: Claims, ownBases: readonly string[]): string | undefined => {
  const fhirUser = optional(claims, 'fhirUser');
  const target = fhirUser === undefined ? undefined : parseReference(fhirUser, ownBases);
  // A user who is known elsewhere is nobody here.
  return target?.kind === 'local' ? relativeReference(target) : undefined;
};

/** The holder of a key alone may use it. What is not understood here could be another key: it is refused. */
const keyOf = ({ cnf }: Claims): string | undefined => {
  const confirmation = readConfirmation(cnf);
  if (confirmation.kind === 'malformed') return refuse('cnf is malformed');
  return confirmation.kind === 'key' ? confirmation.jkt : undefined;
};

/** RFC 8693 §4.1. Who used a token could not be said where its chain is not understood. */
const actorsOf = ({ act }: Claims): readonly string[] => {
  const chain = readActors(act);
  return chain.kind === 'actors' ? chain.actors : refuse('act is malformed');
};

const principalOf = (claims: Claims, rules: TokenRules): Principal => {
  const clientId = text(claims, 'client_id');
  const subject = text(claims, 'sub');
  const grant = optional(claims, 'grant_id');
  const patient = optional(claims, 'patient');
  const fhirUser = fhirUserOf(claims, rules.ownBases);
  const clearance = clearanceOf(claims);
  const purposes = purposesOf(claims);
  const key = keyOf(claims);
  const actors = actorsOf(claims);
  const service = subject === clientId;
  if (!service && grant === undefined) refuse('a token of a user without a grant');
  if (service && claims.fhirUser !== undefined) refuse('a token of a service with a user');
  if (service && actors.length > 0) refuse('a token of a service with an actor');
  if (patient !== undefined && !isResourceId(patient)) refuse('patient is not an id');
  return {
    clientId,
    tokenId: text(claims, 'jti'),
    scopes: scopesOf(claims, rules.scope),
    ...(actors.length === 0 ? {} : { actors }),
    ...(service ? { service: true as const } : { user: subject }),
    ...(grant === undefined ? {} : { grant }),
    ...(patient === undefined ? {} : { patient }),
    ...(fhirUser === undefined ? {} : { fhirUser }),
    ...(key === undefined ? {} : { key }),
    ...(clearance === undefined ? {} : { clearance }),
    ...(purposes.length === 0 ? {} : { purposes }),
  };
};

/** The same for every token, wherever its claims come from. */
export const judgeClaims = (claims: Claims, rules: TokenRules, now: number): Verified => {
  try {
    if (claims.iss !== rules.issuer) refuse('of another issuer');
    checkAudience(claims, rules.audience);
    const expires = checkTimes(claims, rules, now);
    return { kind: 'valid', principal: principalOf(claims, rules), expires };
  } catch (error) {
    if (error instanceof Refused) return { kind: 'invalid', reason: error.message };
    throw error;
  }
};

/** What a signed token says, once it is known to be an access token that one of these keys has signed. */
export type Signed =
  | { readonly kind: 'claims'; readonly claims: Claims }
  | { readonly kind: 'invalid'; readonly reason: string };

/** Keys come from the issuer alone; `jwk`, `jku` and `x5u` in a header are not looked at. */
export const readSigned = async (
  token: string,
  keys: JSONWebKeySet,
  { algorithms }: Pick<TokenRules, 'algorithms'>,
): Promise<Signed> => {
  try {
    const { payload, protectedHeader } = await compactVerify(token, createLocalJWKSet(keys), {
      algorithms: [...algorithms],
    });
    // RFC 9068 §4: an id_token, a refresh token or an assertion is signed by the same keys and is of another `typ`.
    if (!/^(?:application\/)?at\+jwt$/i.test(protectedHeader.typ ?? '')) refuse('not an access token by its typ');
    // No extension of JWS is in use here: a header that makes one critical is not of our issuer (RFC 8725 §3.1).
    if ('crit' in protectedHeader || 'b64' in protectedHeader) refuse('a header that is not understood');
    const parsed = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(payload), { depth: 8 });
    const value = parsed.kind === 'ok' ? parsed.value : refuse('claims are not sound JSON');
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('claims are no object');
    return { kind: 'claims', claims: value as Claims };
  } catch (error) {
    if (error instanceof Refused) return { kind: 'invalid', reason: error.message };
    if (error instanceof errors.JOSEError) return { kind: 'invalid', reason: error.code };
    if (error instanceof TypeError) return { kind: 'invalid', reason: 'cannot be read' };
    throw error;
  }
};

export const verifyAccessToken = async (
  token: string,
  keys: JSONWebKeySet,
  rules: TokenRules,
  now: number,
): Promise<Verified> => {
  const signed = await readSigned(token, keys, rules);
  return signed.kind === 'invalid' ? signed : judgeClaims(signed.claims, rules, now);
};
