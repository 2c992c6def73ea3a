/** What records are made of: the registry of profiles and ValueSets at `/registry/fhir`. IHE SVCM; FHIR R4 conformance-module.html. */
import {
  createSharedServer,
  type SharedDescription,
  type SharedNeighbours,
  type SharedServer,
} from './shared-server.ts';

export const registryService = {
  name: 'registry',
  title: 'Registry',
  path: '/registry/fhir',
} as const satisfies SharedDescription;

const types = [
  'StructureDefinition',
  'ValueSet',
  'CodeSystem',
  'ConceptMap',
  'SearchParameter',
  'NamingSystem',
  'OperationDefinition',
  'CapabilityStatement',
  'ImplementationGuide',
];

export const createRegistry = (neighbours: SharedNeighbours): Promise<SharedServer> =>
  createSharedServer({ ...registryService, types }, neighbours);
