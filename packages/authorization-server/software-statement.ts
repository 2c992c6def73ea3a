/** What somebody whom the operator trusts says of an app: signed, not over, and before what the app says itself. RFC 7591 §2.3, §3.1.1. */
import { createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet, jwtVerify } from 'jose';
import { assertionAlgorithms } from './clients.ts';
import type { RegistrationErrorCode } from './registrable-metadata.ts';

/** Whoever may vouch for apps, with the keys that it signs with. */
export interface StatementIssuer {
  readonly issuer: string;
  readonly jwks: JSONWebKeySet;
}

export type SoftwareStatement =
  | { readonly kind: 'statement'; readonly issuer: string; readonly claims: Readonly<Record<string, unknown>> }
  | { readonly kind: 'fault'; readonly error: RegistrationErrorCode; readonly description: string };

export interface StatementNeighbours {
  readonly statementIssuers: readonly StatementIssuer[];
  /** our issuer and our registration endpoint: a statement that names others is not for us */
  readonly audiences: readonly string[];
  readonly characters: number;
  readonly clockSkewSeconds: number;
  now(): Date;
}

/** Claims of the JWT itself, which say nothing of the app. */
const ownClaims = new Set(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'software_statement']);

export async function readStatement(given: unknown, neighbours: StatementNeighbours): Promise<SoftwareStatement> {
  const { statementIssuers, audiences, characters, clockSkewSeconds, now } = neighbours;
  const invalid = (description: string): SoftwareStatement => ({
    kind: 'fault',
    error: 'invalid_software_statement',
    description,
  });
  if (typeof given !== 'string' || given.length > characters) return invalid('software_statement is no JWT');
  let iss: string | undefined;
  try {
    iss = decodeJwt(given).iss;
  } catch {
    return invalid('software_statement is no JWT');
  }
  const issuer = statementIssuers.find((one) => one.issuer === iss);
  if (issuer === undefined)
    return {
      kind: 'fault',
      error: 'unapproved_software_statement',
      description: 'the issuer of software_statement is not trusted here',
    };
  try {
    const { payload } = await jwtVerify(given, createLocalJWKSet(issuer.jwks), {
      issuer: issuer.issuer,
      algorithms: [...assertionAlgorithms],
      requiredClaims: ['exp'],
      clockTolerance: clockSkewSeconds,
      currentDate: now(),
    });
    const named = payload.aud === undefined ? [] : [payload.aud].flat();
    if (named.length > 0 && !named.some((one) => audiences.includes(one)))
      return invalid('software_statement is for somebody else');
    return {
      kind: 'statement',
      issuer: issuer.issuer,
      claims: Object.fromEntries(Object.entries(payload).filter(([name]) => !ownClaims.has(name))),
    };
  } catch (error) {
    return invalid(
      error instanceof errors.JWTExpired ? 'software_statement is over' : 'software_statement cannot be verified',
    );
  }
}

/** Whether the statement says itself where people are sent to and by which keys the app is known: else it vouches for nobody. */
export const vouches = (claims: Readonly<Record<string, unknown>>, metadata: object): boolean =>
  ['redirect_uris', 'launch_uris', 'jwks', 'jwks_uri', 'client_name'].every(
    (name) => !Object.hasOwn(metadata, name) || Object.hasOwn(claims, name),
  );
