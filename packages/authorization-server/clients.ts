/** The apps that the domain knows, by their metadata. RFC 7591 §2; SMART App Launch 2.2, client registration. */
import { createHash } from 'node:crypto';
import { emergency, purposesOfUse } from '@affinity/core/smart/purpose-of-use.ts';
import { parseScopes, type RequestedScopes } from '@affinity/core/smart/scope-request.ts';
import type { JWK } from 'jose';
import type pg from 'pg';
import { type LogoutMetadata, logoutFaults } from './client-logout.ts';
import { type ExchangeMetadata, exchangeFaults, tokenExchangeGrant } from './exchange-policy.ts';
import { keyFaults } from './key-set.ts';
import { redirectUriFault } from './redirect-uri.ts';
import { type ServiceMetadata, servicePolicyFaults } from './service-policy.ts';
import { type StateMetadata, stateFaults } from './state-metadata.ts';

export type AuthenticationMethod = 'none' | 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt';
export type GrantType =
  | 'authorization_code'
  | 'refresh_token'
  | 'client_credentials'
  | typeof deviceCodeGrant
  | typeof tokenExchangeGrant;

/** RFC 8628 §3.4 */
export const deviceCodeGrant = 'urn:ietf:params:oauth:grant-type:device_code';

/** As declared. Unknown members are let be. */
export interface ClientMetadata extends ServiceMetadata, ExchangeMetadata, StateMetadata, LogoutMetadata {
  readonly client_id: string;
  readonly client_name?: string;
  readonly client_secret?: string;
  readonly client_uri?: string;
  readonly logo_uri?: string;
  readonly tos_uri?: string;
  readonly contacts?: readonly string[];
  readonly software_id?: string;
  readonly software_version?: string;
  readonly response_types?: readonly string[];
  readonly policy_uri?: string;
  /** who makes the app, as people know them */
  readonly publisher?: string;
  readonly application_type?: 'web' | 'native';
  readonly redirect_uris?: readonly string[];
  readonly launch_uris?: readonly string[];
  /** `authorization_code` and `refresh_token` unless told */
  readonly grant_types?: readonly GrantType[];
  /** `client_secret_basic` where there is a secret, else `none` */
  readonly token_endpoint_auth_method?: AuthenticationMethod;
  readonly token_endpoint_auth_signing_alg?: string;
  /** `RS256` unless told */
  readonly id_token_signed_response_alg?: string;
  readonly jwks?: { readonly keys: readonly JWK[] };
  readonly jwks_uri?: string;
  /** its tokens are always bound to a key: it sends a proof for each (RFC 9449 §5.2) */
  readonly dpop_bound_access_tokens?: boolean;
  /** it pushes every authorization request (RFC 9126 §6) */
  readonly require_pushed_authorization_requests?: boolean;
  /** all that the app may ever ask for; without it, whatever a person allows (never for `system/`) */
  readonly scope?: string;
  /** base of the resource server that this client is: it may introspect the tokens meant for it */
  readonly resource_server?: string;
  /** a record system: for the people who are signed in to it, it may have apps launched */
  readonly affinity_ehr?: boolean;
  /**
   * codes of v3-PurposeOfUse. Of a backend service: the purposes of its tokens (without any, it meets no consent that
   * names purposes). Of an app: those for which it may ask by `purpose_of_use`, beside what follows from who signs in
   */
  readonly affinity_purposes?: readonly string[];
}

export interface Client {
  readonly id: string;
  readonly name: string;
  readonly metadata: ClientMetadata;
  readonly native: boolean;
  readonly authentication: AuthenticationMethod;
  readonly grantTypes: readonly GrantType[];
  readonly redirectUris: readonly string[];
  /** SHA-256: the secret itself is not kept */
  readonly secretHash?: Buffer;
  /** the one before it, which works for a while yet */
  readonly earlierSecret?: { readonly hash: Buffer; readonly until: Date };
  readonly allowed?: RequestedScopes;
  readonly purposes: readonly string[];
  /** it came by registration, not by the operator's own word; `pending`: nobody has looked at it */
  readonly registered?: 'pending' | 'listed';
}

export interface ClientRegistry {
  /** @param db in a transaction its own connection: the pool is never asked for a second one */
  find(id: string, db?: pg.PoolClient): Promise<Client | undefined>;
  /** an origin from which a browser app of ours speaks to us */
  servesOrigin(origin: string): Promise<boolean>;
}

/** Apps that have come since the start, looked up where the declared ones do not answer. */
export type MoreClients = ClientRegistry;

export const assertionAlgorithms = ['RS384', 'ES384', 'RS256', 'ES256', 'PS256', 'PS384'] as const;
/** What holds where an app registered no algorithm. SMART App Launch 2.2, client-confidential-asymmetric. */
export const usualAlgorithms: readonly string[] = ['RS384', 'ES384'];

/** Those with a key of ours. SMART App Launch 2.2: RS256 where an app registered none. */
export const idTokenAlgorithms: readonly string[] = ['RS256', 'ES256'];

const methods: readonly unknown[] = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'];
const grants: readonly unknown[] = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  deviceCodeGrant,
  tokenExchangeGrant,
];

/** RFC 9068 §5: no `sub` of an app by itself may be that of a person. */
const personIdShape = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isStrings = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

/** Of the subjects that people have (people.ts), in either case. */
const subjectForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Every fault of a list of clients, as plain sentences that name the client: empty where all can be used. */
export function checkClients(list: readonly unknown[]): string[] {
  const seen = new Set<string>();
  return list.flatMap((given, at) => {
    if (!isRecord(given)) return [`clients[${at}] must be an object with a client_id.`];
    const id = given.client_id;
    if (typeof id !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(id)) {
      return [`clients[${at}].client_id must be 1 to 200 printable ASCII characters without spaces.`];
    }
    const faults = faultsOf(given);
    // RFC 9700 §4.15; RFC 9068 §5: `sub` is the person or the app, and nobody may take the one for the other.
    if (subjectForm.test(id)) faults.push('client_id must not look like the subject of a person, which is a UUID');
    if (personIdShape.test(id)) faults.push('client_id must not look like the id of a person, which is a UUID');
    if (seen.has(id)) faults.push('client_id is used twice');
    seen.add(id);
    return faults.map((fault) => `clients[${at}] (${id}): ${fault}.`);
  });
}

/** What is wrong with one app's metadata, as sentences without its name. */
export function faultsOf(given: Record<string, unknown>): string[] {
  const faults: string[] = [];
  const method = methodOf(given);
  const grantTypes = given.grant_types ?? ['authorization_code', 'refresh_token'];
  if (!methods.includes(method)) faults.push(`token_endpoint_auth_method must be one of ${methods.join(', ')}`);
  if (!isStrings(grantTypes) || !grantTypes.every((type) => grants.includes(type))) {
    return [...faults, `grant_types may hold ${grants.join(', ')}`];
  }
  if (given.application_type !== undefined && given.application_type !== 'web' && given.application_type !== 'native') {
    faults.push('application_type must be web or native');
  }
  const idTokenAlg = given.id_token_signed_response_alg;
  if (idTokenAlg !== undefined && !idTokenAlgorithms.some((known) => known === idTokenAlg)) {
    faults.push(`id_token_signed_response_alg must be one of ${idTokenAlgorithms.join(', ')}`);
  }
  for (const name of ['dpop_bound_access_tokens', 'require_pushed_authorization_requests']) {
    if (given[name] !== undefined && typeof given[name] !== 'boolean') faults.push(`${name} must be true or false`);
  }
  const uris = given.redirect_uris ?? [];
  if (!isStrings(uris) || uris.length > 50) faults.push('redirect_uris must be a list of at most 50 strings');
  else {
    for (const uri of uris) {
      const fault = redirectUriFault(uri, given.application_type === 'native');
      if (fault !== undefined) faults.push(`redirect_uris: ${JSON.stringify(uri)} ${fault}`);
    }
    if (grantTypes.includes('authorization_code') && uris.length === 0) faults.push('redirect_uris is missing');
  }
  faults.push(...launchFaults(given, method, grantTypes), ...stateFaults(given), ...logoutFaults(given, grantTypes));
  faults.push(...purposeFaults(given.affinity_purposes ?? [], grantTypes), ...servicePolicyFaults(given, grantTypes));
  faults.push(...exchangeFaults(given, grantTypes, method));
  return [...faults, ...credentialFaults(given, method, grantTypes), ...scopeFaults(given, grantTypes)];
}

/** Only a registered address is ever opened, and `iss` and `launch` are ours to add. SMART App Launch 2.2, EHR launch. */
function launchFaults(given: Record<string, unknown>, method: unknown, grantTypes: readonly string[]): string[] {
  const { launch_uris: uris = [], affinity_ehr: ehr = false } = given;
  const faults: string[] = [];
  if (typeof ehr !== 'boolean') faults.push('affinity_ehr must be true or false');
  if (ehr === true && (method === 'none' || !grantTypes.includes('authorization_code')))
    faults.push('affinity_ehr is for an app that people sign in to and that proves who it is');
  if (!isStrings(uris) || uris.length > 50) return [...faults, 'launch_uris must be a list of at most 50 strings'];
  if (uris.length > 0 && !grantTypes.includes('authorization_code'))
    faults.push('launch_uris is for apps that people sign in to');
  for (const uri of uris) {
    const search = URL.parse(uri)?.searchParams;
    const taken = search?.has('iss') === true || search?.has('launch') === true;
    const fault = redirectUriFault(uri, false) ?? (taken ? 'must not hold iss or launch' : undefined);
    if (fault !== undefined) faults.push(`launch_uris: ${JSON.stringify(uri)} ${fault}`);
  }
  return faults;
}

function purposeFaults(given: unknown, grantTypes: readonly string[]): string[] {
  if (!isStrings(given) || !given.every((code) => purposesOfUse.includes(code)))
    return ['affinity_purposes must be a list of codes of v3-PurposeOfUse, such as TREAT'];
  if (new Set(given).size < given.length) return ['affinity_purposes holds a code twice'];
  return given.includes(emergency) && grantTypes.includes('client_credentials')
    ? [`affinity_purposes: ${emergency} is for practitioners who sign in, never for client_credentials`]
    : [];
}

function credentialFaults(given: Record<string, unknown>, method: unknown, grantTypes: readonly string[]): string[] {
  const faults: string[] = [];
  const secret = given.client_secret;
  if (method === 'client_secret_basic' || method === 'client_secret_post') {
    if (typeof secret !== 'string' || secret.length < 16) faults.push('client_secret must have at least 16 characters');
  } else if (secret !== undefined) faults.push(`client_secret is not used with ${String(method)}`);
  if (method === 'private_key_jwt') {
    if ((given.jwks === undefined) === (given.jwks_uri === undefined)) faults.push('either jwks or jwks_uri is needed');
    if (given.jwks !== undefined) faults.push(...keyFaults(given.jwks));
    if (given.jwks_uri !== undefined && redirectUriFault(String(given.jwks_uri), false) !== undefined) {
      faults.push('jwks_uri must be https, or http to the loopback interface');
    }
    const alg = given.token_endpoint_auth_signing_alg;
    if (alg !== undefined && !assertionAlgorithms.some((known) => known === alg)) {
      faults.push(`token_endpoint_auth_signing_alg must be one of ${assertionAlgorithms.join(', ')}`);
    }
  }
  if (grantTypes.includes('client_credentials') && method !== 'private_key_jwt') {
    faults.push('client_credentials needs token_endpoint_auth_method private_key_jwt');
  }
  return faults;
}

function scopeFaults(given: Record<string, unknown>, grantTypes: readonly string[]): string[] {
  if (given.scope === undefined)
    return grantTypes.includes('client_credentials')
      ? ['scope is missing: a backend service has what is registered, such as system/Observation.rs']
      : [];
  if (typeof given.scope !== 'string') return ['scope must be a string'];
  const result = parseScopes(given.scope);
  if (result.kind === 'too-many') return [result.reason];
  return result.scopes.rejected.map(({ token, reason }) => `scope: ${JSON.stringify(token)} is ${reason}`);
}

const methodOf = (given: Record<string, unknown>): unknown =>
  given.token_endpoint_auth_method ??
  (given.client_secret !== undefined
    ? 'client_secret_basic'
    : given.jwks || given.jwks_uri
      ? 'private_key_jwt'
      : 'none');

/**
 * A declared app is never hidden by a registered one of the same id.
 * @throws Error with every fault, where `checkClients` finds some
 */
export function createClientRegistry(list: readonly unknown[], more?: MoreClients): ClientRegistry {
  const faults = checkClients(list);
  if (faults.length > 0) throw new Error(faults.join('\n'));
  const clients = new Map(
    (list as readonly ClientMetadata[]).map((metadata) => [metadata.client_id, clientOf(metadata)]),
  );
  const origins = new Set(
    [...clients.values()].flatMap(({ redirectUris }) => redirectUris.map((uri) => new URL(uri).origin)),
  );
  return {
    find: async (id, db) => clients.get(id) ?? (await more?.find(id, db)),
    servesOrigin: async (origin) =>
      origin !== 'null' && (origins.has(origin) || (await more?.servesOrigin(origin)) === true),
  };
}

/** @param metadata without faults */
export function clientOf(metadata: ClientMetadata): Client {
  const { client_secret: secret, ...rest } = metadata;
  const scopes = metadata.scope === undefined ? undefined : parseScopes(metadata.scope);
  return {
    id: metadata.client_id,
    name: metadata.client_name ?? metadata.client_id,
    metadata: rest,
    native: metadata.application_type === 'native',
    authentication: methodOf({ ...metadata }) as AuthenticationMethod,
    grantTypes: metadata.grant_types ?? ['authorization_code', 'refresh_token'],
    redirectUris: metadata.redirect_uris ?? [],
    ...(secret === undefined ? {} : { secretHash: createHash('sha256').update(secret).digest() }),
    ...(scopes?.kind === 'scopes' ? { allowed: scopes.scopes } : {}),
    purposes: metadata.affinity_purposes ?? [],
  };
}
