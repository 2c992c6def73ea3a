/**
 * The door, the store and the answer of the clinic, headers and all, but nobody decides. Unless it is told otherwise,
 * nobody asks who it is, or records, either: what a guard costs is measured against this.
 */
import type { Backend, Version } from '@affinity/core/fhir/backend.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { eventOf, type Route, routeOf, targetOf } from '@affinity/resource-server/api.ts';
import type { AuditSubject } from '@affinity/resource-server/audit-trail.ts';
import { originHeaders } from '@affinity/resource-server/cors.ts';
import { incomingOf } from '@affinity/resource-server/incoming.ts';
import { defaultLimits } from '@affinity/resource-server/limits.ts';
import { preferencesOf } from '@affinity/resource-server/negotiation.ts';
import { createOffer } from '@affinity/resource-server/offer.ts';
import { createPageCursors } from '@affinity/resource-server/page-cursor.ts';
import { createPublicDocuments, type PublicOptions } from '@affinity/resource-server/public-documents.ts';
import { render } from '@affinity/resource-server/render.ts';
import { askedBy } from '@affinity/resource-server/request.ts';
import { requestIdOf } from '@affinity/resource-server/request-id.ts';
import { respond, respondError } from '@affinity/resource-server/respond.ts';

export interface UnguardedOptions {
  readonly backend: Backend;
  readonly pageKey: Uint8Array;
  readonly described: Omit<PublicOptions, 'offer' | 'updateCreate' | 'started'>;
  /** undefined: nobody who may ask */
  readonly authenticate?: (request: Request, url: URL) => Promise<Principal | undefined>;
  readonly record?: (subject: AuditSubject, versions: readonly Version[]) => Promise<void>;
}

const nobody: Principal = { clientId: 'bench', tokenId: 'bench', scopes: [] };

export const createUnguarded = (options: UnguardedOptions): ((request: Request) => Promise<Response>) => {
  const { backend, pageKey, described } = options;
  const { authenticate = async () => nobody, record = async () => {} } = options;
  const { base } = described;
  const offer = createOffer(backend, false);
  const pages = createPageCursors({ key: pageKey, base, seconds: 3600, now: Date.now });
  const publicDocument = createPublicDocuments({ ...described, offer, updateCreate: false, started: Date.now() });
  const subjectOf = (route: Route, requestId: string, method: string, principal: Principal): AuditSubject => {
    const target = targetOf(route);
    return { requestId, method, event: eventOf(route), principal, ...(target === undefined ? {} : { target }) };
  };

  return async (request) => {
    const requestId = requestIdOf(request.headers);
    const url = new URL(request.url);
    const open = await publicDocument(request, url);
    if (open !== undefined) return open;
    const allowed = await originHeaders(request.headers.get('origin'), () => false);
    const edge = { 'X-Request-Id': requestId, ...allowed };
    const incoming = incomingOf(request, url, '/fhir', defaultLimits);
    const routed = routeOf(incoming.method, incoming.path, offer());
    if (routed.kind === 'no-route') return respondError(routed.error, edge);
    const { route } = routed;
    const principal = await authenticate(request, url);
    if (principal === undefined) return respondError(new FhirError(401, []), edge);
    const preferences = preferencesOf(request.headers);
    const { handling } = preferences;
    const limited = { pages, principal, limits: defaultLimits, requestId, accessToken: '', ownBases: [base], handling };
    const context = { base, principal, pages, preferences, headers: request.headers };
    const refused = () => respondError(new FhirError(405, []));
    if (route.kind === 'bundle') return refused();
    const { asked } = await askedBy(incoming, route, { ...limited, offer: offer(), now: Date.now() });
    if (asked.kind !== 'look') return refused();
    const { intent } = asked;
    const subject = subjectOf(route, requestId, incoming.method, principal);
    if (intent.kind === 'search-type') {
      const result = await backend.searchType(intent.query, everything);
      const { understood } = intent.query;
      await record({ ...subject, understood, query: url.search.slice(1) }, result.matches);
      return respond(render({ kind: 'search', path: intent.type, understood, result }, context), edge);
    }
    if (intent.kind !== 'read') return refused();
    const result = await backend.read(intent, everything);
    await record(subject, result.kind === 'found' ? [result.version] : []);
    return result.kind === 'found'
      ? respond(render({ kind: 'resource', version: result.version }, context), edge)
      : respondError(new FhirError(404, []));
  };
};
