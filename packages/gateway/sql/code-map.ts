/** Local codes and the codes of a standard that they stand for, both ways. FHIR R4 conceptmap.html, terminologies.html. */
import type { Coding } from '@affinity/core/fhir/resource.ts';

export interface CodeMap {
  readonly name: string;
  /** by local code */
  readonly codes: ReadonlyMap<string, Coding & { readonly code: string }>;
  /** the code system of the local codes themselves: they stand beside what they are mapped to */
  readonly local?: string;
  /** what an element of type `code` says for a local code that is not in the map */
  readonly otherwise?: string;
}

/** Codings of a local code: the standard's, then its own. None: the map does not have it, and it has no system of its own. */
export const codingsOf = ({ codes, local }: CodeMap, value: string): readonly Coding[] => {
  const mapped = codes.get(value);
  return [...(mapped === undefined ? [] : [mapped]), ...(local === undefined ? [] : [{ system: local, code: value }])];
};

/** Which local codes have a coding like this: `some`, or `any` of those that there are. */
export type LocalCodes = { readonly kind: 'some'; readonly codes: readonly string[] } | { readonly kind: 'any' };

export const localCodesOf = (
  map: CodeMap,
  { system, code }: { readonly system?: string; readonly code?: string },
): LocalCodes => {
  const ofLocal = map.local !== undefined && (system === undefined || system === map.local);
  if (ofLocal && code === undefined) return { kind: 'any' };
  const found = new Set<string>(ofLocal && code !== undefined ? [code] : []);
  for (const [local, coding] of map.codes)
    if ((system === undefined || system === (coding.system ?? '')) && (code === undefined || code === coding.code))
      found.add(local);
  return { kind: 'some', codes: [...found] };
};

/** For an element of type `code`, which has no system: what a local code becomes; undefined: it cannot be said. */
export const plainCodeOf = ({ codes, otherwise }: CodeMap, value: string): string | undefined =>
  codes.get(value)?.code ?? otherwise;

/** Which local codes become this plain code. */
export const localsOfPlain = ({ codes, otherwise }: CodeMap, code: string): LocalCodes =>
  otherwise === code
    ? { kind: 'any' }
    : { kind: 'some', codes: [...codes].flatMap(([local, coding]) => (coding.code === code ? [local] : [])) };
