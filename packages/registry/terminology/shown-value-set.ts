/** The codes of a ValueSet for a page that people read: narrowed by words, page by page. FHIR R4 valueset.html#expansion. */
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import { type ExpandedCode, expandPage } from './expansion.ts';
import type { Terminology } from './terminology.ts';

export type ShownValueSet =
  | { readonly kind: 'codes'; readonly total: number; readonly offset: number; readonly codes: readonly ExpandedCode[] }
  /** there is none of this canonical */
  | { readonly kind: 'unknown' }
  /** why its codes cannot be told, in plain words */
  | { readonly kind: 'untold'; readonly reason: string };

export const showValueSet = async (
  terminology: Terminology,
  canonical: string,
  question: { readonly filter?: string; readonly offset: number; readonly count: number },
): Promise<ShownValueSet> => {
  try {
    const found = await terminology.valueSet(canonical);
    if (found === undefined) return { kind: 'unknown' };
    const { total, offset, contains } = expandPage(found.form, question, terminology.limits);
    return { kind: 'codes', total, offset, codes: contains };
  } catch (error) {
    if (error instanceof FhirError) return { kind: 'untold', reason: error.message };
    throw error;
  }
};
