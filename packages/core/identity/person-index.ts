/**
 * Who is who over the servers of a domain: a person is one human being, known by a patient id at each of several servers
 * and by identifiers of several assigning authorities. IHE PIXm (ITI-83). What is not known is nobody, never a guess.
 */

/** A business identifier, both parts compared exactly (FHIR R4 datatypes.html#Identifier). */
export interface PersonIdentifier {
  readonly system: string;
  readonly value: string;
}

/** Under which id a FHIR server of the domain knows a person. */
export interface Place {
  /** absolute URL of the FHIR base, without trailing slash */
  readonly base: string;
  /** id of the Patient there */
  readonly patient: string;
}

/** Only certain links count: what may be the same person is two persons until a steward says otherwise. */
export interface PersonIndex {
  personByIdentifier(identifier: PersonIdentifier): Promise<string | undefined>;
  personAt(place: Place): Promise<string | undefined>;
  placesOf(person: string): Promise<readonly Place[]>;
  identifiersOf(person: string): Promise<readonly PersonIdentifier[]>;
}

/** Whom the id of a person means now: who was merged into another is the other; undefined: nobody ever had it. */
export type SurvivorOf = (person: string) => Promise<string | undefined>;
