/** What the registry is called, and where it is. */
export const registryService = { name: 'registry', title: 'Registry', path: '/registry/fhir' } as const;
