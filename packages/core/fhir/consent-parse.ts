/**
 * A privacy Consent read from its resource, strictly: one that is in force and not wholly understood is a fault, never
 * silently less, so that whoever decides can close the record. FHIR R4 consent.html; IHE PCF.
 */
import type { PrivacyConsent, Provision } from './consent.ts';
import { codingAt, conceptAt, itemsAt, localAt, objectAt, textAt, Unclear, unclear } from './consent-elements.ts';
import { readProvision } from './consent-provision.ts';
import { dateRange } from './date-range.ts';
import { parseReference, relativeReference } from './reference.ts';
import type { Resource } from './resource.ts';

export type ParsedConsent =
  | { readonly kind: 'consent'; readonly consent: PrivacyConsent }
  /** it is not active, or not about privacy: it says nothing to a decision */
  | { readonly kind: 'not-in-force' }
  /** `expression`: where, as FHIRPath; `reason`: a piece of a sentence about it, without anything of the content */
  | { readonly kind: 'fault'; readonly expression: string; readonly reason: string };

/** Every status but `active`. FHIR R4 valueset-consent-state-codes. */
const statusesOutOfForce: readonly unknown[] = ['draft', 'proposed', 'rejected', 'inactive', 'entered-in-error'];

const scopeSystems = new Set([
  'http://terminology.hl7.org/CodeSystem/consentscope',
  'http://hl7.org/fhir/consentscope',
]);

/** The other scopes of HL7: consents to treatment, to research, and advance care directives. */
const otherScopes = new Set(['treatment', 'research', 'adr']);

const isOfPrivacy = ({ scope }: Resource): boolean => {
  const codes = conceptAt(scope, 'Consent.scope').flatMap(({ system = '', code = '' }) =>
    scopeSystems.has(system) ? [code] : [],
  );
  if (codes.includes('patient-privacy')) return true;
  return codes.some((code) => otherScopes.has(code)) ? false : unclear('Consent.scope', 'is not a scope that is known');
};

/** HL7 v3-ActCode, ActConsentDirective: what is agreed to where the base rule does not say it by its type. */
const policyTypes: ReadonlyMap<string | undefined, Provision['type']> = new Map([
  ['OPTIN', 'permit'],
  ['OPTINR', 'permit'],
  ['OPTOUT', 'deny'],
  ['OPTOUTE', 'deny'],
]);
const actCodes = new Set(['http://terminology.hl7.org/CodeSystem/v3-ActCode', 'http://hl7.org/fhir/v3/ActCode']);

const typeOfPolicy = ({ policyRule }: Resource): Provision['type'] => {
  const at = 'Consent.policyRule';
  const codings = itemsAt(objectAt(policyRule ?? {}, at).coding, `${at}.coding`, codingAt);
  const types = new Set(
    codings.flatMap(({ system, code }) => (actCodes.has(system ?? '') ? (policyTypes.get(code) ?? []) : [])),
  );
  const [type] = types;
  return type !== undefined && types.size === 1
    ? type
    : unclear(at, 'does not say whether the base rule permits or denies');
};

const patientOf = ({ patient }: Resource, ownBases: readonly string[]): string | undefined => {
  if (patient === undefined) return undefined;
  const target = localAt(patient, ownBases, 'Consent.patient');
  return target?.type === 'Patient' ? target.id : unclear('Consent.patient', 'is not a Patient of this server');
};

const givenAt = ({ dateTime }: Resource): number => {
  if (dateTime === undefined) return 0;
  const range = dateRange(textAt(dateTime, 'Consent.dateTime'));
  return range?.start ?? unclear('Consent.dateTime', 'is not a date or time');
};

/** Who gave it; nobody where one of them cannot be told from others, so that it supersedes nothing. */
const grantorsOf = ({ performer }: Resource, ownBases: readonly string[]): readonly string[] => {
  const grantors = itemsAt(performer, 'Consent.performer', (one, at) => {
    const { reference } = objectAt(one, at);
    const target = typeof reference === 'string' ? parseReference(reference, ownBases) : undefined;
    if (target?.kind === 'local') return relativeReference(target);
    return target?.kind === 'foreign' ? target.url : undefined;
  });
  const known = grantors.filter((one) => one !== undefined);
  return known.length === grantors.length ? known : [];
};

const read = (resource: Resource, ownBases: readonly string[]): ParsedConsent => {
  if (resource.resourceType !== 'Consent') unclear('Consent', 'is another resource');
  if (statusesOutOfForce.includes(resource.status)) return { kind: 'not-in-force' };
  if (resource.status !== 'active') unclear('Consent.status', 'is not a status that is known');
  objectAt(resource, 'Consent');
  if (resource.implicitRules !== undefined) unclear('Consent.implicitRules', 'changes the meaning in an unknown way');
  if (!isOfPrivacy(resource)) return { kind: 'not-in-force' };
  const patient = patientOf(resource, ownBases);
  return {
    kind: 'consent',
    consent: {
      id: textAt(resource.id, 'Consent.id'),
      ...(patient === undefined ? {} : { patient }),
      given: givenAt(resource),
      grantors: grantorsOf(resource, ownBases),
      provision: readProvision(resource.provision ?? {}, ownBases, () => typeOfPolicy(resource)),
    },
  };
};

/**
 * @param ownBases the absolute URLs at which this server's resources are known
 */
export const parseConsent = (resource: Resource, ownBases: readonly string[]): ParsedConsent => {
  try {
    return read(resource, ownBases);
  } catch (error) {
    if (error instanceof Unclear) return { kind: 'fault', expression: error.expression, reason: error.message };
    throw error;
  }
};
