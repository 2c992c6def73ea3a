/** What validation reads of a StructureDefinition: the elements of its snapshot. FHIR R4 structuredefinition.html, elementdefinition.html. */

export interface TypeRef {
  readonly code: string;
  /** profiles that a value of this type obeys */
  readonly profile?: readonly string[];
  /** what a reference of this type may point to */
  readonly targetProfile?: readonly string[];
}

export interface Discriminator {
  readonly type: string;
  readonly path: string;
}

export interface Constraint {
  readonly key: string;
  readonly severity: string;
  readonly human: string;
  readonly expression?: string;
}

export interface Binding {
  readonly strength: string;
  readonly valueSet?: string;
}

/** `fixed[x]` and `pattern[x]` stand under their own names. */
export interface ElementDefinition {
  /** absent: the path, and the name of the slice */
  readonly id?: string;
  readonly path: string;
  readonly sliceName?: string;
  readonly min?: number;
  readonly max?: string;
  readonly type?: readonly TypeRef[];
  readonly contentReference?: string;
  readonly binding?: Binding;
  readonly constraint?: readonly Constraint[];
  readonly slicing?: { readonly discriminator?: readonly Discriminator[]; readonly rules: string };
  readonly [name: string]: unknown;
}

export interface StructureDefinition {
  readonly url: string;
  readonly version?: string;
  /** the type that is described or constrained: `Patient`, `HumanName`, `Extension` */
  readonly type: string;
  readonly kind: string;
  readonly abstract?: boolean;
  readonly derivation?: string;
  readonly snapshot?: { readonly element: readonly ElementDefinition[] };
}

/** HL7's own definition of a type. */
export const baseUrl = (type: string): string => `http://hl7.org/fhir/StructureDefinition/${type}`;

/** A value whose definition says so by the name of a type of `http://hl7.org/fhirpath/`: ids and the inside of primitives. */
export const plainType = (code: string): string => code.replace('http://hl7.org/fhirpath/System.', 'System.');
