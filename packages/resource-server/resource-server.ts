/**
 * A FHIR server behind one guard: authenticate → guard → backend → respond, as one handler of Web requests. FHIR R4
 * http.html; SMART App Launch 2.2; RFC 6750.
 */
import type { AuditLog } from '@affinity/core/fhir/audit-event.ts';
import type { Backend } from '@affinity/core/fhir/backend.ts';
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { SmartCapability } from '@affinity/core/smart/configuration.ts';
import type { GrantState } from '@affinity/core/smart/grant-state.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { DecisionFacts } from '@affinity/policy/facts.ts';
import { createProofCheck, type ProofNeighbours } from '@affinity/proof/dpop-check.ts';
import type { JSONWebKeySet } from 'jose';
import { defaultAlgorithms } from './access-token.ts';
import { eventOf, routeOf, targetOf } from './api.ts';
import type { DocumentFault, Objects, Validate } from './asked.ts';
import { type AuditSubject, createAuditTrail, recordableQuery } from './audit-trail.ts';
import { checkGrant, createAuthenticate, type Introspect } from './authenticate.ts';
import { timeOfBundle } from './bundle-time.ts';
import { type AllowsOrigin, originHeaders, preflight } from './cors.ts';
import { asksForDocument, respondDocument } from './document-response.ts';
import type { Exchange } from './exchange.ts';
import { FactsUnavailable } from './facts/unavailable.ts';
import { nameOf } from './fault.ts';
import { createGuard } from './guard.ts';
import { incomingOf } from './incoming.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { preferencesOf, representationOf } from './negotiation.ts';
import { createOffer } from './offer.ts';
import { createAdmit, type OpenReads } from './open-reads.ts';
import type { OwnOperation } from './own-operation.ts';
import { createPageCursors } from './page-cursor.ts';
import { performBundle } from './perform-bundle.ts';
import { performOne } from './perform-one.ts';
import type { PrepareWrites } from './prepare-writes.ts';
import { createPublicDocuments, type PublicOptions, protectedResourcePath } from './public-documents.ts';
import { createRefusal, undecided } from './refused-authentication.ts';
import { requestIdOf } from './request-id.ts';
import { type EdgeHeaders, respond, respondError } from './respond.ts';

export interface ResourceServerOptions {
  /** as the audit log knows it: `clinic` */
  readonly name: string;
  /** absolute URL of the FHIR base, without trailing slash; also under which its resources are known */
  readonly base: string;
  readonly backend: Backend;
  readonly audit: AuditLog;
  /** `iss` of its access tokens */
  readonly issuer: string;
  /** `aud` of its access tokens; the base unless told */
  readonly audience?: string;
  /** the issuer's public keys; called for every request, so it should remember them */
  readonly keys: () => Promise<JSONWebKeySet>;
  readonly algorithms?: readonly string[];
  readonly grants: GrantState;
  /** describes tokens that are references; without it only signed ones are taken */
  readonly introspect?: Introspect;
  /** tokens that are bound to a key are taken where this is given, each time with a proof (RFC 9449) */
  readonly proofs?: ProofOptions;
  /** RFC 8414 metadata of the issuer */
  readonly authorizationMetadata: () => object | Promise<object>;
  /** what the whole can do, for smart-configuration */
  readonly smartCapabilities: readonly SmartCapability[];
  readonly managementEndpoint?: string;
  readonly brands?: NonNullable<PublicOptions['brands']>;
  readonly associated?: NonNullable<PublicOptions['associated']>;
  /** what decisions need to know of a user beside the token */
  readonly facts: (principal: Principal) => DecisionFacts | Promise<DecisionFacts>;
  /** secret of at least 32 bytes that seals page links; the same in every process of this server */
  readonly pageKey: Uint8Array;
  /** origins of registered clients that run in a browser */
  readonly allowsOrigin: AllowsOrigin;
  readonly limits?: Partial<Limits>;
  /** an update of what is not there creates it, for those who reach every record; not unless told */
  readonly updateCreate?: boolean;
  /** makes of a write what is judged: it may change and add, and decides nothing */
  readonly prepare?: PrepareWrites;
  /** a Binary is given as the document that it holds, if there is nothing wrong with it; not unless told */
  readonly documents?: DocumentFault;
  /** operations of its own, each behind the guard */
  readonly operations?: readonly OwnOperation[];
  /** types that anybody reads without a token; `facts` must say the same of them */
  readonly openReads?: OpenReads;
  /** a rule of its own about writes, beside the rights: it can only refuse */
  readonly objects?: Objects;
  /** says what is wrong with a resource: `$validate` is offered where it is given */
  readonly validate?: Validate;
  /** canonical URLs of what the server as a whole conforms to, and of profiles by type, for the CapabilityStatement */
  readonly instantiates?: readonly string[];
  readonly supportedProfiles?: Readonly<Record<string, readonly string[]>>;
  /** what is done for a request is done within it: its id goes along to foreign systems, and its end ends their work */
  readonly within?: <Result>(
    context: { readonly requestId: string; readonly signal: AbortSignal },
    work: () => Promise<Result>,
  ) => Promise<Result>;
  /** epoch milliseconds */
  readonly now: () => number;
  /** for operators: never given a token or a value of a record */
  readonly log: (event: string, details: Readonly<Record<string, unknown>>) => void;
}

export interface ProofOptions extends Pick<ProofNeighbours, 'useOnce' | 'nonces' | 'requireNonce'> {
  /** others are not taken */
  readonly required: boolean;
}

export interface ResourceServer {
  /** Takes every path under the base, and the path of the protected-resource metadata. Never throws. */
  fetch(request: Request, connection: { readonly address?: string }): Promise<Response>;
  /** paths that belong to it: what begins with the first, and exactly the second */
  readonly paths: readonly [base: string, protectedResource: string];
}

/** @throws Error when a setting is not sound */
export const createResourceServer = (options: ResourceServerOptions): ResourceServer => {
  const { name, base, backend, issuer, grants, keys, now, log, allowsOrigin } = options;
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const { origin, pathname: basePath, href } = new URL(base);
  if (href !== base || base.endsWith('/'))
    throw new Error(`base must be a URL in its one form, without trailing slash: ${base}`);
  const ownBases = [base];
  const { proofs } = options;
  const proofsTaken = proofs === undefined ? 'none' : proofs.required ? 'needed' : 'taken';
  const realm = { base, metadata: `${origin}${protectedResourcePath(base)}`, proofs: proofsTaken } as const;
  const offer = createOffer(backend, options.validate !== undefined, options.operations);
  const updateCreate = options.updateCreate ?? false;
  const pages = createPageCursors({ key: options.pageKey, base, seconds: limits.pageSeconds, now });
  const audit = createAuditTrail(options.audit, { name, base, issuer }, now);
  const refused = createRefusal(realm);
  const admit = createAdmit(options.openReads, now);
  const guard = createGuard({
    backend,
    audit,
    facts: options.facts,
    realm,
    ownBases,
    ownNames: [...ownBases, issuer],
    types: () => [...offer().types.keys()],
    updateCreate,
    jsonDepth: limits.jsonDepth,
    ...(options.validate === undefined ? {} : { validate: options.validate }),
    ...(options.documents === undefined ? {} : { documents: options.documents }),
    ...(options.objects === undefined ? {} : { objects: options.objects }),
    objection: (principal) => {
      const checked = checkGrant(principal, grants);
      return checked.kind === 'principal' ? undefined : refused(checked);
    },
  });
  const publicDocument = createPublicDocuments({ ...options, proofsTaken, offer, updateCreate, started: now() });
  const { expiredSkewSeconds, futureSkewSeconds, scope } = limits;
  const proofRules = {
    seconds: limits.proofSeconds,
    skewSeconds: futureSkewSeconds,
    characters: limits.proofCharacters,
  };
  const authenticate = createAuthenticate({
    rules: {
      issuer,
      audience: options.audience ?? base,
      ownBases,
      algorithms: options.algorithms ?? defaultAlgorithms,
      expiredSkewSeconds,
      futureSkewSeconds,
      scope,
    },
    keys,
    grants,
    ...(options.introspect === undefined ? {} : { introspect: options.introspect }),
    ...(proofs === undefined ? {} : { checkProof: createProofCheck({ ...proofs, rules: proofRules, now }) }),
    requireProof: proofs?.required ?? false,
    limits,
    now,
  });
  const nonceHeader = (): EdgeHeaders => (proofs?.requireNonce ? { 'DPoP-Nonce': proofs.nonces.current() } : {});

  /** Everything under the base that is not public: recorded before it is answered, whatever the answer is. */
  const answerRecords = async (
    request: Request,
    url: URL,
    known: Pick<AuditSubject, 'requestId' | 'address'>,
    edge: EdgeHeaders,
  ) => {
    const incoming = incomingOf(request, url, basePath, limits);
    const offered = offer();
    const routed = routeOf(incoming.method, incoming.path, offered);
    const target = routed.kind === 'route' ? targetOf(routed.route) : undefined;
    const caller = { ...known, method: incoming.method };
    const subject: AuditSubject = {
      ...caller,
      event: routed.kind === 'route' ? eventOf(routed.route) : 'request',
      ...(target === undefined ? {} : { target }),
    };
    const { headers } = request;
    const presented = { headers, query: url.searchParams, method: incoming.method, url: base + incoming.path };
    const authentication = admit(await authenticate(presented), routed, known.address);
    if (authentication.kind !== 'principal') {
      const error = refused(authentication);
      const reason = 'reason' in authentication ? authentication.reason : 'no token';
      const principal =
        'principal' in authentication && authentication.principal ? { principal: authentication.principal } : {};
      const query = incoming.query === '' ? {} : { query: recordableQuery(incoming.query) };
      await audit({ ...subject, ...principal, ...query }, { outcome: 'denied', status: error.status, reason });
      return respondError(error, edge);
    }
    const { principal } = authentication;
    if (routed.kind === 'no-route') {
      await audit({ ...subject, principal }, { outcome: 'failed', status: routed.error.status });
      return respondError(routed.error, edge);
    }
    const preferences = preferencesOf(headers);
    const isDocument = options.documents !== undefined && asksForDocument(routed.route, headers, url.searchParams);
    const wanted = representationOf(isDocument ? new Headers() : headers, url.searchParams);
    const [representation, fault] = wanted instanceof FhirError ? [undefined, wanted] : [wanted, undefined];
    const { parameters } = backend;
    const { handling } = preferences;
    const { requestId } = known;
    const limited = { pages, principal, limits, requestId, ownBases, handling, offer: offered, now: now() };
    const { route } = routed;
    const whole = route.kind === 'bundle' ? timeOfBundle(request.signal, limits.bundleSeconds) : undefined;
    const given = whole?.signal ?? request.signal;
    const guarded = await guard(principal, {
      question: () => AbortSignal.any([given, AbortSignal.timeout(limits.questionSeconds * 1000)]),
      ...(whole === undefined ? {} : { whole: whole.signal }),
    }).catch((error: unknown) => (error instanceof FactsUnavailable ? error : Promise.reject(error)));
    if (guarded instanceof FactsUnavailable) {
      log('undecided', {
        requestId: caller.requestId,
        reason: guarded.message,
        ...(guarded.cause === undefined ? {} : { error: nameOf(guarded.cause) }),
      });
      whole?.end();
      const error = undecided();
      await audit({ ...subject, principal }, { outcome: 'failed', status: error.status, reason: guarded.message });
      return respondError(error, edge);
    }
    const exchange: Exchange = {
      guarded,
      ...(whole === undefined ? {} : { whole: whole.signal }),
      ...(options.prepare === undefined ? {} : { prepare: options.prepare }),
      audit,
      around: { ...limited, ...(parameters === undefined ? {} : { parameters }) },
      base,
      preferences,
      caller: { ...caller, principal },
      log,
    };
    const made =
      route.kind === 'bundle'
        ? await performBundle(incoming, exchange, fault).finally(() => whole?.end())
        : await performOne(incoming, route, exchange, fault);
    return isDocument ? respondDocument(made, headers, edge) : respond(made, edge, representation);
  };

  const answer = async (request: Request, connection: { readonly address?: string }, requestId: string) => {
    const own = { 'X-Request-Id': requestId };
    if (request.url.length > limits.urlCharacters)
      return respondError(fhirError(414, 'too-long', 'the URL is too long'), own);
    const url = new URL(request.url);
    const open = await publicDocument(request, url);
    if (open !== undefined) {
      open.headers.set('X-Request-Id', requestId);
      return open;
    }
    if (!url.pathname.startsWith(`${basePath}/`) && url.pathname !== basePath) {
      return respondError(fhirError(404, 'not-found', 'there is nothing at this path'), own);
    }
    const edge = { ...own, ...nonceHeader(), ...(await originHeaders(request.headers.get('origin'), allowsOrigin)) };
    if (request.method === 'OPTIONS') return preflight(edge);
    const address = connection.address === undefined ? {} : { address: connection.address };
    return answerRecords(request, url, { requestId, ...address }, edge);
  };

  return {
    paths: [basePath, protectedResourcePath(base)],
    fetch: async (request, connection) => {
      const requestId = requestIdOf(request.headers);
      const { within = (_, work) => work() } = options;
      const context = { requestId, signal: request.signal };
      // What could not be recorded is not answered.
      const response = await within(context, () => answer(request, connection, requestId)).catch((error: unknown) => {
        log('request-unanswered', { requestId, error: nameOf(error) });
        const told = fhirError(503, 'transient', 'the request cannot be answered now');
        return respondError(told, { 'X-Request-Id': requestId });
      });
      return request.method === 'HEAD' ? new Response(null, response) : response;
    },
  };
};
