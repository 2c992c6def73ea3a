/**
 * oidc-provider, reduced to what is reached of it: the authorization endpoint with its sessions, prompts and codes. Scopes
 * and audience travel beside its own, because it would filter them (docs/decisions/0006-oidc-provider-traps.md).
 */

import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import Provider, { errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import type pg from 'pg';
import { accountClientId } from './account-client.ts';
import { createAdapter } from './adapter.ts';
import { requiredContext, satisfies } from './authentication-context.ts';
import type { ClientRegistry } from './clients.ts';
import type { CookieNames } from './cookies.ts';
import { type Bridge, createBridge } from './koa-bridge.ts';
import { faultName, type Log } from './log.ts';
import type { People } from './people.ts';
import type { Settings } from './settings.ts';
import { goesOn, isUnchecked } from './unchecked-step.ts';

/** What is handed to oidc-provider beside the parameters that it knows; a request cannot set them. */
export const internalParameters = [
  'affinity_scope',
  'affinity_audience',
  'affinity_servers',
  'affinity_purpose',
  'affinity_subject',
  'affinity_claims',
  'affinity_launch',
  'affinity_fault',
  'affinity_acr',
  'affinity_max_age',
  'affinity_device',
  'affinity_user_code',
] as const;
/** Kept with the code; what comes of it is ours (RFC 9449 §10). */
const keyParameter = 'dpop_jkt';
/** The only scopes that oidc-provider ever sees. */
export const openidScope = 'openid';
export const recordScope = 'record';

export interface AuthorizationParameters {
  readonly client_id: string;
  readonly redirect_uri: string;
  readonly affinity_scope: string;
  readonly affinity_audience: string;
  /** further servers, separated by a space */
  readonly affinity_servers?: string;
  /** codes of v3-ActReason, separated by a space */
  readonly affinity_purpose?: string;
  /** the person whom the app expects, by an id_token of ours: nobody else will do */
  readonly affinity_subject?: string;
  /** what is asked for by name, such as `userinfo.name`; separated by a space */
  readonly affinity_claims?: string;
  /** digest of the launch from a record system */
  readonly affinity_launch?: string;
  /** `code description`, to be told to the app once a person has signed in */
  readonly affinity_fault?: string;
  /** as the app sent them in `acr_values` */
  readonly affinity_acr?: string;
  /** `max_age` of a request without `openid`, with which oidc-provider would not take it */
  readonly affinity_max_age?: string;
  /** id of the device that waits, and the code that it shows, concealed */
  readonly affinity_device?: string;
  readonly affinity_user_code?: string;
  readonly prompt?: string;
}

/** Why somebody who is signed in is asked again: not strongly enough for this app. */
export const acrUnmet = 'acr_unmet';

const parametersOf = (ctx: KoaContextWithOIDC) => ctx.oidc.params as unknown as AuthorizationParameters;

/** RFC 9470 §4: a session that is too weak, or too old, is signed in again. */
const strengthChecks = (): readonly interactionPolicy.Check[] => [
  new Check(acrUnmet, 'a stronger sign-in is required', 'login_required', (ctx) => {
    const { session } = ctx.oidc;
    return session?.accountId !== undefined && !satisfies(session.acr, requiredContext(parametersOf(ctx).affinity_acr));
  }),
  new Check('session_too_old', 'a fresh sign-in is required', 'login_required', (ctx) => {
    const { session, result } = ctx.oidc;
    const { affinity_max_age: most } = parametersOf(ctx);
    return most !== undefined && session?.past(Number(most)) === true && result?.login === undefined;
  }),
];

export interface Neighbours {
  readonly issuer: string;
  readonly pool: pg.Pool;
  readonly clients: ClientRegistry;
  readonly people: People;
  readonly settings: Settings;
  readonly cookies: CookieNames;
  /** A grant under which this request needs no question; made anew, so that each authorization ends by itself. */
  remembered(
    request: AuthorizationParameters,
    sub: string,
    /** on a computer that others use too */
    shared: boolean,
  ): Promise<{ readonly id: string; readonly expiresAt: Date } | undefined>;
  now(): Date;
  readonly log: Log;
}

const { Check, Prompt } = interactionPolicy;

function policyOf(clients: ClientRegistry): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  policy.add(
    new Prompt(
      { name: 'unchecked', requestable: false },
      new Check('unchecked_app', 'nobody vouches for the app', 'interaction_required', async (ctx) => {
        const client = await clients.find(String(ctx.oidc.params?.client_id));
        const result = ctx.oidc.result as { readonly [goesOn]?: string } | undefined;
        return client === undefined || (isUnchecked(client) && result?.[goesOn] !== client.id);
      }),
    ),
    0,
  );
  policy
    .get('login')
    ?.checks.add(
      new Check(
        'account_gone',
        'the person who was signed in is no longer known',
        'login_required',
        (ctx) => ctx.oidc.session?.accountId !== undefined && ctx.oidc.entities.Account === undefined,
      ),
    );
  policy
    .get('login')
    ?.checks.add(
      new Check(
        'another_subject',
        'the person who is signed in is not the one whom the app expects',
        'login_required',
        (ctx) =>
          ctx.oidc.params?.affinity_subject !== undefined &&
          ctx.oidc.session?.accountId !== ctx.oidc.params.affinity_subject,
      ),
    );
  for (const check of strengthChecks()) policy.get('login')?.checks.add(check);
  policy.remove('consent');
  policy.add(
    new Prompt(
      { name: 'fault', requestable: false },
      new Check(
        'faulty_request',
        'the request is faulty',
        'invalid_request',
        (ctx) => ctx.oidc.params?.affinity_fault !== undefined,
      ),
    ),
  );
  policy.add(
    new Prompt(
      { name: 'consent', requestable: true },
      new Check(
        'not_allowed_yet',
        'the person has not allowed this',
        'consent_required',
        (ctx) => ctx.oidc.entities.Grant?.jti === undefined,
      ),
    ),
  );
  return policy;
}

/** It wants a key to sign with and signs nothing that is reached: it gets none of ours, so that none has to be changed in it. */
async function makeUnusedKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return { ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: 'unused' };
}

export async function createProvider(
  neighbours: Neighbours,
): Promise<{ readonly provider: Provider; readonly bridge: Bridge }> {
  const { issuer, settings, cookies, people, clients, pool, now } = neighbours;
  const provider: Provider = new Provider(issuer, {
    adapter: createAdapter({ issuer, pool, clients, settings, now }),
    jwks: { keys: [(await makeUnusedKey()) as never] },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    scopes: [openidScope, recordScope],
    responseTypes: ['code'],
    extraParams: [...internalParameters, keyParameter],
    routes: { authorization: '/authorize' },
    pkce: { required: () => true },
    clientAuthMethods: ['none'],
    allowOmittingSingleRegisteredRedirectUri: false,
    cookies: {
      names: { session: cookies.session, interaction: cookies.interaction, resume: cookies.resume },
      long: { httpOnly: true, sameSite: 'lax', overwrite: true, path: '/' },
      short: { httpOnly: true, sameSite: 'lax', overwrite: true },
    },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      resourceIndicators: { enabled: false },
      userinfo: { enabled: false },
    },
    ttl: {
      AuthorizationCode: settings.codeSeconds,
      Session: (_, session) => (session.transient ? settings.sharedSessionSeconds : settings.sessionSeconds),
      Interaction: settings.interactionSeconds,
      Grant: settings.sessionSeconds,
    },
    expiresWithSession: async () => false,
    interactions: {
      policy: policyOf(clients),
      url: (_, interaction) => `${issuer}/interaction/${interaction.uid}`,
    },
    findAccount: async (_, sub) => {
      const person = await people.find(sub);
      return person === undefined ? undefined : { accountId: person.sub, claims: async () => ({ sub: person.sub }) };
    },
    loadExistingGrant: (ctx) => loadGrant(provider, neighbours, ctx),
    clientBasedCORS: () => false,
    renderError: (ctx, out, error) => {
      const status = error instanceof errors.OIDCProviderError ? error.statusCode : 500;
      bridge.notesOf(ctx.req).fault = { error: out.error, status, reason: out.error_description ?? error.message };
      ctx.type = 'text';
      ctx.body = out.error;
    },
  });
  provider.proxy = true;
  const bridge = createBridge(issuer, provider.callback());
  provider.on('authorization.success', (ctx) => {
    const { AuthorizationCode: code } = ctx.oidc.entities;
    bridge.notesOf(ctx.req).codeIssued = {
      ...(code?.grantId === undefined ? {} : { grantId: code.grantId }),
      ...(code?.accountId === undefined ? {} : { user: code.accountId }),
      ...(code?.clientId === undefined ? {} : { client: code.clientId }),
    };
  });
  provider.on('server_error', (_, error) =>
    neighbours.log('authorization endpoint failed', { reason: faultName(error) }),
  );
  return { provider, bridge };
}

/** The grant that the consent step has just made, or one that an earlier consent allows. */
async function loadGrant(provider: Provider, { remembered, now }: Neighbours, ctx: KoaContextWithOIDC) {
  const chosen = ctx.oidc.result?.consent?.grantId;
  if (chosen !== undefined) return provider.Grant.find(chosen);
  const params = parametersOf(ctx);
  const sub = ctx.oidc.session?.accountId;
  if (sub !== undefined && params.client_id === accountClientId) {
    // Our own pages are given nothing, so that there is nothing to allow.
    const mark = { id: randomUUID(), expiresAt: new Date(now().getTime() + 60_000) };
    return markGrant(provider, mark, { sub, clientId: accountClientId });
  }
  if (sub === undefined || params.affinity_fault !== undefined || /\b(consent|login)\b/.test(params.prompt ?? ''))
    return undefined;
  const grant = await remembered(params, sub, ctx.oidc.session?.transient === true);
  return grant === undefined ? undefined : markGrant(provider, grant, { sub, clientId: params.client_id });
}

/** oidc-provider's own mark that a person has decided. What was allowed stands in our grant of the same id. */
export async function markGrant(
  provider: Provider,
  { id, expiresAt }: { readonly id: string; readonly expiresAt: Date },
  { sub, clientId }: { readonly sub: string; readonly clientId: string },
): Promise<InstanceType<Provider['Grant']>> {
  const mark = new provider.Grant({ accountId: sub, clientId });
  mark.jti = id;
  mark.exp = Math.floor(expiresAt.getTime() / 1000);
  mark.addOIDCScope(`${openidScope} ${recordScope}`);
  await mark.save();
  return mark;
}
