/** A patch applied to the JSON text of a resource; whether the outcome is a sound resource is judged as of an update. FHIR R4 http.html#patch. */
import { parseExact, printExact } from '@affinity/core/fhir/exact-json.ts';
import { parseJson } from '@affinity/core/fhir/json.ts';
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import { fhirPathPatched } from './fhirpath-patch.ts';
import { jsonPatched } from './json-patch.ts';
import { createWork, PatchFault, type PatchLimits } from './work.ts';
import { xmlPatched } from './xml-patch.ts';

/** What a PATCH sent: JSON text, a FHIRPath Patch as a Parameters resource; of an XML Patch the XML. */
export interface PatchBody {
  readonly kind: 'json-patch' | 'fhirpath-patch' | 'xml-patch';
  readonly text: string;
}

const ways = { 'json-patch': jsonPatched, 'fhirpath-patch': fhirPathPatched, 'xml-patch': xmlPatched } as const;

/**
 * The text of the patched resource, or why it cannot be patched: 400 for a patch that is not understood, 422 for one that
 * does not fit the resource or does too much. Nothing is changed by a patch of which one operation fails.
 */
export const applyPatch = (json: string, patch: PatchBody, limits: PatchLimits): string | FhirError => {
  for (const text of patch.kind === 'xml-patch' ? [json] : [json, patch.text])
    if (parseJson(text, { depth: limits.depth }).kind === 'fault')
      return fhirError(400, 'structure', 'what is patched and what patches are JSON, and nest not too deep');
  const apply = ways[patch.kind];
  try {
    const patched = printExact(apply(parseExact(json), patch.text, limits, createWork(limits)));
    return patched.length <= limits.characters
      ? patched
      : fhirError(422, 'too-long', `the patched resource has more than ${limits.characters} characters`);
  } catch (error) {
    if (error instanceof PatchFault) return error.error;
    throw error;
  }
};
