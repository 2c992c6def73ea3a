/** The organizations and the endpoint that all records share (US Core 6.1.0 Organization; R4 Endpoint). */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { metaOf } from './confidentiality.ts';
import { hl7, type Reference, referenceTo } from './datatypes.ts';
import { providerIdentifier } from './provider-identifier.ts';

type OrganizationKind = readonly [code: string, display: string];

const provider: OrganizationKind = ['prov', 'Healthcare Provider'];
const payer: OrganizationKind = ['pay', 'Payer'];
const other: OrganizationKind = ['other', 'Other'];

export interface Place {
  readonly id: string;
  readonly name: string;
  readonly line: string;
  readonly city: string;
  readonly postalCode: string;
  readonly phone: string;
}

export const organizations: readonly (Place & { readonly kind: OrganizationKind; readonly partOf?: string })[] = [
  {
    id: 'organization-riverside',
    name: 'Riverside Health',
    kind: provider,
    line: '1 Mill Street',
    city: 'Amherst',
    postalCode: '01002',
    phone: '413-555-0100',
  },
  {
    id: 'organization-riverside-clinic',
    name: 'Riverside Family Clinic',
    kind: provider,
    partOf: 'organization-riverside',
    line: '24 Orchard Road',
    city: 'Amherst',
    postalCode: '01002',
    phone: '413-555-0110',
  },
  {
    id: 'organization-hillside-clinic',
    name: 'Hillside Specialty Clinic',
    kind: provider,
    partOf: 'organization-riverside',
    line: '8 Summit Avenue',
    city: 'Holyoke',
    postalCode: '01040',
    phone: '413-555-0120',
  },
  {
    id: 'organization-hospital',
    name: 'Riverside General Hospital',
    kind: provider,
    partOf: 'organization-riverside',
    line: '300 Hospital Drive',
    city: 'Springfield',
    postalCode: '01103',
    phone: '413-555-0130',
  },
  {
    id: 'organization-laboratory',
    name: 'Meadow Laboratory',
    kind: provider,
    line: '12 Science Park',
    city: 'Hadley',
    postalCode: '01035',
    phone: '413-555-0140',
  },
  {
    id: 'organization-pharmacy',
    name: 'Corner Pharmacy',
    kind: other,
    line: '2 Main Street',
    city: 'Amherst',
    postalCode: '01002',
    phone: '413-555-0150',
  },
  {
    id: 'organization-payer-common',
    name: 'Common Health Plan',
    kind: payer,
    line: '90 State Street',
    city: 'Boston',
    postalCode: '02109',
    phone: '617-555-0160',
  },
  {
    id: 'organization-payer-valley',
    name: 'Valley Mutual Insurance',
    kind: payer,
    line: '41 Bank Row',
    city: 'Greenfield',
    postalCode: '01301',
    phone: '413-555-0170',
  },
];

/** The payers that insure people. */
export const payers = ['organization-payer-common', 'organization-payer-valley'] as const;

/** The address of a place of work. */
export const addressOf = ({ line, city, postalCode }: Place) => ({
  use: 'work',
  line: [line],
  city,
  state: 'MA',
  postalCode,
  country: 'US',
});

/** How a place of work is called. */
export const phoneOf = ({ phone }: Place) => [{ system: 'phone', value: phone, use: 'work' }];

/** A reference to an organization by its id. */
export const organizationReference = (id: string): Reference =>
  referenceTo('Organization', id, organizations.find((each) => each.id === id)?.name);

/** All organizations, each after those it is part of, and the endpoint. */
export function* generateOrganizations(): Generator<Resource> {
  for (const [index, place] of organizations.entries())
    yield {
      resourceType: 'Organization',
      id: place.id,
      meta: metaOf('us-core-organization'),
      identifier: [providerIdentifier(900 + index)],
      active: true,
      type: [hl7('organization-type', ...place.kind)],
      name: place.name,
      telecom: phoneOf(place),
      address: [addressOf(place)],
      ...(place.partOf ? { partOf: organizationReference(place.partOf) } : {}),
    };
  yield {
    resourceType: 'Endpoint',
    id: 'endpoint-direct',
    status: 'active',
    connectionType: {
      system: 'http://terminology.hl7.org/CodeSystem/endpoint-connection-type',
      code: 'direct-project',
      display: 'Direct Project',
    },
    name: 'Riverside Health Direct address',
    managingOrganization: organizationReference('organization-riverside'),
    payloadType: [{ text: 'any' }],
    address: 'mailto:records@direct.riverside.example',
  };
}
