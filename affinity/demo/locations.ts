/** The rooms in which people are seen (US Core 6.1.0 Location). */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { metaOf } from './confidentiality.ts';
import { hl7, type Reference, referenceTo } from './datatypes.ts';
import { addressOf, organizationReference, organizations, phoneOf } from './organizations.ts';

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

/** A reference to a location by its id. */
export const locationReference = (id: LocationId): Reference => referenceTo('Location', id);

/** The organization that runs a location. */
export const managingOrganization = (id: LocationId): Reference =>
  organizationReference(locations.find((each) => each.id === id)?.organization ?? 'organization-riverside');

/** All locations. */
export function* generateLocations(): Generator<Resource> {
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
}
