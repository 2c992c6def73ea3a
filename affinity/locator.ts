/** Where a patient's documents are: the record locator at `/locator/fhir`. IHE MHD. */
import { identityService } from './identity.ts';
import {
  createSharedServer,
  type SharedDescription,
  type SharedNeighbours,
  type SharedServer,
  sharedBase,
} from './shared-server.ts';

export const locatorService = {
  name: 'locator',
  title: 'Record locator',
  path: '/locator/fhir',
} as const satisfies SharedDescription;

const types = ['DocumentReference', 'List', 'Binary', 'Provenance'];

export const createLocator = (neighbours: SharedNeighbours): Promise<SharedServer> =>
  createSharedServer(
    { ...locatorService, types, otherBases: [sharedBase(neighbours.config.origin, identityService)] },
    neighbours,
  );
