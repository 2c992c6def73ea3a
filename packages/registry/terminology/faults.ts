/** What terminology answers where it cannot answer the question. FHIR R4 terminology-service.html#errors, operationoutcome.html. */
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';

/** An artefact holds names that its author chose. */
const named = (text: string): string => text.slice(0, 256);

export const unknownArtefact = (type: string, canonical: string): FhirError =>
  fhirError(404, 'not-found', `there is no ${type} ${named(canonical)} here`);
export const unknownImport = (type: string, canonical: string): FhirError =>
  fhirError(422, 'not-found', `the ${type} ${named(canonical)} is needed for it and is not known here`);
export const tooCostly = (what: string): FhirError => fhirError(422, 'too-costly', what);
export const cyclic = (canonical: string): FhirError =>
  fhirError(422, 'processing', `the ValueSet ${named(canonical)} is made of itself`);
export const unusable = (what: string): FhirError => fhirError(422, 'processing', named(what));
export const badInput = (what: string): FhirError => fhirError(400, 'invalid', what);
export const missingInput = (what: string): FhirError => fhirError(400, 'required', what);
