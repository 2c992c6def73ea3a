/**
 * The authorization request, checked before oidc-provider sees it. RFC 6749 §3.1, §4.1; RFC 7636 §4.3; RFC 9700 §2.1, §4.11;
 * RFC 9126 §4; RFC 9449 §10; SMART App Launch 2.2, "Obtain authorization code".
 */
import { isThumbprint } from '@affinity/core/oauth/confirmation.ts';
import type { OAuthErrorCode } from '@affinity/core/oauth/error.ts';
import { emergency } from '@affinity/core/smart/purpose-of-use.ts';
import { audienceOf, type ResourceServer } from './audience.ts';
import { requiredContext } from './authentication-context.ts';
import { parseClaims } from './claims-request.ts';
import type { Client, ClientRegistry } from './clients.ts';
import { asksToLook } from './emergency-scope.ts';
import type { Parameters } from './form.ts';
import type { LaunchCheck } from './launch-step.ts';
import { purposesAsked } from './purposes.ts';
import { matchesRedirectUri } from './redirect-uri.ts';
import { resolveScope } from './requested-scope.ts';
import type { Settings } from './settings.ts';

/** Where an answer may go: both were checked. */
export interface Destination {
  readonly client: Client;
  readonly redirectUri: string;
  readonly state?: string;
  /** `prompt=none`: nobody may be asked anything */
  readonly silent: boolean;
}

export type AuthorizationRequest =
  /** who asks cannot be trusted: a page for the person, never a redirect */
  | {
      readonly kind: 'page';
      readonly fault: 'unknown-app' | 'bad-return-address' | 'bad-request';
      readonly detail: string;
    }
  | {
      readonly kind: 'fault';
      readonly destination: Destination;
      readonly error: OAuthErrorCode;
      readonly description: string;
    }
  | {
      readonly kind: 'request';
      readonly destination: Destination;
      readonly scope: readonly string[];
      readonly audience: string;
      /** further servers for which the same consent is asked */
      readonly servers: readonly string[];
      /** codes of v3-ActReason that the app asked for and is registered for */
      readonly purposes: readonly string[];
      /** digest of the launch from a record system */
      readonly launch?: string;
      readonly codeChallenge: string;
      readonly prompt?: string;
      readonly nonce?: string;
      readonly maxAge?: string;
      /** what is asked for by name, such as `userinfo.name` */
      readonly claims: readonly string[];
      /** whom the app expects: an id_token of ours names them, which it sent as a hint, or its `claims` do */
      readonly subject?: string;
      /** thumbprint of the key to which the code is bound */
      readonly jkt?: string;
      /** of RFC 9470 and OIDC Core 1.0 §3.1.2.1, as sent */
      readonly acrValues?: string;
    };

export interface RequestNeighbours {
  readonly clients: ClientRegistry;
  readonly resourceServers: readonly ResourceServer[];
  readonly settings: Settings;
  verifyHint(idToken: string, clientId: string): Promise<{ readonly sub: string } | undefined>;
  checkLaunch(handle: string, client: Client, audience: string): Promise<LaunchCheck>;
}

/** @param way how it came: with the browser, or pushed by the app beforehand */
export async function checkAuthorizationRequest(
  { values, repeated, resources }: Parameters,
  { clients, resourceServers, settings, verifyHint, checkLaunch }: RequestNeighbours,
  way: 'sent' | 'pushed',
): Promise<AuthorizationRequest> {
  const page = (fault: 'unknown-app' | 'bad-return-address' | 'bad-request', detail: string): AuthorizationRequest => ({
    kind: 'page',
    fault,
    detail,
  });
  // RFC 6749 appendix A has it in no parameter, and what is kept of a request could not hold it.
  if ([...values.values(), ...resources].some((value) => value.includes('\0')))
    return page('bad-request', 'A parameter holds a NUL character.');
  if (repeated.includes('client_id')) return page('unknown-app', 'client_id was sent more than once.');
  if (repeated.includes('redirect_uri')) return page('bad-return-address', 'redirect_uri was sent more than once.');
  const client = await clients.find(values.get('client_id') ?? '');
  if (client === undefined || !client.grantTypes.includes('authorization_code')) {
    return page('unknown-app', values.has('client_id') ? 'client_id is not known here.' : 'client_id is missing.');
  }
  const redirectUri = values.get('redirect_uri');
  if (redirectUri === undefined) return page('bad-return-address', 'redirect_uri is missing.');
  if (!matchesRedirectUri(client.redirectUris, redirectUri, client.native)) {
    return page('bad-return-address', 'redirect_uri is not one that the app has registered.');
  }
  const state = values.get('state');
  const prompts = (values.get('prompt') ?? '').split(' ').filter((value) => value !== '');
  const destination = {
    client,
    redirectUri,
    silent: prompts.length === 1 && prompts[0] === 'none',
    ...(state === undefined ? {} : { state }),
  };
  const fault = (error: OAuthErrorCode, description: string): AuthorizationRequest => ({
    kind: 'fault',
    destination,
    error,
    description,
  });

  const [twice] = repeated.filter((name) => name !== 'resource');
  if (twice !== undefined) return fault('invalid_request', 'a parameter was sent more than once');
  if (state === undefined) return fault('invalid_request', 'state is missing');
  if (way === 'sent' && (settings.requirePushedRequests || client.metadata.require_pushed_authorization_requests))
    return fault('invalid_request', 'the request has to be pushed first (RFC 9126)');
  const responseType = values.get('response_type');
  if (responseType === undefined) return fault('invalid_request', 'response_type is missing');
  if (responseType !== 'code') return fault('unsupported_response_type', 'only response_type=code is supported');
  if (values.has('request') || values.has('request_uri'))
    return fault('invalid_request', 'request objects are not supported');
  if ((values.get('response_mode') ?? 'query') !== 'query')
    return fault('invalid_request', 'only response_mode=query is supported');
  const codeChallenge = values.get('code_challenge');
  if (codeChallenge === undefined) return fault('invalid_request', 'code_challenge is missing');
  if (values.get('code_challenge_method') !== 'S256')
    return fault('invalid_request', 'code_challenge_method must be S256');
  if (!/^[A-Za-z0-9_-]{43,128}$/.test(codeChallenge)) return fault('invalid_request', 'code_challenge is malformed');
  const jkt = values.get('dpop_jkt');
  if (jkt !== undefined && !isThumbprint(jkt)) return fault('invalid_request', 'dpop_jkt is malformed');
  const audience = audienceOf(resourceServers, values.get('aud'), resources);
  if (audience.kind === 'fault') return fault(audience.error, audience.description);
  const handle = values.get('launch');
  const scope = resolveScope(values.get('scope'), client, settings, handle !== undefined);
  if (scope.kind === 'fault') return fault('invalid_scope', scope.description);
  if (handle !== undefined && !scope.tokens.includes('launch'))
    return fault('invalid_request', 'launch was sent, and scope does not ask for launch');
  const launch = handle === undefined ? undefined : await checkLaunch(handle, client, audience.base);
  if (launch?.kind === 'fault') return fault('invalid_request', launch.description);
  const purposes = purposesAsked(values.get('purpose_of_use'), client);
  if (purposes.kind === 'fault') return fault('invalid_request', purposes.reason);
  const urgent = purposes.codes.includes(emergency);
  if (urgent && !asksToLook(scope.tokens))
    return fault('invalid_scope', 'an emergency gives rights to read and search, and scope asks for none');
  if (urgent && launch !== undefined) return fault('invalid_request', 'an emergency is declared without a launch');
  if (!prompts.every((value) => ['none', 'login', 'consent', 'select_account'].includes(value))) {
    return fault('invalid_request', 'prompt holds an unknown value');
  }
  if (prompts.includes('none') && !destination.silent) return fault('invalid_request', 'prompt=none stands alone');
  if (urgent && destination.silent) return fault('login_required', 'an emergency is declared by a person who signs in');
  const maxAge = values.get('max_age');
  if (maxAge !== undefined && !/^\d{1,9}$/.test(maxAge))
    return fault('invalid_request', 'max_age must be a number of seconds');
  const idTokenHint = values.get('id_token_hint');
  const hinted = idTokenHint === undefined ? undefined : await verifyHint(idTokenHint, client.id);
  if (idTokenHint !== undefined && hinted === undefined) {
    return fault('invalid_request', 'id_token_hint is not an id_token of this app');
  }
  const openid = scope.tokens.includes('openid');
  const parsed = parseClaims(values.get('claims') ?? '{}', client, settings);
  if (parsed.kind === 'fault') return fault('invalid_request', parsed.description);
  const { asked, subject = hinted?.sub } = parsed.request;
  if (hinted !== undefined && hinted.sub !== subject)
    return fault('invalid_request', 'id_token_hint and claims speak of different people');
  const { acr } = openid ? parsed.request : {};
  if (acr?.essential === true && requiredContext(acr.values.join(' ')) === undefined)
    return fault('unmet_authentication_requirements', 'claims: nobody can sign in as acr asks');
  const acrValues = acr?.values.join(' ') ?? values.get('acr_values');
  const nonce = values.get('nonce');
  // An emergency is declared by somebody who has just proved to be there, and never remembered.
  const shown = urgent ? ['login', 'consent'] : prompts.map((value) => (value === 'select_account' ? 'login' : value));
  const prompt = [...new Set(shown)].join(' ');
  return {
    kind: 'request',
    destination,
    scope: scope.tokens,
    audience: audience.base,
    servers: audience.others,
    purposes: purposes.codes,
    ...(launch === undefined ? {} : { launch: launch.digest }),
    codeChallenge,
    ...(prompt === '' ? {} : { prompt }),
    ...(openid && nonce !== undefined ? { nonce } : {}),
    ...(jkt === undefined ? {} : { jkt }),
    ...(maxAge === undefined ? {} : { maxAge }),
    ...(acrValues === undefined ? {} : { acrValues }),
    claims: openid ? asked : [],
    ...(openid && subject !== undefined ? { subject } : {}),
  };
}
