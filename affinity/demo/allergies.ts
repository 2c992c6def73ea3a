/** Allergies and intolerances (US Core 6.1.0 AllergyIntolerance); who has none says so. */
import { addDays } from './calendar.ts';
import { type Chart, ordinal } from './chart.ts';
import { metaOf } from './confidentiality.ts';
import { hl7, rxnorm, snomed, unknownConcept } from './datatypes.ts';

const hives = snomed('126485001', 'Urticaria');
const sneezing = snomed('76067001', 'Sneezing');
const rash = snomed('271807003', 'Eruption of skin');
const anaphylaxis = snomed('39579001', 'Anaphylaxis');

const allergies = [
  {
    code: snomed('764146007', 'Penicillin'),
    category: 'medication',
    criticality: 'high',
    manifestation: hives,
    severity: 'moderate',
  },
  {
    code: snomed('762952008', 'Peanut'),
    category: 'food',
    criticality: 'high',
    manifestation: anaphylaxis,
    severity: 'severe',
  },
  {
    code: snomed('256277009', 'Grass pollen'),
    category: 'environment',
    criticality: 'low',
    manifestation: sneezing,
    severity: 'mild',
  },
  {
    code: snomed('260147004', 'House dust mite'),
    category: 'environment',
    criticality: 'low',
    manifestation: sneezing,
    severity: 'mild',
  },
  {
    code: rxnorm('2670', 'codeine'),
    category: 'medication',
    criticality: 'low',
    manifestation: rash,
    severity: 'moderate',
  },
] as const;

/** Adds the allergies, or the statement that there are none. */
export function addAllergies({ person, random, subject, primary, id, add }: Chart): void {
  const count = random.chance(0.5) ? random.integer(1, 2) : 0;
  const found = new Set(Array.from({ length: count }, () => random.pick(allergies)));
  const common = (index: number) => ({
    resourceType: 'AllergyIntolerance',
    id: id('allergy', ordinal(index)),
    meta: metaOf('us-core-allergyintolerance'),
    clinicalStatus: hl7('allergyintolerance-clinical', 'active', 'Active'),
    verificationStatus: hl7('allergyintolerance-verification', 'confirmed', 'Confirmed'),
    patient: subject,
    recordedDate: addDays(person.start, random.integer(0, 10)),
    recorder: primary.reference,
  });
  if (found.size === 0) add({ ...common(0), code: snomed('716186003', 'No known allergy') });
  for (const [index, { code, category, criticality, manifestation, severity }] of [...found].entries())
    add({
      ...common(index),
      type: 'allergy',
      category: [category],
      criticality,
      code,
      // Some remember that they must not take it, and not what it did.
      reaction: [
        {
          manifestation: [criticality === 'low' && person.number % 3 === 0 ? unknownConcept : manifestation],
          severity,
        },
      ],
    });
}
