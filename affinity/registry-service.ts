/** What the registry is called, and where it is. */
import type { SharedDescription } from './shared-server.ts';

export const registryService = {
  name: 'registry',
  title: 'Registry',
  path: '/registry/fhir',
} as const satisfies SharedDescription;
