/** Who is who: the identity service at `/identity/fhir`, patients and providers of the whole domain. IHE PIXm, PDQm, mCSD. */
import {
  createSharedServer,
  type SharedDescription,
  type SharedNeighbours,
  type SharedServer,
} from './shared-server.ts';

export const identityService = {
  name: 'identity',
  title: 'Identity',
  path: '/identity/fhir',
} as const satisfies SharedDescription;

const types = [
  'Patient',
  'Practitioner',
  'PractitionerRole',
  'Organization',
  'Location',
  'HealthcareService',
  'OrganizationAffiliation',
  'Endpoint',
];

export const createIdentity = (neighbours: SharedNeighbours): Promise<SharedServer> =>
  createSharedServer({ ...identityService, types }, neighbours);
