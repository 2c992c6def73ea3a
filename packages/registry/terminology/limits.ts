/** How much terminology may be asked of the registry; every one is a setting. FHIR R4 terminology-service.html. */

export interface TerminologyLimits {
  /** codes in one answer of `$expand`; more than that is asked for by pages */
  readonly expansionCodes: number;
  /** codes of one ValueSet, and concepts of one CodeSystem */
  readonly valueSetCodes: number;
  /** ValueSets, CodeSystems and ConceptMaps that one question may lead through */
  readonly artefacts: number;
  /** how deep ValueSets may import others */
  readonly depth: number;
  /** filters of one include */
  readonly filters: number;
  /** characters of a regular expression in a filter */
  readonly patternCharacters: number;
  /** characters of the text by which an expansion is narrowed */
  readonly textCharacters: number;
  /** codes that are kept compiled, over all artefacts */
  readonly keptCodes: number;
}

export const terminologyLimits: TerminologyLimits = {
  expansionCodes: 10_000,
  valueSetCodes: 200_000,
  artefacts: 200,
  depth: 16,
  filters: 20,
  patternCharacters: 256,
  textCharacters: 256,
  keptCodes: 1_000_000,
};
