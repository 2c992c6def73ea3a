/** What the fixed people have decided about their records, as privacy Consents (R4 Consent; IHE Privacy Consent on FHIR). */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { cast, type PrivacyChoice } from './cast.ts';
import type { Chart } from './chart.ts';
import { referenceTo } from './datatypes.ts';

const actReason = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';
const actCode = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';

interface Choice {
  readonly words: string;
  readonly provision: object;
}

const choiceOf = (choice: PrivacyChoice, { primary, person }: Chart): Choice => {
  const number = cast[person.number - 1]?.relative?.number;
  const relative =
    number === undefined ? undefined : referenceTo('Patient', `patient-${String(number).padStart(4, '0')}`);
  switch (choice) {
    case 'not-my-mental-health-to-my-family-doctor':
      return {
        words: 'Those who care for me may see my record. My family doctor may not see what is marked as mental health.',
        provision: {
          type: 'permit',
          provision: [
            {
              type: 'deny',
              actor: [{ role: recipient, reference: primary.reference }],
              securityLabel: [
                { system: actCode, code: 'PSY', display: 'psychiatry disorder information sensitivity' },
                { system: actCode, code: 'PSYTHPN', display: 'psychotherapy note information sensitivity' },
              ],
            },
          ],
        },
      };
    case 'no-research':
      return {
        words: 'Those who care for me may see my record. It may not be used for research.',
        provision: {
          type: 'permit',
          provision: [
            { type: 'deny', purpose: [{ system: actReason, code: 'HRESCH', display: 'healthcare research' }] },
          ],
        },
      };
    case 'only-in-an-emergency':
      return {
        words: 'Nobody but my family may see my record, except in an emergency.',
        provision: {
          type: 'deny',
          provision: [
            ...(relative === undefined ? [] : [{ type: 'permit', actor: [{ role: recipient, reference: relative }] }]),
            { type: 'permit', purpose: [{ system: actReason, code: 'BTG', display: 'break the glass' }] },
          ],
        },
      };
  }
};

const recipient = {
  coding: [
    {
      system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType',
      code: 'IRCP',
      display: 'information recipient',
    },
  ],
};

/** Adds the decision, where the person has made one. */
export function addPrivacyChoice(chart: Chart): void {
  const { person, subject } = chart;
  const choice = cast[person.number - 1]?.privacy;
  if (choice === undefined) return;
  const { words, provision } = choiceOf(choice, chart);
  const consent: Resource & { readonly id: string } = {
    resourceType: 'Consent',
    id: chart.id('privacy'),
    text: { status: 'additional', div: `<div xmlns="http://www.w3.org/1999/xhtml">${words}</div>` },
    status: 'active',
    scope: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }],
    },
    category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0', display: 'Consent Document' }] }],
    patient: subject,
    dateTime: person.start,
    performer: [subject],
    policyRule: {
      coding: [{ system: actCode, code: 'type' in provision && provision.type === 'permit' ? 'OPTIN' : 'OPTOUT' }],
    },
    provision,
  };
  chart.add(consent);
}
