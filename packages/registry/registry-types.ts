/** The types that the registry holds: definitions, by which others are understood. FHIR R4 resourcelist.html, Conformance and Terminology. */

/** Nothing in them is about a person, and anybody may read them. */
export const registryTypes: readonly string[] = [
  'CapabilityStatement',
  'CodeSystem',
  'CompartmentDefinition',
  'ConceptMap',
  'GraphDefinition',
  'ImplementationGuide',
  'MessageDefinition',
  'NamingSystem',
  'OperationDefinition',
  'Questionnaire',
  'SearchParameter',
  'StructureDefinition',
  'StructureMap',
  'ValueSet',
];

const types: ReadonlySet<string> = new Set(registryTypes);
export const isRegistryType = (type: string): boolean => types.has(type);
