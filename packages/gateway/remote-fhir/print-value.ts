/** One value of a search as it stands in a URL, its separators escaped. FHIR R4 search.html#escaping, #token, #reference. */
import type { SearchParameter } from '@affinity/core/fhir/search-parameter.ts';
import type { SearchValue } from '@affinity/core/fhir/search-query.ts';

/** A parameter of a search as it is sent, before it is encoded. */
export type Pair = readonly [name: string, value: string];

export const escaped = (text: string): string => text.replace(/[\\,|$]/g, '\\$&');

export interface ValuePrinting {
  readonly foreignValue: (value: string) => string;
  /** of what is excluded no more may be found than is meant */
  readonly isExact: boolean;
}

/** Elements of these types have a system of their own; that of a `code` is known by its binding, which not all look up. */
const withSystem = new Set(['Coding', 'CodeableConcept', 'Identifier', 'ContactPoint']);

const printToken = (
  { system, code }: Extract<SearchValue, { kind: 'token' }>,
  { paths }: SearchParameter,
  isExact: boolean,
): string | undefined => {
  const looksUp = paths.some(({ type }) => withSystem.has(type));
  if (code === undefined) return system === undefined || !looksUp ? undefined : `${escaped(system)}|`;
  if (system === undefined) return escaped(code);
  // That there is no system is looked at here: not all tell it from any.
  if (!isExact && (system === '' || !looksUp)) return escaped(code);
  return `${escaped(system)}|${escaped(code)}`;
};

/** undefined: it cannot be asked for, so that at least what is meant is found */
export const printValue = (
  value: SearchValue,
  parameter: SearchParameter,
  printing: ValuePrinting,
): string | undefined => {
  const { foreignValue, isExact } = printing;
  switch (value.kind) {
    case 'token':
      return printToken(value, parameter, isExact);
    case 'reference':
      // A bare id may be of any type, also of one that the definition does not name.
      return value.type === undefined ? value.id : `${value.type}/${value.id}`;
    case 'url':
      return escaped(foreignValue(value.url));
    case 'string':
      return escaped(value.text);
    case 'uri':
      return escaped(foreignValue(value.uri));
    case 'of-type':
      return [value.system, value.code, value.value].map(escaped).join('|');
    case 'composite': {
      const parts = value.parts.map((part, i) => {
        const component = parameter.components?.[i];
        return component === undefined || part.kind === 'composite' ? undefined : printValue(part, component, printing);
      });
      return parts.some((part) => part === undefined || part.includes(',')) ? undefined : parts.join('$');
    }
    default:
      return undefined;
  }
};
