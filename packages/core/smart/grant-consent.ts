/**
 * An OAuth grant written as a FHIR Consent: base deny until an end, and a permit for each right that was granted, naming
 * the app. Scopes that are no rights over resources are not in it. FHIR R4 consent.html; SMART App Launch 2.2, scopes.
 */
import { clientSystem, grantConsentId } from '../fhir/consent.ts';
import type { Coding, Resource } from '../fhir/resource.ts';
import { endedNarrative, grantNarrative } from './grant-narrative.ts';
import { type GrantTerms, resourceScopesOf } from './grant-terms.ts';
import type { Permission, ResourceScope } from './scope.ts';
import { constraintValues } from './scope-constraint.ts';

const terminology = 'http://terminology.hl7.org/CodeSystem';
export const typeSystem = 'http://hl7.org/fhir/resource-types';
/** What the letters of a scope are to a Consent; read back, each stands for all letters that it was written for. */
export const actionLetters: ReadonlyMap<string, readonly Permission[]> = new Map([
  ['access', ['r', 's']],
  ['collect', ['c']],
  ['correct', ['u', 'd']],
]);
/** The parameters of a constraint that a provision can say: `code` of a provision is what is found in an instance. */
export const codedParams: readonly string[] = ['category', 'code'];

/** The first constraint that a provision can say. A provision that says less than the scope is bounded by the scope. */
const codesOf = ({ constraints }: ResourceScope): readonly Coding[] => {
  for (const { param, value } of constraints) {
    const values = codedParams.includes(param) ? constraintValues(value) : undefined;
    const codings = values?.flatMap(({ system, code }) => (system && code ? [{ system, code }] : []));
    if (codings !== undefined && codings.length === values?.length) return codings;
  }
  return [];
};

const concept = (system: string, code: string, display?: string) => ({
  coding: [{ system, code, ...(display === undefined ? {} : { display }) }],
});

const permit = (scope: ResourceScope, { app, clientId, clearance = 'N', purposes = [] }: GrantTerms) => {
  const actions = [...actionLetters].filter(([, letters]) => letters.some((one) => scope.permissions.includes(one)));
  const codes = codesOf(scope);
  return {
    type: 'permit',
    actor: [
      {
        role: concept(`${terminology}/v3-ParticipationType`, 'IRCP', 'information recipient'),
        reference: { identifier: { system: clientSystem, value: clientId }, display: app },
      },
    ],
    action: actions.map(([code]) => concept(`${terminology}/consentaction`, code)),
    securityLabel: [{ system: `${terminology}/v3-Confidentiality`, code: clearance }],
    ...(purposes.length === 0
      ? {}
      : { purpose: purposes.map((code) => ({ system: `${terminology}/v3-ActReason`, code })) }),
    ...(scope.type === '*' ? {} : { class: [{ system: typeSystem, code: scope.type }] }),
    ...(codes.length === 0 ? {} : { code: codes.map((coding) => ({ coding: [coding] })) }),
  };
};

const instant = (time: number): string => new Date(time).toISOString();

/** Control characters and the ends of a name are not for a string of FHIR (datatypes.html#string). */
const plainName = ({ app, clientId }: GrantTerms): string => {
  const name = app.replace(/\p{Cc}+/gu, ' ').trim();
  return name === '' ? clientId : name;
};

/** The Consent that the grant is. */
export const grantConsent = (given: GrantTerms): Resource => {
  const terms = { ...given, app: plainName(given) };
  const permits = resourceScopesOf(terms.scope).map((scope) => permit(scope, terms));
  const each = [...new Map(permits.map((one) => [JSON.stringify(one), one])).values()];
  return {
    resourceType: 'Consent',
    id: grantConsentId(terms.id),
    text: { status: 'generated', div: grantNarrative(terms) },
    status: 'active',
    scope: concept(`${terminology}/consentscope`, 'patient-privacy', 'Privacy Consent'),
    category: [concept('http://loinc.org', '59284-0', 'Consent Document')],
    ...(terms.patient === undefined ? {} : { patient: { reference: `Patient/${terms.patient}` } }),
    dateTime: instant(terms.given),
    ...(terms.person === undefined ? {} : { performer: [{ reference: terms.person }] }),
    policy: [{ uri: 'urn:affinity:policy:grant' }],
    provision: {
      type: 'deny',
      period: { start: instant(terms.given), ...(terms.ends === undefined ? {} : { end: instant(terms.ends) }) },
      ...(each.length === 0 ? {} : { provision: each }),
    },
  };
};

/** What is left of it when the grant has ended, by whichever side: the same, inactive. */
export const endedConsent = (consent: Resource, at: number): Resource => ({
  ...consent,
  text: { status: 'generated', div: endedNarrative(at) },
  status: 'inactive',
});
