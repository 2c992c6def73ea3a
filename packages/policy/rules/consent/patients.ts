/** What many patients have consented to, as one Filter that stays small. FHIR R4 consent.html; IHE PCF. */

import { instantsOf } from '@affinity/core/fhir/consent.ts';
import { allOf, anyOf, everything, type Filter, nothing } from '@affinity/core/fhir/filter.ts';
import { permissionFor } from '@affinity/core/smart/scope-interaction.ts';
import type { Question } from '../../decision.ts';
import type { ConsentFacts } from '../../facts.ts';
import { ownRecordsOf } from '../compartment.ts';
import { consentedByPatient, implied } from './patient.ts';

interface Group {
  readonly filter: Filter;
  readonly patients: string[];
}

/** Patients with the same Filter are put together. */
const grouped = (patients: Iterable<string>, question: Question): readonly Group[] => {
  const groups = new Map<string, Group>();
  for (const patient of patients) {
    const filter = consentedByPatient(patient, question);
    const key = filter === everything || filter === nothing ? filter.kind : JSON.stringify(filter);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { filter, patients: [patient] });
    else group.patients.push(patient);
  }
  return [...groups.values()];
};

/** The own records of each, by what that patient let through; and nothing of anybody else. */
const apart = (groups: readonly Group[]): Filter =>
  anyOf(groups.map(({ patients, filter }) => allOf([ownRecordsOf(patients), filter])));

/** The scope rule has confined the records to those of these patients. */
export const consentedBySome = (patients: readonly string[], question: Question): Filter => {
  const [only] = patients;
  if (patients.length === 1 && only !== undefined) return consentedByPatient(only, question);
  const groups = grouped(patients, question);
  const [first] = groups;
  return groups.length === 1 && first !== undefined ? first.filter : apart(groups);
};

/** What has to do with a patient is bound by that patient's Consents, whoever else it has to do with. */
const workOut = (consents: ConsentFacts, question: Question): Filter => {
  if (consents.covers !== 'everybody') return apart(grouped(consents.covers, question));
  const groups = grouped(consents.byPatient.keys(), question);
  const bound = allOf(
    groups.map(({ patients, filter }) => anyOf([{ kind: 'not', filter: { kind: 'names', patients } }, filter])),
  );
  // Where nothing is implied, the owner's own Consent must let it through as well.
  return implied(consents).kind === 'nothing' ? allOf([apart(groups), bound]) : bound;
};

/** What has been worked out of the Consents of all: it stands until one of them changes, or begins, or is over. */
interface WorkedOut {
  /** ascending: when a rule begins or is over */
  readonly instants: readonly number[];
  readonly filters: Map<string, Filter>;
}
const workedOut = new WeakMap<ConsentFacts['byPatient'], WorkedOut>();
/** Callers with what they ask for; when there are more, they are forgotten. */
const mostKept = 500;

const workedOutOf = (byPatient: ConsentFacts['byPatient']): WorkedOut => {
  const before = workedOut.get(byPatient);
  if (before !== undefined) return before;
  const all = [...byPatient.values()].flatMap(({ consents }) => consents);
  const instants = [...new Set(all.flatMap(({ provision }) => instantsOf(provision)))].sort((a, b) => a - b);
  const made = { instants, filters: new Map<string, Filter>() };
  workedOut.set(byPatient, made);
  return made;
};

/** Everything that a rule of a Consent looks at, but for the Consents themselves. */
const keyOf = ({ principal, interaction, facts }: Question, { instants }: WorkedOut, implicit: string): string => {
  const { now } = facts;
  const passed = now === undefined ? undefined : instants.findLastIndex((instant) => instant <= now);
  const { clientId, service, user, fhirUser, purposes } = principal;
  const asked = [interaction.type, permissionFor[interaction.kind], implicit, passed];
  return JSON.stringify([...asked, clientId, service, user !== undefined, fhirUser, purposes, facts.actors]);
};

/** Of whoever reaches every record. */
export const consentedByEverybody = (question: Question): Filter => {
  const { consents } = question.facts;
  if (consents === undefined) return nothing;
  if (consents.covers !== 'everybody') return workOut(consents, question);
  const known = workedOutOf(consents.byPatient);
  const key = keyOf(question, known, consents.implicit);
  const before = known.filters.get(key);
  if (before !== undefined) return before;
  const filter = workOut(consents, question);
  if (known.filters.size >= mostKept) known.filters.clear();
  known.filters.set(key, filter);
  return filter;
};
