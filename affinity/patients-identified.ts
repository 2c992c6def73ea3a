/** Which Patients of a server are the person with an identifier, by the index of persons: certain links alone. IHE PIXm (ITI-83). */
import type { PersonIndex } from '@affinity/core/identity/person-index.ts';
import type { PatientsIdentified } from '@affinity/resource-server/asked.ts';

/** @param systems whose identifiers are told apart here alone: they find nobody at other servers */
export const createPatientsIdentified =
  (
    index: Pick<PersonIndex, 'personByIdentifier' | 'placesOf'>,
    base: string,
    systems: readonly string[] = [],
  ): PatientsIdentified =>
  async (identifier) => {
    if (systems.includes(identifier.system)) return [];
    const person = await index.personByIdentifier(identifier);
    if (person === undefined) return [];
    return (await index.placesOf(person)).flatMap((place) => (place.base === base ? [place.patient] : []));
  };
