/**
 * What patients have consented to: their privacy Consents bind everybody but themselves. FHIR R4 consent.html; IHE PCF.
 */
import { anyOf, everything } from '@affinity/core/fhir/filter.ts';
import type { Question, Rule } from '../decision.ts';
import { isOfAuditLog } from './audit-log.ts';
import { sharedTypes } from './compartment.ts';
import { consentedByEverybody, consentedBySome } from './consent/patients.ts';
import { emergencyPatient } from './emergency.ts';
import { isOpenType } from './open.ts';
import { consentsGiven, patientsReached, type Reached } from './role.ts';
import { speakingOf } from './speaking.ts';

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
  if (
    isOpenType(question) ||
    sharedTypes.has(interaction.type) ||
    toldOfAll ||
    emergencyPatient(question) !== undefined
  ) {
    return { kind: 'permit', filter: everything };
  }
  const reached = reachedBy(question);
  const filter = reached === 'everybody' ? consentedByEverybody(question) : consentedBySome(reached, question);
  return { kind: 'permit', filter: anyOf([filter, consentsGiven(question)]) };
};
