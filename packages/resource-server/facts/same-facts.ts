/**
 * The facts of one caller are one object for as long as they are the same, so that what was decided by them can be
 * remembered with them. They are the same while each part is, and while no rule of a Consent begins or is over.
 */
import { instantsOf } from '@affinity/core/fhir/consent.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { ConsentFacts, DecisionFacts } from '@affinity/policy/facts.ts';

interface Held {
  readonly facts: DecisionFacts;
  readonly from: number;
  /** exclusive, epoch milliseconds: until then another time decides nothing else */
  readonly until: number;
}

type Part = Exclude<keyof DecisionFacts, 'now' | 'consents'>;

/** The parts that are kept where they come from, so that one that has not changed is the same object: all of them. */
const compared: Readonly<Record<Part, true>> = {
  patientsOf: true,
  caredFor: true,
  actors: true,
  wholeServer: true,
  auditor: true,
  emergency: true,
  relabel: true,
  open: true,
  publisher: true,
  service: true,
  grant: true,
};
const parts = Object.keys(compared) as readonly Part[];

const sameConsents = (one: ConsentFacts | undefined, other: ConsentFacts | undefined): boolean => {
  if (one === undefined || other === undefined) return one === other;
  if (one.implicit !== other.implicit || one.covers === 'everybody' || other.covers === 'everybody') return false;
  const { covers, byPatient } = other;
  return (
    one.covers.size === covers.size &&
    one.byPatient.size === byPatient.size &&
    [...one.covers].every((patient) => covers.has(patient) && one.byPatient.get(patient) === byPatient.get(patient))
  );
};

/** When a rule begins or is over next. */
const nextInstant = ({ grant, consents }: DecisionFacts, now: number): number => {
  const all = [...(consents?.byPatient.values() ?? [])].flatMap((of) => of.consents);
  const instants = [...all, ...(grant === undefined ? [] : [grant])].flatMap(({ provision }) => instantsOf(provision));
  return Math.min(...instants.filter((instant) => instant > now));
};

/** Facts that bear on more patients than this are compared by nobody. */
const mostPatients = 100;

/** Gives the facts of before in place of the same ones that were gathered now. */
export const createSameFacts = (): ((principal: Principal, gathered: DecisionFacts) => DecisionFacts) => {
  const held = new WeakMap<Principal, Held>();
  return (principal, gathered) => {
    const { now, consents } = gathered;
    const few = consents === undefined || (consents.covers !== 'everybody' && consents.covers.size <= mostPatients);
    if (now === undefined || !few) return gathered;
    const before = held.get(principal);
    if (
      before !== undefined &&
      now >= before.from &&
      now < before.until &&
      parts.every((part) => before.facts[part] === gathered[part]) &&
      sameConsents(before.facts.consents, consents)
    ) {
      return before.facts;
    }
    held.set(principal, { facts: gathered, from: now, until: nextInstant(gathered, now) });
    return gathered;
  };
};
