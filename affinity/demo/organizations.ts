/** The organizations, places and the endpoint that all records share (US Core 6.1.0 Organization and Location; R4 Endpoint). */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { metaOf } from './confidentiality.ts';
import { hl7, type Reference, referenceTo } from './datatypes.ts';
import { providerIdentifier } from './provider-identifier.ts';

type OrganizationKind = readonly [code: string, display: string];

const provider: OrganizationKind = ['prov', 'Healthcare Provider'];
const payer: OrganizationKind = ['pay', 'Payer'];
const other: OrganizationKind = ['other', 'Other'];

interface Place {
  readonly id: string;
  readonly name: string;
  readonly line: string;
  readonly city: string;
  readonly postalCode: string;
  readonly phone: string;
}

const organizations: readonly (Place & { readonly kind: OrganizationKind; readonly partOf?: string })[] = [
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

/** The rooms in which people are seen; each belongs to the organization of the same place. */
const locations = [
  {
    id: 'location-riverside-clinic',
    organization: 'organization-riverside-clinic',
    type: ['PC', 'Primary care clinic'],
  },
  { id: 'location-hillside-clinic', organization: 'organization-hillside-clinic', type: ['OF', 'Outpatient facility'] },
  {
    id: 'location-emergency',
    organization: 'organization-hospital',
    type: ['ER', 'Emergency room'],
    name: 'Riverside General Hospital, Emergency',
  },
  {
    id: 'location-maternity',
    organization: 'organization-hospital',
    type: ['HU', 'Hospital unit'],
    name: 'Riverside General Hospital, Maternity',
  },
  {
    id: 'location-cardiology',
    organization: 'organization-hospital',
    type: ['CARD', 'Ambulatory Health Care Facilities; Clinic/Center; Rehabilitation: Cardiac Facilities'],
    name: 'Riverside General Hospital, Cardiology',
  },
  {
    id: 'location-radiology',
    organization: 'organization-hospital',
    type: ['RADDX', 'Radiology diagnostics or therapeutics unit'],
    name: 'Riverside General Hospital, Radiology',
  },
] as const;

export type LocationId = (typeof locations)[number]['id'];

/** The payers that insure people. */
export const payers = ['organization-payer-common', 'organization-payer-valley'] as const;

const addressOf = ({ line, city, postalCode }: Place) => ({
  use: 'work',
  line: [line],
  city,
  state: 'MA',
  postalCode,
  country: 'US',
});

const phoneOf = ({ phone }: Place) => [{ system: 'phone', value: phone, use: 'work' }];

/** A reference to an organization by its id. */
export const organizationReference = (id: string): Reference =>
  referenceTo('Organization', id, organizations.find((each) => each.id === id)?.name);

/** A reference to a location by its id. */
export const locationReference = (id: LocationId): Reference => referenceTo('Location', id);

/** The organization that runs a location. */
export const managingOrganization = (id: LocationId): Reference =>
  organizationReference(locations.find((each) => each.id === id)?.organization ?? 'organization-riverside');

/** All shared places, each after those it refers to. */
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
  for (const location of locations) {
    const place = organizations.find((each) => each.id === location.organization);
    if (!place) throw new RangeError(`${location.id} belongs to no organization`);
    yield {
      resourceType: 'Location',
      id: location.id,
      meta: metaOf('us-core-location'),
      status: 'active',
      name: 'name' in location ? location.name : place.name,
      mode: 'instance',
      type: [hl7('v3-RoleCode', location.type[0], location.type[1])],
      telecom: phoneOf(place),
      address: addressOf(place),
      managingOrganization: organizationReference(place.id),
    };
  }
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
