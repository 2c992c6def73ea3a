/**
 * What anyone may read without a token: the CapabilityStatement, SMART's configuration, and the metadata of the protected
 * resource. FHIR R4 http.html#capabilities; SMART App Launch 2.2, conformance; RFC 9728 §3.
 */
import { createHash } from 'node:crypto';
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import { type Brand, brandBundle } from '@affinity/core/smart/brand.ts';
import {
  type AssociatedEndpoint,
  type SmartCapability,
  smartConfiguration,
} from '@affinity/core/smart/configuration.ts';
import { proofAlgorithms } from '@affinity/proof/dpop-key.ts';
import { capabilityStatement, type Described, type OauthUris } from './capability.ts';
import { openToAll, preflight } from './cors.ts';
import { contentTypeOf, encode } from './format.ts';
import { fhirJson, type Representation, representationOf } from './negotiation.ts';
import type { Offer } from './offer.ts';
import { respondError } from './respond.ts';

export interface PublicOptions extends Described {
  /** what of terminology can be asked: `/metadata?mode=terminology` is answered where it is given */
  readonly terminologyCapabilities?: () => object | Promise<object>;
  readonly issuer: string;
  readonly authorizationMetadata: () => object | Promise<object>;
  readonly smartCapabilities: readonly SmartCapability[];
  /** whether tokens that are bound to a key are taken, beside others or alone; not unless told */
  readonly proofsTaken?: 'none' | 'taken' | 'needed';
  /** page where people end what they granted */
  readonly managementEndpoint?: string;
  /** other servers that take the same tokens */
  readonly associated?: readonly AssociatedEndpoint[];
  /** who stands behind the server: the first is the server's own */
  readonly brands?: {
    readonly list: readonly [Brand, ...Brand[]];
    readonly contact: string;
    /** instant of the last change */
    readonly changed: string;
  };
}

/** Where the brands are told. SMART App Launch 2.2, user-access brands: at any address that does not change. */
export const brandsPath = (base: string): string =>
  `${new URL(base).pathname.replace(/\/$/, '')}/.well-known/brands.json`;

/** RFC 9728 §3.1: the well-known path stands between host and path, unlike SMART's, which is appended. */
export const protectedResourcePath = (base: string): string =>
  `/.well-known/oauth-protected-resource${new URL(base).pathname.replace(/\/$/, '')}`;

/** The names of the extension `oauth-uris`, and the members of the metadata that say the same. */
const oauthEndpoints = [
  ['authorize', 'authorization_endpoint'],
  ['token', 'token_endpoint'],
  ['introspect', 'introspection_endpoint'],
  ['revoke', 'revocation_endpoint'],
  ['manage', 'management_endpoint'],
  ['register', 'registration_endpoint'],
] as const;

/** FHIR R4 http.html#capabilities: `normative` is the part of `full` that is normative, and may be told whole. */
const modes = ['full', 'normative', 'terminology'];

interface Document {
  readonly body: string;
  readonly type: string;
  /** over the content without the date */
  readonly tag: string;
}

const tagOf = (content: object): string =>
  `W/"${createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, 22)}"`;

const document = (content: object): Document => ({
  body: JSON.stringify(content),
  type: 'application/json',
  tag: tagOf(content),
});

/** A document that is a resource, as it was asked for; each representation has a tag of its own. */
const represented = (made: Document, representation: Representation): Document | FhirError => {
  const body = encode(made.body, representation);
  if (body instanceof FhirError) return body;
  const { format, pretty } = representation;
  const tag = made.tag.replace(/"$/, `-${format}${pretty ? '-pretty' : ''}"`);
  return { body, type: contentTypeOf(representation), tag };
};

const give = (request: Request, { body, type, tag }: Document): Response => {
  const headers = { ETag: tag, 'Cache-Control': 'no-cache', 'X-Content-Type-Options': 'nosniff', Vary: 'Accept' };
  const known = (request.headers.get('if-none-match') ?? '').split(',').some((each) => each.trim() === tag);
  return known
    ? new Response(null, { status: 304, headers })
    : new Response(body, { headers: { ...headers, 'Content-Type': type } });
};

/** Undefined: the path is none of these. Outside the base only the protected-resource metadata is answered. */
export const createPublicDocuments = (
  options: PublicOptions,
): ((request: Request, url: URL) => Promise<Response | undefined>) => {
  const {
    base,
    issuer,
    authorizationMetadata,
    smartCapabilities,
    proofsTaken = 'none',
    managementEndpoint,
    brands,
    associated,
  } = options;
  const basePath = new URL(base).pathname.replace(/\/$/, '');
  const date = new Date(options.started).toISOString();
  let known: { readonly of: Offer; readonly uris: string; readonly made: Document } | undefined;

  const metadata = async (): Promise<Readonly<Record<string, unknown>>> => ({ ...(await authorizationMetadata()) });
  const oauthUris = async (): Promise<OauthUris> => {
    const given = await metadata();
    const told: Readonly<Record<string, unknown>> = { ...given, management_endpoint: managementEndpoint };
    return Object.fromEntries(
      oauthEndpoints.flatMap(([name, member]) => (typeof told[member] === 'string' ? [[name, told[member]]] : [])),
    );
  };
  /** Written anew when what is offered has changed. */
  const capability = async (): Promise<Document> => {
    const of = options.offer();
    const uris = await oauthUris();
    const text = JSON.stringify(uris);
    if (known?.of !== of || known.uris !== text) {
      const statement = capabilityStatement(options, uris);
      const body = JSON.stringify({ ...statement, date });
      known = { of, uris: text, made: { body, type: fhirJson, tag: tagOf(statement) } };
    }
    return known.made;
  };
  /** A server without terminology may pass the mode over. R4 http.html#capabilities. */
  const terminology = async (): Promise<Document | undefined> => {
    const content = await options.terminologyCapabilities?.();
    if (content === undefined) return undefined;
    const told = { ...content, date };
    return { body: JSON.stringify(told), type: fhirJson, tag: tagOf(told) };
  };

  const documents: Readonly<Record<string, () => Document | Promise<Document>>> = {
    [`${basePath}/metadata`]: capability,
    [`${basePath}/.well-known/smart-configuration`]: async () =>
      document(
        smartConfiguration(await metadata(), smartCapabilities, managementEndpoint, {
          ...(brands === undefined
            ? {}
            : {
                user_access_brand_bundle: new URL(brandsPath(base), base).href,
                user_access_brand_identifier: brands.list[0].identifiers[0],
              }),
          ...(associated === undefined ? {} : { associated_endpoints: associated }),
        }),
      ),
    ...(brands === undefined
      ? {}
      : {
          [brandsPath(base)]: () => {
            const server = { base, name: options.name, contact: brands.contact };
            return { ...document(brandBundle(brands.list, server, brands.changed)), type: fhirJson };
          },
        }),
    [protectedResourcePath(base)]: async () => {
      const { scopes_supported } = await metadata();
      return document({
        resource: base,
        authorization_servers: [issuer],
        ...(scopes_supported === undefined ? {} : { scopes_supported }),
        ...(proofsTaken === 'needed' ? {} : { bearer_methods_supported: ['header'] }),
        ...(proofsTaken === 'none' ? {} : { dpop_signing_alg_values_supported: proofAlgorithms }),
        ...(proofsTaken === 'needed' ? { dpop_bound_access_tokens_required: true } : {}),
        resource_name: options.name,
      });
    },
  };

  return async (request, url) => {
    const make = Object.hasOwn(documents, url.pathname) ? documents[url.pathname] : undefined;
    if (make === undefined) {
      const wellKnown = url.pathname.startsWith(`${basePath}/.well-known/`);
      return wellKnown ? respondError(fhirError(404, 'not-found', 'there is no such document')) : undefined;
    }
    if (request.method === 'OPTIONS') return openToAll(preflight());
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      const refused = respondError(fhirError(405, 'not-supported', 'it can only be read'));
      refused.headers.set('Allow', 'GET, HEAD');
      return openToAll(refused);
    }
    const isMetadata = make === capability;
    const mode = isMetadata ? (url.searchParams.get('mode') ?? 'full') : 'full';
    if (!modes.includes(mode))
      return openToAll(respondError(fhirError(400, 'value', `mode is one of ${modes.join(', ')}`)));
    const made = (mode === 'terminology' ? await terminology() : undefined) ?? (await make());
    // The other two are JSON whatever is asked for (SMART App Launch 2.2, conformance).
    if (!isMetadata) return openToAll(give(request, made));
    const representation = representationOf(request.headers, url.searchParams);
    const given = representation instanceof FhirError ? representation : represented(made, representation);
    return openToAll(given instanceof FhirError ? respondError(given) : give(request, given));
  };
};
