/** What the fixed people have decided about their records, as privacy Consents (R4 Consent; IHE Privacy Consent on FHIR). */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { cast, type PrivacyChoice } from './cast.ts';
import type { Chart } from './chart.ts';

const actReason = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';
const actCode = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';

interface Choice {
  readonly words: string;
  readonly provision: object;
}

/** Each is about the doctor whom the patient sees first; everybody else who may see the record sees it. */
const choiceOf = (choice: PrivacyChoice, { primary }: Chart): Choice => {
  const denied = (more: object): object => ({
    type: 'permit',
    provision: [{ type: 'deny', actor: [{ role: recipient, reference: primary.reference }], ...more }],
  });
  switch (choice) {
    case 'not-my-mental-health-to-my-family-doctor':
      return {
        words: 'Those who care for me may see my record. My family doctor may not see what is marked as mental health.',
        provision: denied({
          securityLabel: [
            { system: actCode, code: 'PSY', display: 'psychiatry disorder information sensitivity' },
            { system: actCode, code: 'PSYTHPN', display: 'psychotherapy note information sensitivity' },
          ],
        }),
      };
    case 'not-my-notes-to-my-family-doctor':
      return {
        words: 'Those who care for me may see my record. My family doctor may not read the notes of others in it.',
        provision: denied({ class: [{ system: 'http://hl7.org/fhir/resource-types', code: 'DocumentReference' }] }),
      };
    case 'not-my-family-doctor-but-in-an-emergency':
      return {
        words: 'Those who care for me may see my record. My family doctor may see it only in an emergency.',
        provision: denied({
          provision: [{ type: 'permit', purpose: [{ system: actReason, code: 'BTG', display: 'break the glass' }] }],
        }),
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
      coding: [{ system: actCode, code: 'OPTIN' }],
    },
    provision,
  };
  chart.add(consent);
}
