/**
 * Turns SearchParameters into the entries of `search-parameters.json`, which ../search-parameter.ts reads, and the
 * expressions that a test holds them against. FHIR R4 searchparameter.html.
 */
import { lowerExpression, pathOf, placesOf } from '../search-lowering.ts';
import type { IndexedType } from '../search-parameter.ts';
import { pathText, type SearchPath } from '../search-path.ts';
import type { Structure } from '../structure.ts';

export interface SearchParameterResource {
  readonly url: string;
  readonly code: string;
  readonly type: IndexedType;
  readonly base: readonly string[];
  readonly expression?: string;
  readonly target?: readonly string[];
  readonly component?: readonly { readonly definition: string; readonly expression: string }[];
}
/** `[type, definition, paths, targets, ...components]`, a component being `[code, type, definition, paths, targets]`. */
export type Line = readonly (string | readonly string[])[];
export interface Lines {
  readonly parameters: Record<string, Record<string, Line>>;
  readonly expressions: Record<string, Record<string, string | readonly string[]>>;
  /** what could not be lowered, and what differs from what was there */
  readonly remarks: string[];
}

const short = (url: string): string => url.replace('http://hl7.org/fhir/SearchParameter/', '');
/** HL7 writes the name of this type wrongly in one place. */
const corrected = (expression: string): string => expression.replaceAll('(DateTime)', '(dateTime)');

/** The alternatives that speak of a type: HL7 says in one expression what holds for several. */
const ownExpression = (expression: string, base: string): string =>
  corrected(expression)
    .split(/ ?\| ?/)
    .filter((part) => new RegExp(`^\\(?${base}\\b`).test(part) || !/^\(?[A-Z]/.test(part))
    .join(' | ');

/** A filter by resolved type says more about the targets than the list shared by many types. */
const targetsOf = (paths: readonly SearchPath[], listed: readonly string[] = []): string => {
  const filtered = paths.flatMap(({ target }) => target ?? []);
  const targets = filtered.length === paths.length ? [...new Set(filtered)] : listed;
  // A list of nearly every type says nothing.
  return targets.length < 40 ? targets.join(' ') : '';
};
const textOf = (paths: readonly SearchPath[]): string => [...new Set(paths.map(pathText))].join(' ');

const tail = ({ type, url, target }: SearchParameterResource, paths: readonly SearchPath[]): readonly string[] => [
  type,
  short(url),
  textOf(paths),
  ...(type === 'reference' ? [targetsOf(paths, target)] : []),
];

/** The line of a parameter for one of its types; a text: why there is none. */
const lineOf = (
  parameter: SearchParameterResource,
  base: string,
  known: ReadonlyMap<string, SearchParameterResource>,
  structure: Structure,
): { readonly line: Line; readonly expression: string | readonly string[] } | string => {
  const { type } = parameter;
  const expression = ownExpression(parameter.expression ?? '', base);
  const found = placesOf(expression, type, { type: base, structure });
  if (found.kind === 'fault') return found.diagnostics;
  const paths = found.places.map(pathOf);
  if (type !== 'composite') return { line: tail(parameter, paths), expression };
  // What a component says is relative to the element that the composite speaks of.
  const from = found.places.map((place) => ({ ...place, steps: [] }));
  const components: (readonly string[])[] = [];
  const expressions: string[] = [];
  for (const { definition, expression: text } of parameter.component ?? []) {
    const of = known.get(definition);
    if (of === undefined) return `${definition} is not known`;
    const own = corrected(text);
    const lowered = lowerExpression(own, of.type, { type: base, structure, from });
    if (lowered.kind === 'fault') return lowered.diagnostics;
    components.push([of.code, ...tail(of, lowered.paths)]);
    expressions.push(own);
  }
  return { line: [...tail(parameter, paths), '', ...components], expression: [expression, ...expressions] };
};

/**
 * All parameters by type and code. A later one takes the place of an earlier one of the same code only where it finds
 * something else: an implementation guide restates most of what HL7 defines.
 */
export const parameterLines = (all: readonly SearchParameterResource[], structure: Structure): Lines => {
  const lines: Lines = { parameters: {}, expressions: {}, remarks: [] };
  const known = new Map(all.map((parameter) => [parameter.url, parameter]));
  for (const parameter of all) {
    for (const base of parameter.base) {
      if (base === 'Resource' || base === 'DomainResource' || parameter.expression === undefined) continue;
      const own = lines.parameters[base] ?? {};
      lines.parameters[base] = own;
      const result = lineOf(parameter, base, known, structure);
      if (typeof result === 'string') {
        lines.remarks.push(`${base}.${parameter.code} (${parameter.type}): ${result}`);
        own[parameter.code] ??= [parameter.type];
        continue;
      }
      const before = own[parameter.code];
      if (before?.[0] === parameter.type && before[2] === result.line[2]) continue;
      if (before !== undefined) lines.remarks.push(`${base}.${parameter.code}: ${before[2]} becomes ${result.line[2]}`);
      own[parameter.code] = result.line;
      lines.expressions[base] = { ...lines.expressions[base], [parameter.code]: result.expression };
    }
  }
  return lines;
};
