/**
 * What registering and changing an app have in common: what it says, who vouches for it, what holds of it, and how it is
 * answered. RFC 7591 §3; RFC 7592 §2.2, §3.
 */
import { randomBytes } from 'node:crypto';
import { jsonResponse } from './back-channel.ts';
import { effectiveMetadata } from './effective-metadata.ts';
import type { RegisteredClient } from './registered-clients.ts';
import {
  type RegistrableMetadata,
  type RegistrationErrorCode,
  readMetadata,
  secretMethods,
} from './registrable-metadata.ts';
import { withinLimit } from './registration-scope.ts';
import { readStatement, type StatementNeighbours, vouches } from './software-statement.ts';

/** Who says that an app may be trusted, and with how much; without a limit with anything but `system/`. */
export interface Voucher {
  /** `statement`, or the id of an initial access token */
  readonly by: string;
  readonly scopeLimit?: string;
}

interface Fault {
  readonly kind: 'fault';
  readonly error: RegistrationErrorCode;
  readonly description: string;
}

/** @returns what is said of the app: the statement's word first, with its issuer as voucher where it says enough */
export async function readRegistration(
  given: Readonly<Record<string, unknown>>,
  neighbours: StatementNeighbours,
): Promise<Fault | { readonly kind: 'read'; readonly metadata: RegistrableMetadata; readonly voucher?: Voucher }> {
  const { software_statement: statement } = given;
  const stated = statement === undefined ? undefined : await readStatement(statement, neighbours);
  if (stated?.kind === 'fault') return stated;
  const claims = stated?.claims ?? {};
  const read = readMetadata({ ...given, ...claims });
  if (read.kind === 'fault') return read;
  const { metadata } = read;
  if (stated === undefined || !vouches(claims, metadata)) return { kind: 'read', metadata };
  const limit = typeof claims.scope === 'string' ? { scopeLimit: claims.scope } : {};
  return { kind: 'read', metadata, voucher: { by: 'statement', ...limit } };
}

/** The metadata as it is kept. What nobody vouches for must leave something that such an app may do. */
export function admitMetadata(
  metadata: RegistrableMetadata,
  voucher: Voucher | undefined,
): Fault | { readonly kind: 'admitted'; readonly metadata: RegistrableMetadata } {
  const fault = (description: string): Fault => ({ kind: 'fault', error: 'invalid_client_metadata', description });
  if (voucher === undefined) {
    const holds = effectiveMetadata(metadata, 'pending');
    if (metadata.grant_types?.includes('client_credentials') || holds.grant_types?.length === 0)
      return fault('grant_types: an app that nobody vouches for may have authorization_code only');
    if (holds.scope === '')
      return fault('scope: an app that nobody vouches for may ask for the record of one person only');
    return { kind: 'admitted', metadata };
  }
  const asked = metadata.scope ?? voucher.scopeLimit;
  const kept = asked === undefined ? undefined : withinLimit(asked, voucher.scopeLimit);
  if (kept === undefined ? metadata.grant_types?.includes('client_credentials') : kept.length === 0)
    return fault('scope holds nothing that this app may be registered for');
  return { kind: 'admitted', metadata: kept === undefined ? metadata : { ...metadata, scope: kept.join(' ') } };
}

export const freshSecret = (): string => randomBytes(32).toString('base64url');

export const needsSecret = ({ token_endpoint_auth_method: method }: RegistrableMetadata): boolean =>
  secretMethods.includes(method);

/** What the app is told: what holds, and what it has to keep. A secret is shown in the answer in which it was made. */
export function informationResponse(
  issuer: string,
  client: RegisteredClient,
  registrationToken: string,
  status: 200 | 201,
  secret?: string,
): Response {
  return jsonResponse(
    {
      client_id: client.id,
      client_id_issued_at: Math.floor(client.createdAt.getTime() / 1000),
      ...(secret === undefined ? {} : { client_secret: secret, client_secret_expires_at: 0 }),
      registration_access_token: registrationToken,
      registration_client_uri: `${issuer}/register/${client.id}`,
      ...effectiveMetadata(client.metadata, client.status === 'listed' ? 'listed' : 'pending'),
    },
    status,
  );
}

export const registrationError = (
  error: RegistrationErrorCode | 'invalid_request' | 'invalid_token' | 'access_denied' | 'temporarily_unavailable',
  description: string,
  status = 400,
): Response => jsonResponse({ error, error_description: description }, status);
