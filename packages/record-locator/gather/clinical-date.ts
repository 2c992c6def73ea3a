/** When a resource is of: by which it stands in a record, newest first. FHIR R4, element and search parameter of each type. */
import { dateRange } from '@affinity/core/fhir/date-range.ts';
import { type Exact, type ExactObject, isExactObject } from '@affinity/core/fhir/exact-json.ts';

interface Dated {
  /** search parameter by which a server sorts */
  readonly sort: string;
  /** elements, the first that is there counts; `.start` of a Period */
  readonly elements: readonly string[];
}

const dated: ReadonlyMap<string, Dated> = new Map([
  ['AllergyIntolerance', { sort: 'date', elements: ['recordedDate'] }],
  ['CarePlan', { sort: 'date', elements: ['period'] }],
  ['CareTeam', { sort: 'date', elements: ['period'] }],
  ['Condition', { sort: 'recorded-date', elements: ['recordedDate'] }],
  ['DiagnosticReport', { sort: 'date', elements: ['effectiveDateTime', 'effectivePeriod'] }],
  ['DocumentReference', { sort: 'date', elements: ['date'] }],
  ['Encounter', { sort: 'date', elements: ['period'] }],
  ['Goal', { sort: 'start-date', elements: ['startDate'] }],
  ['Immunization', { sort: 'date', elements: ['occurrenceDateTime'] }],
  ['MedicationRequest', { sort: 'authoredon', elements: ['authoredOn'] }],
  ['Observation', { sort: 'date', elements: ['effectiveDateTime', 'effectiveInstant', 'effectivePeriod'] }],
  ['Procedure', { sort: 'date', elements: ['performedDateTime', 'performedPeriod'] }],
  ['ServiceRequest', { sort: 'authored', elements: ['authoredOn'] }],
]);

/** The name by which servers sort resources of a type, newest first. */
export const sortOf = (type: string): string => `-${dated.get(type)?.sort ?? '_lastUpdated'}`;

const textOf = (value: Exact | undefined): string | undefined => {
  if (typeof value === 'string') return value;
  return isExactObject(value) && typeof value.start === 'string' ? value.start : undefined;
};

/** As it is written in the resource; undefined where it says nothing. */
export const clinicalDate = (resource: ExactObject): string | undefined => {
  const { resourceType: type, meta } = resource;
  const known = typeof type === 'string' ? dated.get(type) : undefined;
  if (known === undefined) return isExactObject(meta) ? textOf(meta.lastUpdated) : undefined;
  return known.elements.map((element) => textOf(resource[element])).find((text) => text !== undefined);
};

/** Epoch milliseconds to order by: what says nothing stands last. */
export const orderingTime = (resource: ExactObject): number => {
  const text = clinicalDate(resource);
  return (text === undefined ? undefined : dateRange(text)?.start) ?? Number.NEGATIVE_INFINITY;
};
