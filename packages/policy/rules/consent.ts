/**
 * What patients have consented to: their privacy Consents bind everybody but themselves. FHIR R4 consent.html; IHE PCF.
 */
import { allOf, anyOf, everything, type Filter, nothing } from '@affinity/core/fhir/filter.ts';
import type { Question, Rule } from '../decision.ts';
import type { ConsentFacts, PatientConsents } from '../facts.ts';
import { isOfAuditLog } from './audit-log.ts';
import { ownRecordsOf, sharedTypes } from './compartment.ts';
import { consentsInForce } from './consent/in-force.ts';
import { consentedBy } from './consent/provision.ts';
import { emergencyPatient } from './emergency.ts';
import { consentsGiven, patientsReached, type Reached } from './role.ts';
import { speakingOf } from './speaking.ts';

/** What the Consents of one patient let through of the patient's record; undefined: none is in force. */
const consented = ({ consents, faulty }: PatientConsents, question: Question): Filter | undefined => {
  if (faulty) return nothing;
  const inForce = consentsInForce(consents, question.facts.now);
  return inForce.length === 0 ? undefined : allOf(inForce.map(({ provision }) => consentedBy(provision, question)));
};

const implied = ({ implicit }: ConsentFacts): Filter => (implicit === 'permit' ? everything : nothing);

/** Of one patient's record. */
const filterOf = (patient: string, question: Question): Filter => {
  const { principal, facts } = question;
  const { consents } = facts;
  if (principal.user !== undefined && principal.fhirUser === `Patient/${patient}`) return everything;
  if (consents === undefined) return nothing;
  if (consents.covers !== 'everybody' && !consents.covers.has(patient)) return nothing;
  const own = consents.byPatient.get(patient);
  return (own === undefined ? undefined : consented(own, question)) ?? implied(consents);
};

interface Group {
  readonly filter: Filter;
  readonly patients: string[];
}

/** Patients with the same Filter are put together, so that a Filter for many stays small. */
const grouped = (patients: Iterable<string>, question: Question): readonly Group[] => {
  const groups = new Map<string, Group>();
  for (const patient of patients) {
    const filter = filterOf(patient, question);
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
const ofSome = (patients: readonly string[], question: Question): Filter => {
  const [only] = patients;
  if (patients.length === 1 && only !== undefined) return filterOf(only, question);
  const groups = grouped(patients, question);
  const [first] = groups;
  return groups.length === 1 && first !== undefined ? first.filter : apart(groups);
};

/** What has to do with a patient is bound by that patient's Consents, whoever else it has to do with. */
const ofEverybody = (question: Question): Filter => {
  const { consents } = question.facts;
  if (consents === undefined) return nothing;
  if (consents.covers !== 'everybody') return apart(grouped(consents.covers, question));
  const groups = grouped(consents.byPatient.keys(), question);
  const bound = allOf(
    groups.map(({ patients, filter }) => anyOf([{ kind: 'not', filter: { kind: 'names', patients } }, filter])),
  );
  // Where nothing is implied, somebody's own Consent must let it through as well.
  return implied(consents).kind === 'nothing' ? allOf([apart(groups), bound]) : bound;
};

/** By the scopes that speak of what is asked: to those patients the scope rule has confined the answer. */
const reachedBy = (question: Question): Reached => {
  const each: (readonly string[])[] = [];
  for (const { compartment } of speakingOf(question.principal, question.interaction)) {
    const reached = patientsReached(compartment, question);
    if (reached === 'everybody') return reached;
    each.push(reached);
  }
  const [only = []] = each;
  return each.length < 2 ? only : [...new Set(each.flat())];
};

export const byConsent: Rule = (question) => {
  const { interaction, principal, facts } = question;
  const toldOfAll = isOfAuditLog(question) && (facts.auditor === true || principal.user === undefined);
  if (sharedTypes.has(interaction.type) || toldOfAll || emergencyPatient(question) !== undefined) {
    return { kind: 'permit', filter: everything };
  }
  const reached = reachedBy(question);
  const filter = reached === 'everybody' ? ofEverybody(question) : ofSome(reached, question);
  return { kind: 'permit', filter: anyOf([filter, consentsGiven(question)]) };
};
