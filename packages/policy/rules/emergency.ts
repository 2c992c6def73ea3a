/**
 * Breaking the glass: somebody who may declare an emergency reads the whole record of one patient, whatever its Consents
 * say, and nothing else. FHIR R4 security-labels.html#break-the-glass; IHE PCF; HL7 v3-ActReason BTG.
 */
import { everything, type Filter } from '@affinity/core/fhir/filter.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { permissionFor } from '@affinity/core/smart/scope-interaction.ts';
import type { Question, Rule } from '../decision.ts';
import { sharedTypes } from './compartment.ts';

const declares = ({ purposes = [] }: Principal): boolean => purposes.includes('BTG');

/** The patient whose record an emergency opens for this caller at this moment; undefined where there is none. */
export const emergencyPatient = ({ principal, facts }: Question): string | undefined =>
  declares(principal) && facts.emergency === true && principal.user !== undefined ? principal.patient : undefined;

const denied = (reason: string) => ({ kind: 'deny', status: 403, reason }) as const;

/**
 * Of a token whose purpose is an emergency: it reads and searches the record of the patient in its context. How
 * confidential, its clearance says, and what of it, its grant.
 */
export const byEmergency: Rule = (question) => {
  const { principal, interaction, facts } = question;
  if (!declares(principal)) return { kind: 'permit', filter: everything };
  if (facts.emergency !== true) return denied('the user may not declare an emergency');
  const patient = emergencyPatient(question);
  if (patient === undefined) return denied('an emergency is of one user and one patient');
  const letter = permissionFor[interaction.kind];
  if (letter !== 'r' && letter !== 's') return denied('an emergency gives no right to write');
  const filter: Filter = sharedTypes.has(interaction.type) ? everything : { kind: 'compartment', patient };
  return { kind: 'permit', filter };
};
