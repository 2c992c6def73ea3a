/**
 * The authorization server of the domain: its endpoints behind one fetch handler. OAuth 2.1; OIDC Core 1.0; SMART App
 * Launch 2.2. It trusts nothing of a request's Host: every URL follows the configured issuer.
 */
import type { AuditLog } from '@affinity/core/fhir/audit-event.ts';
import type { AccessTokenClaims } from '@affinity/core/smart/launch-context.ts';
import type { Permissions } from '@affinity/outbound/outbound-url.ts';
import { createSafeFetch, type SafeFetch } from '@affinity/outbound/safe-fetch.ts';
import type { Nonces } from '@affinity/proof/dpop-nonce.ts';
import { type Look, lookOn } from '@affinity/store/postgres/look.ts';
import type { JSONWebKeySet } from 'jose';
import type pg from 'pg';
import { createAccessTokens } from './access-token.ts';
import { createAccount } from './account.ts';
import { createAppsPage } from './account-apps.ts';
import { withAccountClient } from './account-client.ts';
import { createSignOut } from './account-sign-out.ts';
import type { AccountPages } from './account-views.ts';
import { canonicalBase, type ResourceServer } from './audience.ts';
import { createRecorder } from './audit-recorder.ts';
import { type Connection, createAuthorizationEndpoint } from './authorization-endpoint.ts';
import { recordClientChanges } from './client-changes.ts';
import { createClientKeys } from './client-keys.ts';
import { type ClientMetadata, type ClientRegistry, createClientRegistry } from './clients.ts';
import { cookieNames } from './cookies.ts';
import { createCrossReference, type PatientAt } from './cross-reference.ts';
import { createDeviceAuthorizationEndpoint } from './device-authorization-endpoint.ts';
import { createDevicePages } from './device-page.ts';
import { createFactors } from './factors/factors.ts';
import { createFederation, type IdentityProvider } from './federation.ts';
import { createFederationEndpoint } from './federation-endpoint.ts';
import { type GrantConsents, giveConsents } from './grant-consents.ts';
import type { EndGrant } from './grants.ts';
import { createIdTokens } from './id-token.ts';
import type { ReadIdentifiers } from './identifiers.ts';
import { createInteractionEndpoint } from './interaction.ts';
import type { PatientEntry } from './interaction-step.ts';
import { createIntrospectionEndpoint } from './introspection.ts';
import { createLaunchEndpoint } from './launch-endpoint.ts';
import { type LaunchRecords, noRecords } from './launch-records.ts';
import { createLaunchCheck } from './launch-step.ts';
import { checkStyles, createStyleEndpoint, type Style } from './launch-styles.ts';
import { createLiveTokens } from './live-token.ts';
import { faultName, type Log } from './log.ts';
import { startLogoutDelivery } from './logout-delivery.ts';
import { createLogoutEndpoint } from './logout-endpoint.ts';
import { type Metadata, metadataOf, metadataPaths } from './metadata.ts';
import { createPageResponses } from './page-response.ts';
import type { Pages, PatientView } from './page-views.ts';
import { createPeople } from './people.ts';
import { createTokenPresentation } from './presented-token.ts';
import { createProofOfKey } from './proof-of-key.ts';
import { createProvider } from './provider.ts';
import { createPublicDocument } from './public-document.ts';
import { startPurge } from './purge.ts';
import { createPushedAuthorizationEndpoint } from './pushed-authorization-endpoint.ts';
import { createRegisteredClients } from './registered-clients.ts';
import type { Registration } from './registration-endpoint.ts';
import { createRegistrationRoutes } from './registration-routes.ts';
import { rememberGrant } from './remembered-consent.ts';
import { createRevocationEndpoint } from './revocation.ts';
import { createSecurityPage } from './security-page.ts';
import type { SecurityPages } from './security-views.ts';
import { defaultSettings, type Settings } from './settings.ts';
import { loadSigningKeys } from './signing-keys.ts';
import { createSecretThrottle } from './throttle.ts';
import { createTokenEndpoint } from './token-endpoint.ts';
import { createUnavailable } from './unavailable.ts';
import { createUserinfoEndpoint } from './userinfo.ts';

export interface AuthorizationServerOptions {
  /** absolute, without a last slash: `http://localhost:4000/auth` */
  readonly issuer: string;
  readonly pool: pg.Pool;
  /** for short statements by a key; the pool unless told */
  readonly look?: Look;
  /** for single statements that change something and wait for no lock; the pool unless told */
  readonly commit?: Look;
  /** RFC 7591 metadata; `checkClients` tells their faults beforehand */
  readonly clients: readonly unknown[];
  /** the first is the home of patients and people: their ids and relative references are of its records */
  readonly resourceServers: readonly ResourceServer[];
  /** of a userinfo server of its own (userinfo-server.ts): it is named in discovery and not answered here */
  readonly userinfoEndpoint?: string;
  /** external OpenID providers that people may sign in with */
  readonly identityProviders?: readonly IdentityProvider[];
  readonly pages: Pages & AccountPages & SecurityPages;
  /** what is known of these patients; whoever is not known is left out */
  readonly patients: (ids: readonly string[]) => Promise<readonly Omit<PatientView, 'relation'>[]>;
  /** under which id another server knows a patient of the first; what administrators have said, unless told */
  readonly patientAt?: PatientAt;
  /** the one patient whom an entry names exactly, for a declared emergency */
  readonly findPatient: (entry: PatientEntry) => Promise<string | undefined>;
  /** the identifiers of the person's own resource, for the claim of that name; without it nobody has any */
  readonly readIdentifiers?: ReadIdentifiers;
  /** what launches ask about records; without it there are none */
  readonly launchRecords?: LaunchRecords;
  /** how record systems of the domain look, by name; `standard` is what holds where a launch names none */
  readonly styles?: Readonly<Record<string, Style>>;
  readonly audit: AuditLog;
  readonly endGrant: EndGrant;
  /** the same for everybody in the domain; without one, made of `clients` and of those that have registered */
  readonly registry?: ClientRegistry;
  /** whether apps may register themselves; absent: there is no such endpoint */
  readonly registration?: Registration;
  /** where the Consents are kept that the grants are */
  readonly consents: GrantConsents;
  /** how URLs of others are fetched */
  readonly fetchOutside?: SafeFetch;
  /** what URLs of the operator's own settings may reach beside the public Internet; those of strangers never do */
  readonly outbound?: Permissions;
  readonly settings?: Partial<Settings>;
  readonly now?: () => Date;
  readonly log?: Log;
}

export interface AuthorizationServer {
  /** Answers everything under the issuer, and the well-known paths of `metadataPaths`. */
  fetch(request: Request, connection: Connection): Promise<Response>;
  metadata(): Metadata;
  /** for proofs of keys, everywhere in the domain */
  readonly nonces: Nonces;
  /** public keys only */
  keys(): Promise<JSONWebKeySet>;
  /**
   * What an access token, signed or not, is worth at the resource server of this base: all its claims, the scope as its
   * Consent leaves it. Undefined where it is worth nothing there (RFC 7662 §2.2).
   */
  introspect(token: string, base: string): Promise<AccessTokenClaims | undefined>;
  /** Grants of before, which have no Consent yet, get theirs. @returns how many did */
  giveConsents(): Promise<number>;
  /** Records which apps are new, changed or gone since the domain last started. */
  noteClients(): Promise<void>;
  close(): Promise<void>;
}

/** @throws Error naming every fault of the clients, or of the database */
export async function createAuthorizationServer(options: AuthorizationServerOptions): Promise<AuthorizationServer> {
  const {
    issuer,
    pool,
    endGrant,
    consents,
    patients,
    findPatient,
    readIdentifiers = async () => [],
    launchRecords = noRecords,
    styles = {},
    pages,
    fetchOutside = createSafeFetch(),
    outbound = {},
    identityProviders = [],
    now = () => new Date(),
    log = () => {},
  } = options;
  if (URL.parse(issuer) === null || issuer.endsWith('/'))
    throw new Error(`issuer must be an absolute URL without a last slash: ${issuer}`);
  checkStyles(styles);
  const settings = { ...defaultSettings, ...options.settings };
  const clients = options.registry ?? createClientRegistry(options.clients, createRegisteredClients(pool));
  const resourceServers = options.resourceServers.map((server) => ({ ...server, base: canonicalBase(server.base) }));
  const record = createRecorder(options.audit, issuer, now);
  const people = createPeople(pool);
  const keys = await loadSigningKeys({ pool, settings, log });
  const factors = await createFactors({ issuer, pool, keys, settings, now });
  const cookies = cookieNames(issuer);
  const accessTokens = createAccessTokens({ issuer, pool, keys, resourceServers, settings, now });
  const idTokens = createIdTokens(issuer, keys, settings.idTokenSeconds, now);
  const proofs = createProofOfKey({ pool, keys, settings, now });
  const presentToken = createTokenPresentation(accessTokens, proofs);
  const { registration, userinfoEndpoint } = options;
  const metadata = metadataOf(issuer, {
    registration: registration !== undefined,
    requirePushedRequests: settings.requirePushedRequests,
    ...(userinfoEndpoint === undefined ? {} : { userinfoEndpoint }),
  });
  const crossReference = createCrossReference(resourceServers[0]?.base ?? issuer, options.patientAt);
  const shared = {
    resourceServers,
    crossReference,
    issuer,
    pool,
    look: options.look ?? lookOn(pool),
    commit: options.commit ?? lookOn(pool),
    consents,
    endGrant,
    clients,
    people,
    settings,
    cookies,
    record,
    readIdentifiers,
    launchRecords,
    now,
    log,
  };
  const remembered = rememberGrant(shared);
  // Our own pages are an app to the sign-in and to nobody else.
  const inside = withAccountClient(clients, issuer);
  const { provider, bridge } = await createProvider({ ...shared, clients: inside, remembered });
  const responses = createPageResponses(issuer, pages, log);
  const checks = { verifyHint: idTokens.verifyHint, checkLaunch: createLaunchCheck(shared) };
  const authorization = createAuthorizationEndpoint({ ...shared, ...checks, bridge, pages: responses });
  const federation = createFederation({ issuer, providers: identityProviders, fetchOutside, outbound, keys, now });
  const federated = createFederationEndpoint({ ...shared, provider, federation, responses });
  const interaction = createInteractionEndpoint({
    ...shared,
    clients: inside,
    ...factors,
    federation,
    provider,
    pages,
    patients,
    findPatient,
    keys,
    responses,
  });
  const account = createAccount({ ...shared, provider, keys, responses, begin: authorization.begin }, [
    createAppsPage({ ...shared, pages, patients }),
    createSecurityPage({ ...shared, ...factors, pages, providers: federation.providers }),
    createSignOut({ ...shared, pages }),
  ]);
  const device = createDevicePages({ ...shared, keys, pages, responses, begin: authorization.begin });
  const backChannel = {
    ...shared,
    clientKeys: createClientKeys({ fetchOutside, outbound, cacheSeconds: settings.jwksCacheSeconds, now, log }),
    secrets: createSecretThrottle(pool, settings.signIn, now),
    audiences: [metadata.token_endpoint, issuer],
    accessTokens,
    idTokens,
    proofs,
    presentToken,
  };
  const liveTokens = createLiveTokens({ ...shared, accessTokens });
  const tokens = { presentToken, liveTokens };
  const userinfo = createUserinfoEndpoint({ ...shared, ...tokens, proofs, endpoint: `${issuer}/userinfo` });
  const styleDocument = createStyleEndpoint(pool);
  const purge = startPurge(shared);
  const delivery = startLogoutDelivery({ ...shared, keys, fetchOutside, outbound });

  const publicDocument = createPublicDocument(settings);
  const mount = new URL(issuer).pathname;
  const routes = new Map<string, (request: Request, connection: Connection) => Promise<Response>>([
    ...metadataPaths(issuer).map((path) => [path, publicDocument(() => metadata)] as const),
    [`${mount}/jwks`, publicDocument(() => keys.current().jwks)],
    [`${mount}/authorize`, authorization.authorize],
    [`${mount}/token`, createTokenEndpoint(backChannel)],
    [`${mount}/par`, createPushedAuthorizationEndpoint({ ...backChannel, ...checks })],
    [`${mount}/revoke`, createRevocationEndpoint(backChannel)],
    [`${mount}/introspect`, createIntrospectionEndpoint({ ...backChannel, ...tokens })],
    ...(userinfoEndpoint === undefined ? [[`${mount}/userinfo`, userinfo] as const] : []),
    [`${mount}/device_authorization`, createDeviceAuthorizationEndpoint({ ...backChannel, keys })],
    [`${mount}/logout`, createLogoutEndpoint({ ...shared, provider, keys, idTokens, pages, responses })],
    [`${mount}/device`, device.page],
    [`${mount}/device/done`, device.done],
    [`${mount}/launch`, createLaunchEndpoint({ ...shared, ...tokens, styles })],
  ]);
  const registering = createRegistrationRoutes(shared, registration);
  const unavailable = createUnavailable(mount, responses);

  const route = (request: Request, connection: Connection): Promise<Response> => {
    const { pathname } = new URL(request.url);
    const exact = routes.get(pathname);
    if (exact !== undefined) return exact(request, connection);
    const registered = registering(request, pathname, connection);
    if (registered !== undefined) return registered;
    const elsewhere = federated(request, pathname, connection);
    if (elsewhere !== undefined) return elsewhere;
    const [, kind, uid] = new RegExp(`^${mount}/(authorize|interaction)/([A-Za-z0-9_-]{20,64})$`).exec(pathname) ?? [];
    if (kind === 'authorize' && uid !== undefined) return authorization.resume(request, uid, connection);
    if (kind === 'interaction' && uid !== undefined) return interaction(request, uid, connection);
    if (pathname === `${mount}/account` || pathname.startsWith(`${mount}/account/`))
      return account(request, connection);
    const [, style] = new RegExp(`^${mount}/styles/([A-Za-z0-9_-]{43})\\.json$`).exec(pathname) ?? [];
    if (style !== undefined) return styleDocument(request, style);
    return Promise.resolve(responses.fault('not-found', 404));
  };

  return {
    async fetch(request, connection) {
      try {
        return await route(request, connection);
      } catch (error) {
        log('authorization server failed', { reason: faultName(error) });
        return unavailable(new URL(request.url).pathname);
      }
    },
    metadata: () => metadata,
    nonces: proofs.nonces,
    keys: async () => keys.current().jwks,
    introspect: liveTokens.claimsAt,
    giveConsents: () => giveConsents({ pool, consents }, now()),
    noteClients: () =>
      recordClientChanges({ pool, record, digest: keys.seal }, options.clients as readonly ClientMetadata[]),
    async close() {
      await Promise.all([purge.stop(), delivery.stop(), keys.stop()]);
    },
  };
}
