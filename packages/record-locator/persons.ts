/**
 * Who a document is of, at the locator: the person, whatever the publisher calls them. Whoever has opted out is nobody here, in
 * every way of asking. IHE PIXm (ITI-83); IHE MHD ITI-65 §2:3.65.4.1.2.2.
 */
import { type ExactObject, isExactObject } from '@affinity/core/fhir/exact-json.ts';
import { parseReference } from '@affinity/core/fhir/reference.ts';
import type { PersonIdentifier, PersonIndex, SurvivorOf } from '@affinity/core/identity/person-index.ts';
import { textAt } from './json-reading.ts';

export interface Persons extends PersonIndex {
  readonly survivorOf: SurvivorOf;
}

/** The index without those who have opted out: what is asked of it is as of somebody who is not known. */
export const withoutOptedOut = (index: Persons, isOptedOut: (person: string) => Promise<boolean>): Persons => {
  const known = async (person: string | undefined): Promise<string | undefined> =>
    person === undefined || (await isOptedOut(person)) ? undefined : person;
  return {
    personByIdentifier: async (identifier) => known(await index.personByIdentifier(identifier)),
    personAt: async (place) => known(await index.personAt(place)),
    survivorOf: async (person) => known(await index.survivorOf(person)),
    placesOf: async (person) => ((await known(person)) === undefined ? [] : index.placesOf(person)),
    identifiersOf: async (person) => ((await known(person)) === undefined ? [] : index.identifiersOf(person)),
  };
};

/** Whom a reference to a Patient means: one of the locator, or one of another server of the domain. */
export const personOfReference = async (
  reference: string,
  { persons, base }: { readonly persons: Persons; readonly base: string },
): Promise<string | undefined> => {
  const target = parseReference(reference, [base]);
  if (target.kind === 'local') return target.type === 'Patient' ? persons.survivorOf(target.id) : undefined;
  if (target.kind !== 'foreign' || target.type !== 'Patient') return undefined;
  const [, at, patient] = /^(.+)\/Patient\/([^/]+)$/.exec(target.url) ?? [];
  return at === undefined || patient === undefined ? undefined : persons.personAt({ base: at, patient });
};

const identifierOf = (subject: ExactObject): PersonIdentifier | undefined => {
  const system = textAt(subject, 'identifier.system');
  const value = textAt(subject, 'identifier.value');
  return system === undefined || value === undefined ? undefined : { system, value };
};

/** The subject as the locator keeps it; undefined: nobody that is known is meant, or two are. */
export const resolvedSubject = async (
  subject: unknown,
  around: { readonly persons: Persons; readonly base: string },
): Promise<ExactObject | undefined> => {
  if (!isExactObject(subject as ExactObject)) return undefined;
  const given = subject as ExactObject;
  const reference = textAt(given, 'reference');
  const identifier = identifierOf(given);
  const referred = reference === undefined ? undefined : await personOfReference(reference, around);
  const identified = identifier === undefined ? undefined : await around.persons.personByIdentifier(identifier);
  // Where both are given both mean the same. An identifier of nobody's and one of another's are one answer.
  if (reference !== undefined && identifier !== undefined && referred !== identified) return undefined;
  const person = reference === undefined ? identified : referred;
  return person === undefined ? undefined : { ...given, reference: `Patient/${person}` };
};
