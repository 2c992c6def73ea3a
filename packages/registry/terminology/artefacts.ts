/** Where terminology finds its artefacts. What the caller may not see must not be given. FHIR R4 references.html#canonical. */
import type { Resource } from '@affinity/core/fhir/resource.ts';

/** By `url` or `url|version`, without a version the latest active one; or by its place in the registry. */
export type Named = string | { readonly id: string };

/** Resources are the same object as long as they are the same version. */
export interface TerminologyArtefacts {
  find(type: string, named: Named): Promise<Resource | undefined>;
  /** CodeSystems that add to the one of this url (`supplements`). */
  supplementsOf(url: string): Promise<readonly Resource[]>;
  /** active ConceptMaps that lead from a code system, by its url, and those that lead to it */
  mapsFrom(system: string): Promise<readonly Resource[]>;
  mapsTo(system: string): Promise<readonly Resource[]>;
  /** Another whenever something has been written. */
  edition(): number;
}
