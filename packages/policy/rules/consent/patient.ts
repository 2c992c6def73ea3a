/** What one patient has consented to: the Consents of the patient, or the implicit policy. FHIR R4 consent.html; IHE PCF. */
import { allOf, everything, type Filter, nothing } from '@affinity/core/fhir/filter.ts';
import type { Question } from '../../decision.ts';
import type { ConsentFacts, PatientConsents } from '../../facts.ts';
import { consentsInForce } from './in-force.ts';
import { consentedBy } from './provision.ts';

/** What the Consents of one patient let through of the patient's record; undefined: none is in force. */
const consented = ({ consents, faulty }: PatientConsents, question: Question): Filter | undefined => {
  if (faulty) return nothing;
  const [first, ...others] = consentsInForce(consents, question.facts.now).map(({ provision }) =>
    consentedBy(provision, question),
  );
  return first === undefined || others.length === 0 ? first : allOf([first, ...others]);
};

/** IHE PCF, implicit policies. What is for an emergency alone is not judged here: an emergency passes Consents over. */
export const implied = ({ implicit }: ConsentFacts): Filter => (implicit === 'permit' ? everything : nothing);

/** What is let through of this patient's record. The patients themselves are not bound by what they say of others. */
export const consentedByPatient = (patient: string, question: Question): Filter => {
  const { principal, facts } = question;
  const { consents } = facts;
  if (principal.user !== undefined && principal.fhirUser === `Patient/${patient}`) return everything;
  if (consents === undefined) return nothing;
  if (consents.covers !== 'everybody' && !consents.covers.has(patient)) return nothing;
  const own = consents.byPatient.get(patient);
  return (own === undefined ? undefined : consented(own, question)) ?? implied(consents);
};
