/** A routed request made into what is asked of the guard; nobody behind looks into the request again. FHIR R4 http.html. */
import type { TypeCapability } from '@affinity/core/fhir/backend.ts';
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Route } from './api.ts';
import { recordableQuery } from './audit-trail.ts';
import { loadContent, loadForm } from './body.ts';
import type { Asked } from './guard.ts';
import { checkAccept } from './negotiation.ts';
import { type AskedHistory, historyOf, type Surroundings, searchOf } from './parameters.ts';

export interface AskedRequest {
  readonly asked: Asked;
  /** of a search: for the log */
  readonly query?: string;
  readonly historyParams: AskedHistory['understood'];
}

/** The bare version of `W/"3"`. Undefined: none is named. FHIR R4 http.html#concurrency. */
const ifMatchOf = (headers: Headers): { readonly ifMatch?: string } | FhirError => {
  const header = headers.get('if-match')?.trim();
  if (header === undefined || header === '' || header === '*') return {};
  const ifMatch = /^(?:W\/)?"([A-Za-z0-9\-.]{1,64})"$/.exec(header)?.[1];
  return ifMatch === undefined ? fhirError(400, 'invalid', 'If-Match is one version, such as W/"3"') : { ifMatch };
};

/** A search that could not be understood is judged as one of its type, so that only who may search learns why. */
const anySearch = (type: string, fault: FhirError): Asked => ({
  intent: {
    kind: 'search-type',
    type,
    query: { type, clauses: [], count: 0, sort: [], total: 'none', understood: [] },
  },
  fault,
});

const searchAsked = async (
  request: Request,
  url: URL,
  posted: boolean,
  capability: TypeCapability,
  around: Surroundings,
): Promise<AskedRequest> => {
  const { type } = capability;
  const params = new URLSearchParams(url.searchParams);
  const form = posted ? await loadForm(request, around.limits.formBytes) : new URLSearchParams();
  const raw = url.search.slice(1);
  if (form instanceof FhirError)
    return { asked: anySearch(type, form), query: recordableQuery(raw), historyParams: [] };
  // FHIR R4 http.html#search: URL and form are one set of parameters.
  for (const [name, value] of form) params.append(name, value);
  const query = recordableQuery([raw, posted ? form.toString() : ''].filter((part) => part !== '').join('&'));
  const parsed = searchOf(capability, params, around);
  const asked: Asked =
    parsed instanceof FhirError ? anySearch(type, parsed) : { intent: { kind: 'search-type', type, query: parsed } };
  return { asked, query, historyParams: [] };
};

export const askedBy = async (
  request: Request,
  url: URL,
  route: Route,
  capability: TypeCapability,
  around: Surroundings,
): Promise<AskedRequest> => {
  const notAcceptable = checkAccept(request.headers, url.searchParams);
  const fault = notAcceptable === undefined ? {} : { fault: notAcceptable };
  const { headers } = request;
  const { bodyBytes, jsonDepth } = around.limits;
  const { type } = route;
  switch (route.kind) {
    case 'search-type': {
      const search = await searchAsked(request, url, route.posted, capability, around);
      return { ...search, asked: { ...search.asked, ...fault } };
    }
    case 'history-instance': {
      const path = `${type}/${route.id}/_history`;
      const history = historyOf(path, url.searchParams, around);
      if (history instanceof FhirError) {
        const intent = { kind: route.kind, type, id: route.id, page: { count: 1 } };
        return { asked: { intent, fault: history, ...fault }, historyParams: [] };
      }
      const intent = { kind: route.kind, type, id: route.id, page: history.page };
      return { asked: { intent, ...fault }, historyParams: history.understood };
    }
    case 'create': {
      // A condition that were passed over would make a duplicate: it is refused.
      const condition = headers.has('if-none-exist')
        ? { fault: fhirError(400, 'not-supported', 'If-None-Exist is not supported') }
        : {};
      const content = () => loadContent(request, { type }, { bodyBytes, jsonDepth });
      return { asked: { intent: { kind: 'create', type }, content, ...condition, ...fault }, historyParams: [] };
    }
    case 'update':
    case 'delete': {
      const match = ifMatchOf(headers);
      const known = match instanceof FhirError ? {} : match;
      const malformed = match instanceof FhirError ? { fault: match } : {};
      const content = () => loadContent(request, route, { bodyBytes, jsonDepth });
      return {
        asked: {
          intent: { kind: route.kind, type, id: route.id, ...known },
          ...(route.kind === 'update' ? { content } : {}),
          ...malformed,
          ...fault,
        },
        historyParams: [],
      };
    }
    default:
      return { asked: { intent: route, ...fault }, historyParams: [] };
  }
};
