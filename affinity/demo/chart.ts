/** One patient's record while it is written: who it is about, what was added, and ids that stay unique within it. */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { type Reference, referenceTo } from './datatypes.ts';
import { type Body, createBody } from './measures.ts';
import { ageOn, type Episode, type Person } from './person.ts';
import { type Practitioner, practitionerOf, type Specialty } from './practitioners.ts';
import type { Random } from './random.ts';

export interface Chart {
  readonly person: Person;
  readonly random: Random;
  readonly body: Body;
  /** The reference to the patient. */
  readonly subject: Reference;
  /** Whom the patient sees first. */
  readonly primary: Practitioner;
  /** Whom the patient sees of a specialty: their own doctor, where it is theirs. */
  sees(specialty: Specialty): Practitioner;
  /** What was added so far, in an order in which every reference points backwards. */
  readonly resources: readonly Resource[];
  /**
   * An id such as `obs-0001-weight-2025-03-04`. A confidential fact must not be told by an id, because ids are seen in
   * references and in addresses: the parts name kinds, dates and ordinals, never an illness or a medicine.
   */
  id(kind: string, ...parts: readonly (string | number)[]): string;
  /** Adds a resource and gives the reference to it. */
  add(resource: Resource & { readonly id: string }, display?: string): Reference;
}

/** Starts the empty record of a person. */
export function createChart(person: Person, random: Random): Chart {
  const resources: Resource[] = [];
  const used = new Map<string, number>();
  const primarySpecialty = ageOn(person, person.end) < 18 ? 'pediatrics' : 'family';
  const primary = practitionerOf(primarySpecialty, person.number <= 2 ? 0 : person.number);
  return {
    person,
    random,
    body: createBody(
      random,
      person.episodes.map(({ story, onset }) => ({ onset, courses: story.courses })),
    ),
    subject: referenceTo('Patient', `patient-${person.key}`, `${person.given} ${person.family}`),
    primary,
    sees: (specialty) => (specialty === primary.specialty ? primary : practitionerOf(specialty, person.number)),
    resources,
    id(kind, ...parts) {
      const id = [kind, person.key, ...parts].join('-');
      const times = (used.get(id) ?? 0) + 1;
      used.set(id, times);
      return times === 1 ? id : `${id}-${times}`;
    },
    add(resource, display) {
      resources.push(resource);
      return referenceTo(resource.resourceType, resource.id, display);
    },
  };
}

/** The episode of a visit or a problem decides how confidential what comes of it is. */
export const confidentialityOf = (episode: Episode | undefined) => episode?.story.confidentiality;

/** Two digits of an ordinal that begins at 1. */
export const ordinal = (index: number): string => String(index + 1).padStart(2, '0');
