/** What all observations of a record have in common (R4 Observation; US Core 6.1.0). */
import { addDays, earlier, instantOf } from './calendar.ts';
import type { Chart } from './chart.ts';
import { type Confidentiality, metaOf } from './confidentiality.ts';
import { type CodeableConcept, hl7, type Quantity, quantity, type Range, type Reference, round } from './datatypes.ts';
import type { Visit } from './encounters.ts';

const categories = {
  laboratory: 'Laboratory',
  'vital-signs': 'Vital Signs',
  'social-history': 'Social History',
  survey: 'Survey',
  imaging: 'Imaging',
  procedure: 'Procedure',
} as const;

export interface Finding {
  /** What stands in the id for the kind of observation. Names nothing confidential. */
  readonly slug: string;
  readonly profile: string;
  readonly category: keyof typeof categories;
  readonly code: CodeableConcept;
  readonly date: string;
  readonly visit?: Visit;
  /** Who observed; absent for the practitioner of the visit. */
  readonly performer?: Reference;
  readonly confidentiality?: Confidentiality | undefined;
  /** Days from the observation to its release. */
  readonly days?: number;
  /** The value and whatever else the observation has. */
  readonly content: Readonly<Record<string, unknown>>;
}

/** The concept of an observation category. */
export const categoryOf = (category: keyof typeof categories): CodeableConcept =>
  hl7('observation-category', category, categories[category]);

/** Adds an observation. */
export function addObservation(chart: Chart, finding: Finding): Reference {
  const { visit, date, confidentiality = visit?.confidentiality } = finding;
  const minutes = (visit?.minutes ?? 435) + 5;
  return chart.add(
    {
      resourceType: 'Observation',
      id: chart.id('obs', finding.slug, date),
      meta: metaOf(finding.profile, confidentiality),
      status: 'final',
      category: [categoryOf(finding.category)],
      code: finding.code,
      subject: chart.subject,
      ...(visit ? { encounter: visit.encounter } : {}),
      ...('effectivePeriod' in finding.content ? {} : { effectiveDateTime: instantOf(date, minutes) }),
      issued: instantOf(earlier(addDays(date, finding.days ?? 0), chart.person.end), minutes + 10),
      performer: [finding.performer ?? (visit?.practitioner ?? chart.primary).reference],
      ...finding.content,
    },
    finding.code.text,
  );
}

/** A measured value with its usual range and how it compares: low, normal or high. */
export function measured(value: number, decimals: number, code: string, unit: string, range?: Range) {
  const valueQuantity: Quantity = quantity(round(value, decimals), code, unit);
  if (!range) return { valueQuantity };
  const { low, high } = range;
  const interpretation =
    low !== undefined && valueQuantity.value < low
      ? hl7('v3-ObservationInterpretation', 'L', 'Low')
      : high !== undefined && valueQuantity.value > high
        ? hl7('v3-ObservationInterpretation', 'H', 'High')
        : hl7('v3-ObservationInterpretation', 'N', 'Normal');
  return {
    valueQuantity,
    interpretation: [interpretation],
    referenceRange: [
      {
        ...(low === undefined ? {} : { low: quantity(low, code, unit) }),
        ...(high === undefined ? {} : { high: quantity(high, code, unit) }),
      },
    ],
  };
}
