/**
 * The search parameters that stored SearchParameter resources add to HL7's. One that is not active, or that cannot be
 * compiled, adds nothing. FHIR R4 searchparameter.html.
 */
import {
  type CustomParameter,
  compileSearchParameter,
  withCustom,
} from '@affinity/core/fhir/custom-search-parameter.ts';
import { parseJson } from '@affinity/core/fhir/json.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { SearchParameter, SearchParameters } from '@affinity/core/fhir/search-parameter.ts';

/** A SearchParameter as it is stored. */
export interface StoredDefinition {
  readonly id: string;
  readonly version: number;
  /** its JSON text */
  readonly body: string;
}

export interface CustomParameters {
  readonly parameters: SearchParameters;
  /** which version of which definition a parameter comes from; undefined for HL7's */
  readonly editionOf: (parameter: SearchParameter) => string | undefined;
}

const isResource = (value: unknown): value is Resource =>
  typeof value === 'object' && value !== null && 'resourceType' in value;

const compile = ({ body }: StoredDefinition, standard: SearchParameters): CustomParameter | undefined => {
  const parsed = parseJson(body);
  if (parsed.kind === 'fault' || !isResource(parsed.value) || parsed.value.status !== 'active') return undefined;
  const compiled = compileSearchParameter(parsed.value, standard);
  return compiled.kind === 'parameter' ? compiled : undefined;
};

/** @param definitions in one order everywhere: of two that say the same code the first stands */
export const customParameters = (
  standard: SearchParameters,
  definitions: readonly StoredDefinition[],
): CustomParameters => {
  const editions = new Map<SearchParameter, string>();
  const customs = definitions.flatMap((definition) => {
    const custom = compile(definition, standard);
    for (const parameter of custom?.byType.values() ?? []) {
      editions.set(parameter, `${definition.id} ${definition.version}`);
    }
    return custom ?? [];
  });
  return {
    parameters: customs.length === 0 ? standard : withCustom(standard, customs),
    editionOf: (parameter) => editions.get(parameter),
  };
};
