/** The route table: which path and method is which interaction. FHIR R4 http.html#summary. */
import type { TypeCapability } from '@affinity/core/fhir/backend.ts';
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import { isResourceId } from '@affinity/core/fhir/resource.ts';

/** Where a request points: the interaction's name and what the path says of it. */
export type Route =
  | { readonly kind: 'create'; readonly type: string }
  | { readonly kind: 'search-type'; readonly type: string; readonly posted: boolean }
  | { readonly kind: 'read'; readonly type: string; readonly id: string }
  | { readonly kind: 'update'; readonly type: string; readonly id: string }
  | { readonly kind: 'delete'; readonly type: string; readonly id: string }
  | { readonly kind: 'history-instance'; readonly type: string; readonly id: string }
  | { readonly kind: 'vread'; readonly type: string; readonly id: string; readonly versionId: string };

export type Routed =
  | { readonly kind: 'route'; readonly route: Route; readonly capability: TypeCapability }
  | { readonly kind: 'no-route'; readonly error: FhirError };

type Methods = Readonly<Record<string, Route['kind']>>;

/** By the shape of the path; HEAD is as GET. */
const shapes = {
  '/[type]': { GET: 'search-type', POST: 'create' },
  '/[type]/_search': { POST: 'search-type' },
  '/[type]/[id]': { GET: 'read', PUT: 'update', DELETE: 'delete' },
  '/[type]/[id]/_history': { GET: 'history-instance' },
  '/[type]/[id]/_history/[vid]': { GET: 'vread' },
} as const satisfies Readonly<Record<string, Methods>>;

type Shape = keyof typeof shapes;

const shapeOf = ([, second, third, fourth]: readonly string[], length: number): Shape | undefined => {
  const instance = second !== undefined && isResourceId(second);
  if (length === 1) return '/[type]';
  if (length === 2) return second === '_search' ? '/[type]/_search' : instance ? '/[type]/[id]' : undefined;
  if (!instance || third !== '_history') return undefined;
  if (length === 3) return '/[type]/[id]/_history';
  return length === 4 && fourth !== undefined && isResourceId(fourth) ? '/[type]/[id]/_history/[vid]' : undefined;
};

const noRoute = (error: FhirError): Routed => ({ kind: 'no-route', error });

/**
 * `path` is what stands behind the base, as it was sent. Nothing in it is decoded or tidied: neither a type nor an id
 * needs it, and what needs it, `//`, `%2F`, `;x`, a trailing slash, is no path of ours. The method is that of the
 * request line alone.
 */
export const routeOf = (method: string, path: string, capabilities: ReadonlyMap<string, TypeCapability>): Routed => {
  const segments = path.split('/').slice(1);
  const [type = '', id = '', , versionId = ''] = segments;
  const capability = capabilities.get(type);
  const shape = capability === undefined ? undefined : shapeOf(segments, segments.length);
  if (capability === undefined || shape === undefined) {
    return noRoute(fhirError(404, 'not-supported', 'there is nothing at this path'));
  }
  const methods: Methods = shapes[shape];
  const offered = Object.entries(methods).filter(([, kind]) => capability.interactions.some((each) => each === kind));
  const asked = method === 'HEAD' ? 'GET' : method;
  const kind = offered.find(([name]) => name === asked)?.[1];
  if (kind === undefined) {
    const allow = offered.flatMap(([name]) => (name === 'GET' ? ['GET', 'HEAD'] : [name])).join(', ');
    const issue = { severity: 'error', code: 'not-supported', diagnostics: `${method} is not possible here` } as const;
    return noRoute(new FhirError(405, [issue], { Allow: allow }));
  }
  switch (kind) {
    case 'create':
      return { kind: 'route', route: { kind, type }, capability };
    case 'search-type':
      return { kind: 'route', route: { kind, type, posted: method === 'POST' }, capability };
    case 'vread':
      return { kind: 'route', route: { kind, type, id, versionId }, capability };
    default:
      return { kind: 'route', route: { kind, type, id }, capability };
  }
};

/** `Type/id/_history/v`, `Type/id` or `Type`, as the log names it. */
export const targetOf = (route: Route): string => {
  if (route.kind === 'vread') return `${route.type}/${route.id}/_history/${route.versionId}`;
  return 'id' in route ? `${route.type}/${route.id}` : route.type;
};
