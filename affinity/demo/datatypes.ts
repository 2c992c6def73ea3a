/** Builders of the FHIR R4 datatypes that the records are made of (R4, section 2.24 Data Types). */

export interface Coding {
  readonly system: string;
  readonly code: string;
  readonly display: string;
}

export interface CodeableConcept {
  readonly coding: readonly Coding[];
  readonly text: string;
}

export interface Reference {
  readonly reference: string;
  readonly display?: string;
}

export interface Quantity {
  readonly value: number;
  readonly unit: string;
  readonly system: string;
  readonly code: string;
}

/** A function that makes concepts of one code system. */
const conceptsOf =
  (system: string) =>
  (code: string, display: string, text = display): CodeableConcept => ({ coding: [{ system, code, display }], text });

export const snomed = conceptsOf('http://snomed.info/sct');
export const loinc = conceptsOf('http://loinc.org');
export const rxnorm = conceptsOf('http://www.nlm.nih.gov/research/umls/rxnorm');
export const cvx = conceptsOf('http://hl7.org/fhir/sid/cvx');
export const specialty = conceptsOf('http://nucc.org/provider-taxonomy');

/** A concept of one of HL7's own code systems, named by the last part of its address. */
export const hl7 = (system: string, code: string, display: string): CodeableConcept =>
  conceptsOf(`http://terminology.hl7.org/CodeSystem/${system}`)(code, display);

/** A concept of one of US Core's own code systems, named by the last part of its address. */
export const usCore = (system: string, code: string, display: string): CodeableConcept =>
  conceptsOf(`http://hl7.org/fhir/us/core/CodeSystem/${system}`)(code, display);

/** The code for what is not known, where an element is mandatory and is a concept. US Core 6.1.0, Missing Data. */
export const unknownConcept: CodeableConcept = hl7('data-absent-reason', 'unknown', 'Unknown');

/** What stands in place of a mandatory element that is no concept and is not known. US Core 6.1.0, Missing Data. */
export const absent = {
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }],
} as const;

/** A quantity with its UCUM code; `unit` is what people read, and the code where nothing else is given. */
export const quantity = (value: number, code: string, unit = code): Quantity => ({
  value,
  unit,
  system: 'http://unitsofmeasure.org',
  code,
});

/** A number rounded to so many decimals. */
export function round(value: number, decimals: number): number {
  const scale = 10 ** decimals;
  return Math.round(value * scale) / scale;
}

/** A reference to a resource, with what people read in its place. */
export const referenceTo = (type: string, id: string, display?: string): Reference =>
  display === undefined ? { reference: `${type}/${id}` } : { reference: `${type}/${id}`, display };

/** A small text attachment, its data in base64. */
export const plainText = (title: string, text: string, creation: string) => ({
  contentType: 'text/plain',
  title,
  creation,
  data: Buffer.from(text, 'utf8').toString('base64'),
});

/** The bounds of what is usual. */
export interface Range {
  readonly low?: number;
  readonly high?: number;
}
