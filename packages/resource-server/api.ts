/** The route table: which path and method is which interaction. FHIR R4 http.html#summary. */
import type { AuditedEvent } from '@affinity/core/fhir/audit-event.ts';
import type { TypeCapability } from '@affinity/core/fhir/backend.ts';
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import { isResourceId } from '@affinity/core/fhir/resource.ts';
import type { Offer, Operation } from './offer.ts';
import { isAt, type OperationPlace, type OwnOperation } from './own-operation.ts';

interface OfType {
  readonly type: string;
}
interface OfInstance extends OfType {
  readonly id: string;
}

/** Where a request points: the interaction's name and what the path says of it. A change without id is conditional. */
export type Route =
  | ({ readonly kind: 'create' } & OfType)
  | ({ readonly kind: 'search-type'; readonly posted: boolean } & OfType)
  | ({ readonly kind: 'history-type' } & OfType)
  | ({ readonly kind: 'read' } & OfInstance)
  | ({ readonly kind: 'history-instance' } & OfInstance)
  | ({ readonly kind: 'vread'; readonly versionId: string } & OfInstance)
  | ({ readonly kind: 'update'; readonly id?: string } & OfType)
  | ({ readonly kind: 'patch'; readonly id?: string } & OfType)
  | ({ readonly kind: 'delete'; readonly id?: string } & OfType)
  | { readonly kind: 'search-system'; readonly posted: boolean }
  | { readonly kind: 'history-system' }
  | { readonly kind: 'bundle' }
  | ({
      readonly kind: 'operation';
      readonly operation: Operation;
      readonly id?: string;
      readonly posted: boolean;
    } & OfType)
  /** of a server's own; without a type, of the whole system */
  | { readonly kind: 'operation'; readonly own: OwnOperation; readonly type?: string; readonly id?: string };

export type Routed =
  | { readonly kind: 'route'; readonly route: Route }
  | { readonly kind: 'no-route'; readonly error: FhirError };

type Methods = Readonly<Record<string, Route['kind']>>;

/** By the shape of the path; HEAD is as GET. */
const shapes = {
  '/': { GET: 'search-system', POST: 'bundle' },
  '/_search': { POST: 'search-system' },
  '/_history': { GET: 'history-system' },
  '/[type]': { GET: 'search-type', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' },
  '/[type]/_search': { POST: 'search-type' },
  '/[type]/_history': { GET: 'history-type' },
  '/[type]/[id]': { GET: 'read', PUT: 'update', PATCH: 'patch', DELETE: 'delete' },
  '/[type]/[id]/_history': { GET: 'history-instance' },
  '/[type]/[id]/_history/[vid]': { GET: 'vread' },
} as const satisfies Readonly<Record<string, Methods>>;

type Shape = keyof typeof shapes;

const shapeOf = (segments: readonly string[]): Shape | undefined => {
  const [first, second, third, fourth] = segments;
  const instance = second !== undefined && isResourceId(second);
  if (segments.length === 0 || (segments.length === 1 && first === '')) return '/';
  if (segments.length === 1) return first === '_search' || first === '_history' ? `/${first}` : '/[type]';
  if (segments.length === 2)
    return second === '_search' || second === '_history' ? `/[type]/${second}` : instance ? '/[type]/[id]' : undefined;
  if (!instance || third !== '_history') return undefined;
  if (segments.length === 3) return '/[type]/[id]/_history';
  return segments.length === 4 && fourth !== undefined && isResourceId(fourth)
    ? '/[type]/[id]/_history/[vid]'
    : undefined;
};

/** Which paths and methods each operation has. FHIR R4 operations.html; US Core 6.1.0 `$docref`. */
const operations: Readonly<
  Record<Operation, { readonly on: 'type' | 'instance' | 'both'; readonly methods: readonly string[] }>
> = {
  everything: { on: 'instance', methods: ['GET', 'POST'] },
  meta: { on: 'instance', methods: ['GET'] },
  validate: { on: 'both', methods: ['POST'] },
  docref: { on: 'type', methods: ['GET', 'POST'] },
};

const noRoute = (error: FhirError): Routed => ({ kind: 'no-route', error });
const nothing = (): Routed => noRoute(fhirError(404, 'not-supported', 'there is nothing at this path'));
const route = (given: Route): Routed => ({ kind: 'route', route: given });

const notAllowed = (method: string, offered: readonly string[]): Routed => {
  const allow = offered.flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name])).join(', ');
  const issue = { severity: 'error', code: 'not-supported', diagnostics: `${method} is not possible here` } as const;
  return noRoute(new FhirError(405, [issue], { Allow: allow }));
};

/** Undefined where the server has none of that name there. */
const ownOf = (asked: string, name: string, at: OperationPlace, offer: Offer): Routed | undefined => {
  const place = at.type === undefined ? 'system' : at.id === undefined ? 'type' : 'instance';
  const own = offer.own.find((one) => one.name === name && isAt(one, at.type ?? '', place));
  if (own === undefined) return undefined;
  return own.methods.some((method) => method === asked)
    ? route({ kind: 'operation', own, ...at })
    : notAllowed(asked, own.methods);
};

const operationOf = (asked: string, segments: readonly string[], offer: Offer): Routed => {
  const [type = '', second = '', third] = segments;
  const name = (third ?? second).slice(1);
  const own = ownOf(asked, name, { type, ...(third === undefined ? {} : { id: second }) }, offer);
  if (own !== undefined) return own;
  const operation = offer.operations(type).find((each) => each === name);
  const known = operation === undefined ? undefined : operations[operation];
  const place = third === undefined ? 'type' : 'instance';
  if (operation === undefined || known === undefined || (known.on !== 'both' && known.on !== place))
    return noRoute(fhirError(404, 'not-supported', 'there is no such operation here'));
  if (!known.methods.includes(asked)) return notAllowed(asked, known.methods);
  const id = third === undefined ? {} : { id: second };
  return route({ kind: 'operation', operation, type, ...id, posted: asked === 'POST' });
};

const isOperation = (segments: readonly string[]): boolean => {
  const [, second = '', third] = segments;
  return segments.length === 2
    ? second.startsWith('$')
    : segments.length === 3 && isResourceId(second) && third?.[0] === '$';
};

/** Interactions of a type that are offered; without an id a change is conditional. */
const isOffered = (kind: Route['kind'], shape: Shape, capability: TypeCapability, conditional: boolean): boolean => {
  const changes = kind === 'update' || kind === 'patch' || kind === 'delete';
  if (changes && shape === '/[type]' && !(conditional && capability.interactions.includes('search-type'))) return false;
  return capability.interactions.some((each) => each === kind);
};

/**
 * `path` is what stands behind the base, as it was sent. Nothing in it is decoded or tidied: neither a type nor an id
 * needs it, and what needs it, `//`, `%2F`, `;x`, a trailing slash, is no path of ours. The method is that of the
 * request line alone.
 */
export const routeOf = (method: string, path: string, offer: Offer): Routed => {
  const segments = path.split('/').slice(1);
  const [type = '', id = '', , versionId = ''] = segments;
  const shape = shapeOf(segments);
  const asked = method === 'HEAD' ? 'GET' : method;
  const posted = method === 'POST';
  if (segments.length === 1 && type.startsWith('$')) return ownOf(asked, type.slice(1), {}, offer) ?? nothing();
  if (shape === '/' || shape === '/_search' || shape === '/_history') {
    const system: readonly string[] = ['bundle', ...offer.system];
    const offered = Object.entries<Route['kind']>(shapes[shape]).filter(([, kind]) => system.includes(kind));
    const kind = offered.find(([name]) => name === asked)?.[1];
    if (offered.length === 0) return nothing();
    if (kind === 'search-system') return route({ kind, posted });
    return kind === 'history-system' || kind === 'bundle'
      ? route({ kind })
      : notAllowed(
          method,
          offered.map(([name]) => name),
        );
  }
  const capability = offer.types.get(type);
  const isNamed = offer.own.some(({ types }) => types?.includes(type));
  if (isOperation(segments) && (capability !== undefined || isNamed)) return operationOf(asked, segments, offer);
  if (capability === undefined) return nothing();
  if (shape === undefined) return nothing();
  const offered = Object.entries<Route['kind']>(shapes[shape]).filter(([, kind]) =>
    isOffered(kind, shape, capability, offer.conditional),
  );
  const kind = offered.find(([name]) => name === asked)?.[1];
  if (offered.length === 0) return nothing();
  switch (kind) {
    case 'create':
    case 'history-type':
      return route({ kind, type });
    case 'search-type':
      return route({ kind, type, posted });
    case 'update':
    case 'patch':
    case 'delete':
      return route({ kind, type, ...(shape === '/[type]' ? {} : { id }) });
    case 'read':
    case 'history-instance':
      return route({ kind, type, id });
    case 'vread':
      return route({ kind, type, id, versionId });
    default:
      return notAllowed(
        method,
        offered.map(([name]) => name),
      );
  }
};

/** `Type/id/_history/v`, `Type/id` or `Type`, as the log names it; nothing for the whole system. */
export const targetOf = (given: Route): string | undefined => {
  if (!('type' in given) || given.type === undefined) return undefined;
  if (given.kind === 'vread') return `${given.type}/${given.id}/_history/${given.versionId}`;
  return 'id' in given && given.id !== undefined ? `${given.type}/${given.id}` : given.type;
};

export const eventOf = ({ kind }: Route): AuditedEvent => (kind === 'bundle' ? 'batch' : kind);
