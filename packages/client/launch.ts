/** A SMART launch: leave for the authorization server, come back with a session. SMART App Launch 2.2 app-launch; RFC 7636; RFC 9126; RFC 9207 §2.4. */
import { isResourceId } from '@affinity/core/fhir/resource.ts';
import { trimBase } from './address.ts';
import type { Discover } from './discovery.ts';
import { type Failed, failed } from './failure.ts';
import type { Neighbours } from './neighbours.ts';
import { challengeOf, type OAuth, randomToken, type Tokens } from './oauth.ts';
import type { PendingLaunch, Session, SessionServer } from './session.ts';

export interface LaunchOptions {
  /** what an EHR gave the app's launch address: its `iss` must be the server of this client */
  readonly ehr?: { readonly iss: string; readonly launch: string };
  /** instead of the client's own: a launch from an EHR asks for `launch` */
  readonly scope?: string;
}

export type Begun = { readonly kind: 'redirect'; readonly url: string; readonly pending: PendingLaunch } | Failed;
export type Completed = { readonly kind: 'ready'; readonly session: Session } | { readonly kind: 'denied' } | Failed;

export interface LaunchSettings {
  readonly iss: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scope: string;
}

export function createLaunch(settings: LaunchSettings, discover: Discover, oauth: OAuth, { now, limits }: Neighbours) {
  /** Where to send the person, and what to keep until they are back. Sends the request itself only where the server wants it pushed. */
  async function begin({ ehr, scope = settings.scope }: LaunchOptions = {}): Promise<Begun> {
    if (ehr !== undefined && trimBase(ehr.iss) !== trimBase(settings.iss)) {
      return failed('launch', 'The launch comes from a FHIR server that this app does not know.');
    }
    const server = await discover();
    if (server.kind === 'failed') return server;
    const { metadata } = server.value;
    const { issuer, authorization_endpoint = '' } = metadata;
    const pending: PendingLaunch = {
      state: randomToken(),
      nonce: randomToken(),
      verifier: randomToken(),
      issuer,
      scope,
      createdAt: now(),
    };
    const url = new URL(authorization_endpoint);
    const parameters = {
      response_type: 'code',
      client_id: settings.clientId,
      redirect_uri: settings.redirectUri,
      scope,
      state: pending.state,
      nonce: pending.nonce,
      aud: settings.iss,
      code_challenge: await challengeOf(pending.verifier),
      code_challenge_method: 'S256',
      ...(ehr === undefined ? {} : { launch: ehr.launch }),
    };
    const pushed =
      metadata.require_pushed_authorization_requests === true ? await oauth.push(metadata, parameters) : undefined;
    if (pushed?.kind === 'failed') return pushed;
    const sent = pushed === undefined ? parameters : { client_id: settings.clientId, request_uri: pushed.value };
    for (const [name, value] of Object.entries(sent)) url.searchParams.set(name, value);
    return { kind: 'redirect', url: url.href, pending };
  }

  /** The address that the person came back to → a session. The caller throws `pending` away before this: it serves once. */
  async function complete(callbackUrl: string | URL, pending: PendingLaunch): Promise<Completed> {
    const age = now() - pending.createdAt;
    if (age < 0 || age > limits.launchSeconds * 1000) return failed('launch', 'The sign-in took too long.');
    const server = await discover();
    if (server.kind === 'failed') return server;
    const { metadata, session } = server.value;
    if (metadata.issuer !== pending.issuer) return failed('launch', 'The authorization server changed meanwhile.');
    const parameters = await oauth.readCallback(metadata, new URL(callbackUrl).searchParams, pending.state);
    if (parameters.kind === 'failed') {
      return parameters.failure.code === 'access_denied' ? { kind: 'denied' } : parameters;
    }
    if (!parameters.value.has('code')) return failed('launch', 'The answer holds no authorization code.');
    const tokens = await oauth.exchangeCode(metadata, parameters.value, settings.redirectUri, pending);
    return tokens.kind === 'failed' ? tokens : openSession(tokens.value, session, now());
  }

  return { begin, complete };
}

/** SMART App Launch 2.2 §4: the answer states the granted scope; a patient scope needs a patient. */
function openSession(tokens: Tokens, server: SessionServer, now: number): Completed {
  const { accessToken, refreshToken, scope, patient, context, claims } = tokens;
  if (scope === undefined || scope.trim() === '') return failed('token', 'The server does not say what was granted.');
  if (patient !== undefined && (typeof patient !== 'string' || !isResourceId(patient))) {
    return failed('token', 'The patient in context is not the id of a resource.');
  }
  if (patient === undefined && /(^| )(launch\/)?patient(\/| |$)/.test(scope)) {
    return failed('token', 'The server does not say whose record the app may see.');
  }
  return {
    kind: 'ready',
    session: {
      id: randomToken(),
      accessToken,
      expiresAt: expiry(tokens.expiresIn, now),
      ...(refreshToken === undefined ? {} : { refreshToken }),
      scope,
      ...(patient === undefined ? {} : { patient }),
      ...(Object.keys(context).length === 0 ? {} : { context }),
      ...(typeof claims?.fhirUser === 'string' ? { fhirUser: claims.fhirUser } : {}),
      ...(claims === undefined ? {} : { idTokenClaims: claims }),
      server,
    },
  };
}

/** SMART requires `expires_in`; a server that leaves it out is taken to have said five minutes. */
export const expiry = (expiresIn: number | undefined, now: number): number => now + (expiresIn ?? 300) * 1000;
