/**
 * Who a user is to this server, and for whom they may act: their own record, those they are proxy for, those they care
 * for. What is said of a person counts as it stands now; what the token says of them must agree. SMART App Launch 2.2,
 * `fhirUser`.
 */
import { parseReference } from '@affinity/core/fhir/reference.ts';
import { type Care, type CareOptions, careOf } from './care.ts';
import { type Relation, relationOf } from './related-person.ts';
import { createRemembered, type RememberedOptions } from './remembered.ts';

export interface KnownPerson {
  /** `Practitioner/3`, or an absolute URL */
  readonly fhirUser?: string;
  /** ids of the patients for whom the person may act at this moment, as the domain itself knows */
  readonly patientsOf: readonly string[];
}

export interface People {
  /** undefined: not known, or disabled */
  find(user: string): Promise<KnownPerson | undefined>;
  isAuditor(user: string): Promise<boolean>;
  mayDeclareEmergency(user: string): Promise<boolean>;
  mayRelabel(user: string): Promise<boolean>;
}

export interface UserFacts {
  readonly patientsOf: readonly string[];
  readonly caredFor: readonly string[];
  readonly actors: readonly string[];
  readonly isPractitioner: boolean;
}

export interface UserSourceOptions extends CareOptions {
  readonly people: People;
  readonly short: RememberedOptions;
  /** another number: what is remembered is out of date */
  readonly generation?: () => number;
}

/** undefined: nobody who may work here */
export type UserSource = (user: string, fhirUser: string | undefined) => Promise<UserFacts | undefined>;

const ofPatient = (own: string, known: KnownPerson): UserFacts => ({
  patientsOf: [...new Set([own, ...known.patientsOf])],
  caredFor: [],
  actors: [`Patient/${own}`],
  isPractitioner: false,
});

const ofPractitioner = (care: Care, known: KnownPerson): UserFacts | undefined =>
  care.active
    ? { patientsOf: known.patientsOf, caredFor: care.caredFor, actors: care.actors, isPractitioner: true }
    : undefined;

/** What the RelatedPerson says of its patient goes before what the domain says. */
const ofRelated = (reference: string, relation: Relation, known: KnownPerson): UserFacts | undefined => {
  const facts = { caredFor: [], actors: [reference], isPractitioner: false };
  switch (relation.kind) {
    case 'unknown':
      return { ...facts, patientsOf: known.patientsOf };
    case 'holds':
      return { ...facts, patientsOf: [...new Set([relation.patient, ...known.patientsOf])] };
    case 'does-not-hold': {
      const { patient } = relation;
      // Of one that was taken away nobody can say whose it was.
      if (patient === undefined) return undefined;
      return { ...facts, patientsOf: known.patientsOf.filter((each) => each !== patient) };
    }
  }
};

export const createUserSource = (options: UserSourceOptions): UserSource => {
  const { backend, ownBases, people, short } = options;
  const remembered = createRemembered<UserFacts | undefined>(short);

  /** `Type/id` on this server; undefined: somebody elsewhere, or nobody. */
  const ownReference = (fhirUser: string | undefined): string | undefined => {
    const target = fhirUser === undefined ? undefined : parseReference(fhirUser, ownBases);
    return target?.kind === 'local' ? `${target.type}/${target.id}` : undefined;
  };

  const ask = async (user: string, claimed: string | undefined): Promise<UserFacts | undefined> => {
    const at = short.now();
    const known = await people.find(user);
    if (known === undefined) return undefined;
    const reference = ownReference(known.fhirUser);
    // The person is somebody else now than when the token was made.
    if (claimed !== undefined && ownReference(claimed) !== reference) return undefined;
    const [type, id = ''] = reference?.split('/') ?? [];
    switch (type) {
      case 'Patient':
        return ofPatient(id, known);
      case 'Practitioner':
        return ofPractitioner(await careOf(`Practitioner/${id}`, at, options), known);
      case 'RelatedPerson':
        return ofRelated(`RelatedPerson/${id}`, await relationOf(id, at, backend, ownBases), known);
      default: {
        const actors = reference === undefined ? [] : [reference];
        return { patientsOf: known.patientsOf, caredFor: [], actors, isPractitioner: false };
      }
    }
  };

  const { generation = () => 0 } = options;
  return (user, claimed) => remembered(JSON.stringify([user, claimed ?? null, generation()]), () => ask(user, claimed));
};
