/** How a record is divided into things that people know, by FHIR type and by category. US Core 6.1.0, granular scopes. */
import { compartmentParameters } from '@affinity/core/fhir/compartment.ts';
import { resourceTypes } from '@affinity/core/fhir/resource-type.ts';
import type { Compartment } from '@affinity/core/smart/scope.ts';
import type { ConsentGroup } from './page-views.ts';

/** One part of a type: those of its resources that have one of these categories. */
export interface CategoryPart {
  readonly group: ConsentGroup;
  readonly categories: readonly string[];
}

const observation = 'http://terminology.hl7.org/CodeSystem/observation-category|';

/** Types that are asked about in parts. A resource without any of these categories is in none of the parts. */
export const categoryParts: ReadonlyMap<string, readonly CategoryPart[]> = new Map([
  [
    'Observation',
    [
      { group: 'laboratory', categories: [`${observation}laboratory`] },
      { group: 'vital-signs', categories: [`${observation}vital-signs`] },
      {
        group: 'other',
        categories: [
          ...['social-history', 'survey', 'exam', 'imaging', 'procedure', 'therapy', 'activity'].map(
            (code) => observation + code,
          ),
          'http://hl7.org/fhir/us/core/CodeSystem/us-core-category|sdoh',
        ],
      },
    ],
  ],
  [
    'DiagnosticReport',
    [
      { group: 'laboratory', categories: ['http://terminology.hl7.org/CodeSystem/v2-0074|LAB'] },
      {
        group: 'documents',
        // US Core DiagnosticReport for notes: radiology, cardiology, pathology
        categories: ['LP29684-5', 'LP29708-2', 'LP7839-6'].map((code) => `http://loinc.org|${code}`),
      },
    ],
  ],
]);

const groupOfType: ReadonlyMap<string, ConsentGroup> = new Map(
  Object.entries({
    Patient: 'patient',
    Medication: 'medications',
    MedicationRequest: 'medications',
    MedicationDispense: 'medications',
    MedicationStatement: 'medications',
    MedicationAdministration: 'medications',
    AllergyIntolerance: 'allergies',
    Condition: 'conditions',
    Immunization: 'immunizations',
    Encounter: 'visits',
    DocumentReference: 'documents',
    Binary: 'documents',
  }),
);

/** Group of a type that is not divided by category. */
export const groupOf = (type: string): ConsentGroup => groupOfType.get(type) ?? 'other';

/** Types of US Core that people are asked about one by one, though they have no group of their own. */
const otherKnownTypes: readonly string[] = [
  'CarePlan',
  'CareTeam',
  'Coverage',
  'Device',
  'FamilyMemberHistory',
  'Goal',
  'Location',
  'Organization',
  'Practitioner',
  'PractitionerRole',
  'Procedure',
  'Provenance',
  'QuestionnaireResponse',
  'RelatedPerson',
  'ServiceRequest',
  'Specimen',
];

/** What a wildcard is divided into, beside `everything-else`. */
export const knownTypes: readonly string[] = [...groupOfType.keys(), ...categoryParts.keys(), ...otherKnownTypes];

/** What `everything-else` stands for today: in a patient's record, only the types that can be part of one. */
export const remainingTypes = (compartment: Compartment): readonly string[] =>
  resourceTypes.filter(
    (type) => !knownTypes.includes(type) && (compartment !== 'patient' || compartmentParameters(type).length > 0),
  );
