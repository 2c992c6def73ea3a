/**
 * A FHIR server behind one guard: authenticate → guard → backend → respond, as one handler of Web requests. FHIR R4
 * http.html; SMART App Launch 2.2; RFC 6750.
 */
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import { createProofCheck } from '@affinity/proof/dpop-check.ts';
import { defaultAlgorithms } from './access-token.ts';
import { eventOf, routeOf, targetOf } from './api.ts';
import { type AuditSubject, createAuditTrail, recordableQuery } from './audit-trail.ts';
import { checkGrant, createAuthenticate } from './authenticate.ts';
import { tokenIn } from './bearer.ts';
import { timeOfBundle } from './bundle-time.ts';
import { originHeaders, preflight } from './cors.ts';
import { asksForDocument, respondDocument } from './document-response.ts';
import type { Exchange } from './exchange.ts';
import { FactsUnavailable } from './facts/unavailable.ts';
import { nameOf } from './fault.ts';
import { createGuard } from './guard.ts';
import { incomingOf } from './incoming.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { preferencesOf, representationOf } from './negotiation.ts';
import { createOffer } from './offer.ts';
import { createAdmit } from './open-reads.ts';
import { createPageCursors } from './page-cursor.ts';
import { performBundle } from './perform-bundle.ts';
import { performOne } from './perform-one.ts';
import { createPublicDocuments, protectedResourcePath } from './public-documents.ts';
import { createRefusal, undecided } from './refused-authentication.ts';
import { requestIdOf } from './request-id.ts';
import type { ResourceServerOptions } from './resource-server-options.ts';
import { type EdgeHeaders, respond, respondError } from './respond.ts';

export type { ProofOptions, ResourceServerOptions } from './resource-server-options.ts';

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
    ...(options.patientsIdentified === undefined ? {} : { patientsIdentified: options.patientsIdentified }),
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
    ...(options.foreign === undefined ? {} : { foreign: options.foreign }),
    ...(proofs === undefined ? {} : { checkProof: createProofCheck({ ...proofs, rules: proofRules, now }) }),
    requireProof: proofs?.required ?? false,
    limits,
    now,
  });
  const intermediary: EdgeHeaders = options.isIntermediary === true ? { 'X-Intermediary': base } : {};
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
    const accessToken = tokenIn(request.headers, url.searchParams);
    const limited = {
      pages,
      principal,
      limits,
      requestId,
      accessToken,
      ownBases,
      handling,
      offer: offered,
      now: now(),
    };
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
    const edge = {
      ...own,
      ...intermediary,
      ...nonceHeader(),
      ...(await originHeaders(request.headers.get('origin'), allowsOrigin)),
    };
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
