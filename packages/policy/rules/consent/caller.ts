/**
 * Whether a provision speaks of whoever asks, of what is done and of now. A permit must surely do so; a deny does unless it
 * surely does not. FHIR R4 consent.html#Consent.provision; IHE PCF.
 */
import { type ConsentActor, clientSystem, type Provision, type Span } from '@affinity/core/fhir/consent.ts';
import { permissionFor } from '@affinity/core/smart/scope-interaction.ts';
import type { Intent, Question } from '../../decision.ts';
import { possiblyFor, surelyFor } from './purpose.ts';

/** v3-ParticipationType: information recipient, and its kinds. Of any other role it is not known who is meant. */
const recipients: ReadonlySet<string | undefined> = new Set(['IRCP', 'NOT', 'PRCP', 'REFB', 'REFT', 'TRC']);
const participation: ReadonlySet<string | undefined> = new Set([
  'http://terminology.hl7.org/CodeSystem/v3-ParticipationType',
  'http://hl7.org/fhir/v3/ParticipationType',
]);

/** Types of which it is known who is which; of a group, a team or a device it is not known who stands behind it. */
const knownPersons: ReadonlySet<string | undefined> = new Set([
  'Practitioner',
  'PractitionerRole',
  'Organization',
  'RelatedPerson',
  'Patient',
]);

/** A backend service is none of these, whatever else it belongs to. */
const persons: ReadonlySet<string | undefined> = new Set([
  'Practitioner',
  'PractitionerRole',
  'RelatedPerson',
  'Patient',
]);

const isRecipient = ({ roles }: ConsentActor): boolean =>
  roles.every(({ system, code }) => participation.has(system) && recipients.has(code));

/**
 * A client is named by an identifier of the system `urn:affinity:client` whose value is its client id; a person or an
 * organization by a reference that is one of the caller's own.
 */
const isCaller = ({ reference, identifier }: ConsentActor, { principal, facts }: Question): boolean => {
  if (reference === undefined) return identifier?.system === clientSystem && identifier.value === principal.clientId;
  if (principal.user !== undefined && reference === principal.fhirUser) return true;
  return facts.actors?.includes(reference) === true;
};

const mayBeCaller = (actor: ConsentActor, question: Question): boolean => {
  if (!isRecipient(actor) || isCaller(actor, question)) return true;
  if (actor.reference === undefined) return actor.identifier?.system !== clientSystem;
  const [type] = actor.reference.split('/');
  const { principal, facts } = question;
  if (principal.service === true && principal.user === undefined && persons.has(type)) return false;
  return facts.actors === undefined || !knownPersons.has(type);
};

/** Codes of consentaction. To look is to access, to use and to disclose. */
const actions = { r: ['access', 'use', 'disclose'], c: ['collect'], u: ['correct'] } as const;
const known: ReadonlySet<string> = new Set(Object.values(actions).flat());
export const isKnownAction = (code: string): boolean => known.has(code);
const actionsOf = (kind: Intent['kind']): readonly string[] => {
  const letter = permissionFor[kind];
  return letter === 'c' ? actions.c : letter === 'r' || letter === 's' ? actions.r : actions.u;
};

/** Within a period; undefined where the time is not known. */
export const isWithin = (period: Span | undefined, now: number | undefined): boolean | undefined => {
  if (period === undefined) return true;
  if (now === undefined) return undefined;
  const { start = Number.NEGATIVE_INFINITY, end = Number.POSITIVE_INFINITY } = period;
  return now >= start && now < end;
};

export const surelySpeaksOf = (provision: Provision, question: Question): boolean => {
  const { principal, interaction, facts } = question;
  const done = actionsOf(interaction.kind);
  return (
    isWithin(provision.period, facts.now) === true &&
    (provision.actions.length === 0 || provision.actions.some((code) => done.includes(code))) &&
    surelyFor(provision.purposes, principal.purposes) &&
    (provision.actors.length === 0 || provision.actors.some((actor) => isRecipient(actor) && isCaller(actor, question)))
  );
};

export const possiblySpeaksOf = (provision: Provision, question: Question): boolean => {
  const { principal, interaction, facts } = question;
  const done = actionsOf(interaction.kind);
  return (
    isWithin(provision.period, facts.now) !== false &&
    (provision.actions.length === 0 || provision.actions.some((code) => done.includes(code) || !isKnownAction(code))) &&
    possiblyFor(provision.purposes, principal.purposes) &&
    (provision.actors.length === 0 || provision.actors.some((actor) => mayBeCaller(actor, question)))
  );
};
