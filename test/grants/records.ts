/** A small record: one of each thing that people speak of, one of them marked confidential, and somebody else's beside it. */
import type { Resource } from '@affinity/core/fhir/resource.ts';

const restricted = { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }] };
const concept = (code: string) => ({ coding: [{ system: 'http://example.org/codes', code }] });
const category = (code: string) => ({
  coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code }],
});

const recordOf = (patient: string): readonly Resource[] => {
  const subject = { reference: `Patient/${patient}` };
  const observation = (id: string, kind: string) => ({
    resourceType: 'Observation',
    id: `${patient}-${id}`,
    status: 'final',
    category: [category(kind)],
    code: concept(id),
    subject,
  });
  return [
    { resourceType: 'Patient', id: patient, name: [{ family: patient }] },
    observation('glucose', 'laboratory'),
    observation('weight', 'vital-signs'),
    { resourceType: 'Condition', id: `${patient}-cold`, code: concept('cold'), subject },
    { resourceType: 'Condition', id: `${patient}-secret`, meta: restricted, code: concept('secret'), subject },
    { resourceType: 'AllergyIntolerance', id: `${patient}-nuts`, code: concept('nuts'), patient: subject },
    {
      resourceType: 'MedicationRequest',
      id: `${patient}-pill`,
      status: 'active',
      intent: 'order',
      medicationCodeableConcept: concept('pill'),
      subject,
    },
    { resourceType: 'Procedure', id: `${patient}-knee`, status: 'completed', code: concept('knee'), subject },
    { resourceType: 'Goal', id: `${patient}-walk`, lifecycleStatus: 'active', description: concept('walk'), subject },
  ];
};

export const records: readonly Resource[] = [
  { resourceType: 'Practitioner', id: 'd1', name: [{ family: 'Okafor' }] },
  ...recordOf('p1'),
  ...recordOf('p2'),
];
