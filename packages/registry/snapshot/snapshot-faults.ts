/** Why there is no snapshot. FHIR R4 structuredefinition-operation-snapshot.html. */
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';

/** A profile holds names that its author chose. */
const named = (text: string): string => text.slice(0, 256);

export const missingDefinition = (canonical: string, why: string): FhirError =>
  fhirError(422, 'not-found', `${named(canonical)} is not known here: it is the ${why}, and must be loaded first`);
export const cyclicBase = (canonical: string): FhirError =>
  fhirError(422, 'processing', `the profile ${named(canonical)} rests on itself`);
export const costlySnapshot = (what: string): FhirError => fhirError(422, 'too-costly', what);
export const badDifferential = (what: string, id?: string): FhirError =>
  fhirError(
    422,
    'structure',
    what,
    ...(id === undefined ? [] : [`StructureDefinition.differential.element('${named(id)}')`]),
  );
