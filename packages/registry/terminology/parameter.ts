/** Parameters as an operation answers them. FHIR R4 parameters.html. */
import type { Resource } from '@affinity/core/fhir/resource.ts';

export type Part = Readonly<Record<string, unknown>> & { readonly name: string };

/** A parameter; nothing where there is no value. */
export const out = (name: string, type: string, value: unknown): readonly Part[] =>
  value === undefined ? [] : [{ name, [`value${type}`]: value }];

export const parametersOf = (parameter: readonly Part[]): Resource => ({ resourceType: 'Parameters', parameter });
