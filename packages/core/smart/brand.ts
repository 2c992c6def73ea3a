/**
 * Who stands behind a FHIR server, for the lists from which people choose where their record is: brands and endpoints as one
 * Bundle. SMART App Launch 2.2, user-access brands and endpoints.
 */
import type { Resource } from '../fhir/resource.ts';

export interface BrandIdentifier {
  readonly system: string;
  readonly value: string;
}

export interface Brand {
  readonly name: string;
  /** other names under which people look for it */
  readonly aliases: readonly string[];
  /** https */
  readonly website: string;
  /** the first of them names the brand */
  readonly identifiers: readonly [BrandIdentifier, ...BrandIdentifier[]];
  /** https, or a data URL */
  readonly logo?: string;
  /** codes of SMART's user-access categories, such as `clinical`, `lab`, `pharmacy` */
  readonly categories: readonly string[];
  readonly address?: { readonly city?: string; readonly state?: string; readonly country?: string };
  /** where people sign in */
  readonly portal: { readonly name: string; readonly url: string; readonly description?: string };
}

export interface BrandedServer {
  readonly base: string;
  readonly name: string;
  /** where developers turn to */
  readonly contact: string;
}

/** SMART: a URL as an identifier is that of the main page, without `www.` and without a path. */
export const identifierOfWebsite = (website: string): BrandIdentifier => ({
  system: 'urn:ietf:rfc:3986',
  value: `https://${new URL(website).host.replace(/^www\./, '')}`,
});

const extension = (name: string) => `http://hl7.org/fhir/StructureDefinition/${name}`;
const profile = (name: string) => ({ profile: [`http://hl7.org/fhir/smart-app-launch/StructureDefinition/${name}`] });
const terminology = (name: string) => `http://terminology.hl7.org/CodeSystem/${name}`;
const categories = 'http://hl7.org/fhir/smart-app-launch/CodeSystem/user-access-category';

const endpointId = 'fhir';
const brandId = (at: number): string => `brand-${at + 1}`;

const organization = (
  { name, aliases, website, identifiers, logo, categories: codes, address, portal }: Brand,
  at: number,
): Resource => ({
  resourceType: 'Organization',
  id: brandId(at),
  meta: profile('user-access-brand'),
  extension: [
    ...(logo === undefined
      ? []
      : [{ url: extension('organization-brand'), extension: [{ url: 'brandLogo', valueUrl: logo }] }]),
    {
      url: extension('organization-portal'),
      extension: [
        { url: 'portalName', valueString: portal.name },
        ...(portal.description === undefined ? [] : [{ url: 'portalDescription', valueMarkdown: portal.description }]),
        { url: 'portalUrl', valueUrl: portal.url },
        { url: 'portalEndpoint', valueReference: { reference: `Endpoint/${endpointId}` } },
      ],
    },
  ],
  identifier: identifiers.map(({ system, value }) => ({ system, value })),
  active: true,
  ...(codes.length === 0 ? {} : { type: codes.map((code) => ({ coding: [{ system: categories, code }] })) }),
  name,
  ...(aliases.length === 0 ? {} : { alias: [...aliases] }),
  telecom: [{ system: 'url', value: website }],
  ...(address === undefined ? {} : { address: [{ ...address }] }),
  endpoint: [{ reference: `Endpoint/${endpointId}` }],
});

const endpoint = ({ base, name, contact }: BrandedServer, manager: string): Resource => ({
  resourceType: 'Endpoint',
  id: endpointId,
  meta: profile('user-access-endpoint'),
  extension: [{ url: extension('endpoint-fhir-version'), valueCode: '4.0.1' }],
  status: 'active',
  connectionType: { system: terminology('endpoint-connection-type'), code: 'hl7-fhir-rest' },
  name,
  managingOrganization: { reference: `Organization/${manager}` },
  contact: [{ system: 'url', value: contact }],
  payloadType: [{ coding: [{ system: terminology('endpoint-payload-type'), code: 'none' }] }],
  address: base,
});

/** @param changed instant of the last change of anything in it */
export const brandBundle = (brands: readonly Brand[], server: BrandedServer, changed: string): Resource => {
  const at = new URL(server.base);
  const entry = (resource: Resource) => ({
    fullUrl: `${at.origin}/brands/${resource.resourceType}/${resource.id}`,
    resource,
  });
  return {
    resourceType: 'Bundle',
    id: 'brands',
    meta: { ...profile('user-access-brands-bundle'), lastUpdated: changed },
    type: 'collection',
    timestamp: changed,
    entry: [...brands.map(organization), endpoint(server, brandId(0))].map(entry),
  };
};
