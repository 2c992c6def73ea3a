/**
 * Turns HL7's StructureDefinitions into the lines of `structure.json`; ../structure.ts says how they are written. FHIR
 * R4 structuredefinition.html.
 */
export interface ElementDefinition {
  readonly path: string;
  readonly min: number;
  readonly max: string;
  readonly type?: readonly { readonly code: string }[];
  readonly contentReference?: string;
  readonly isSummary?: boolean;
  readonly isModifier?: boolean;
  readonly binding?: { readonly strength: string; readonly valueSet?: string };
}
export interface StructureDefinition {
  readonly resourceType: string;
  readonly name: string;
  readonly kind?: string;
  readonly abstract?: boolean;
  readonly snapshot?: { readonly element: readonly ElementDefinition[] };
}
export interface ValueSet {
  readonly url: string;
  readonly compose?: {
    readonly include: readonly { readonly system?: string; readonly valueSet?: readonly string[] }[];
  };
}

/** Elements that the package adds to HL7's `Meta` for a server of its own. */
const foreign = /^Meta\.(?!(id|extension|versionId|lastUpdated|source|profile|security|tag)$)/;

/** FHIRPath's System types stand for `Element.id` and the like. */
const typeName = (code: string): string =>
  code.startsWith('http://hl7.org/fhirpath/System.') ? code.slice(31).toLowerCase() : code;

/** What ../structure.ts puts in front of the elements of a line, by its mark. */
const inherited: Readonly<Record<string, RegExp>> = {
  '@': /^(id|meta|implicitRules|language|text|contained|extension|modifierExtension)$/,
  '-': /^(id|meta|implicitRules|language)$/,
  '+': /^(id|extension|modifierExtension)$/,
  '.': /^(id|extension)$/,
};
const markOf = (own: readonly string[], isResource: boolean): string => {
  if (isResource) return own.includes('contained') ? '@' : '-';
  return own.includes('modifierExtension') ? '+' : '.';
};

/** The only code system that a value set takes codes from; undefined where there are several, or none is said. */
const systemOf = (url: string, valueSets: ReadonlyMap<string, ValueSet>): string | undefined => {
  const includes = valueSets.get(url.split('|')[0] ?? url)?.compose?.include ?? [];
  const systems = includes.flatMap(({ system, valueSet = [] }) =>
    system === undefined ? valueSet.map((one) => systemOf(one, valueSets)) : [system],
  );
  return new Set(systems).size === 1 ? systems[0] : undefined;
};

const elementText = (element: ElementDefinition, root: string, valueSets: ReadonlyMap<string, ValueSet>): string => {
  const name = element.path.slice(root.length + 1);
  const types =
    element.contentReference === undefined
      ? (element.type ?? []).map(({ code }) => typeName(code)).join(',')
      : element.contentReference.slice(element.contentReference.indexOf('#'));
  const flags = [
    element.min > 0 ? '!' : '',
    element.max === '1' ? '' : '*',
    element.isSummary === true ? '^' : '',
    element.isModifier === true ? '?' : '',
  ].join('');
  const bound = types === 'code' && element.binding?.strength === 'required' ? element.binding.valueSet : undefined;
  const system = bound === undefined ? undefined : systemOf(bound, valueSets);
  return `${name}${flags}:${types}${system === undefined ? '' : `=${system.replace('http://hl7.org/fhir/', '~')}`}`;
};

/** A line for each type, and for each element that nests elements of its own. */
export const structureLines = (
  structures: readonly StructureDefinition[],
  valueSets: ReadonlyMap<string, ValueSet>,
): Record<string, string> => {
  const lines: Record<string, string> = {};
  for (const { name, kind, abstract, snapshot } of structures) {
    if ((kind !== 'resource' && kind !== 'complex-type') || abstract === true || snapshot === undefined) continue;
    // SubscriptionStatus came after R4 4.0.1; the package carries it beside.
    if (['Element', 'BackboneElement', 'SubscriptionStatus'].includes(name)) continue;
    const [root, ...all] = snapshot.element.filter(({ path, max }) => max !== '0' && !foreign.test(path));
    const parents = new Map<string, ElementDefinition[]>();
    for (const element of all) {
      const parent = element.path.slice(0, element.path.lastIndexOf('.'));
      parents.set(parent, [...(parents.get(parent) ?? []), element]);
    }
    for (const [parent, own] of parents) {
      const names = own.map(({ path }) => path.slice(parent.length + 1));
      const isTop = parent === root?.path;
      const mark = markOf(names, kind === 'resource' && isTop);
      const rest = own.filter((_, at) => inherited[mark]?.test(names[at] ?? '') !== true);
      // A constrained type, such as SimpleQuantity, has the paths of the type that it constrains.
      const key = isTop ? name : parent;
      if (isTop || parent.startsWith(`${name}.`))
        lines[key] = [mark, ...rest.map((element) => elementText(element, parent, valueSets))].join(' ');
    }
  }
  return lines;
};
