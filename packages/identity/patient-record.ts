/** What the index of persons reads in a Patient: identifiers, whether it is in use, what has replaced it. FHIR R4 patient.html#links. */
import { isObject, list, text } from '@affinity/core/fhir/path-values.ts';
import { parseReference } from '@affinity/core/fhir/reference.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { PersonIdentifier } from '@affinity/core/identity/person-index.ts';

/** More than these, and longer ones, are not indexed: nobody could look through them. */
const most = 50;
const longest = 256;

const identifierOf = (given: unknown): PersonIdentifier | undefined => {
  if (!isObject(given)) return undefined;
  const [system, value] = [text(given.system), text(given.value)];
  const sound = system !== undefined && value !== undefined && system.length <= longest && value.length <= longest;
  return sound ? { system, value } : undefined;
};

/** Those that are in use, each once. */
export const identifiersIn = ({ identifier }: Resource): readonly PersonIdentifier[] => {
  const found = new Map<string, PersonIdentifier>();
  for (const given of list(identifier)) {
    const one = isObject(given) && given.use !== 'old' ? identifierOf(given) : undefined;
    if (one !== undefined) found.set(JSON.stringify([one.system, one.value]), one);
  }
  return [...found.values()].slice(0, most);
};

export type Replacement =
  | { readonly kind: 'record'; readonly record: string }
  | { readonly kind: 'identifier'; readonly identifier: PersonIdentifier };

/** What stands in its place: where it is no more in use, and says by what it is replaced (PIXm ITI-104). */
export const replacementOf = ({ link, active }: Resource, ownBases: readonly string[]): Replacement | undefined => {
  if (active !== false) return undefined;
  for (const one of list(link)) {
    if (!isObject(one) || one.type !== 'replaced-by' || !isObject(one.other)) continue;
    const reference = text(one.other.reference);
    const target = reference === undefined ? undefined : parseReference(reference, ownBases);
    if (target?.kind === 'local' && target.type === 'Patient') return { kind: 'record', record: target.id };
    const identifier = identifierOf(one.other.identifier);
    if (identifier !== undefined) return { kind: 'identifier', identifier };
  }
  return undefined;
};
