/** Where people live and what their background is (US Core 6.1.0 race, ethnicity and tribal affiliation extensions). */
import type { Chart } from './chart.ts';
import { hl7 } from './datatypes.ts';

const RACE_AND_ETHNICITY = 'urn:oid:2.16.840.1.113883.6.238';
/** Where US Core's extensions have their address. */
export const EXTENSION = 'http://hl7.org/fhir/us/core/StructureDefinition';

export const races = [
  ['2106-3', 'White'],
  ['2106-3', 'White'],
  ['2106-3', 'White'],
  ['2054-5', 'Black or African American'],
  ['2028-9', 'Asian'],
  ['1002-5', 'American Indian or Alaska Native'],
  ['2076-8', 'Native Hawaiian or Other Pacific Islander'],
] as const;
export const ethnicities = [
  ['2186-5', 'Not Hispanic or Latino'],
  ['2186-5', 'Not Hispanic or Latino'],
  ['2135-2', 'Hispanic or Latino'],
] as const;
const streets =
  'Maple Street,Elm Street,River Road,College Street,North Pleasant Street,Bridge Lane,Cherry Court'.split(',');
const cities = [
  ['Amherst', '01002'],
  ['Northampton', '01060'],
  ['Holyoke', '01040'],
  ['Hadley', '01035'],
  ['Springfield', '01103'],
  ['Easthampton', '01027'],
] as const;

/** An extension of race or ethnicity: a category of the Office of Management and Budget, and the words for it. */
export const background = (name: 'race' | 'ethnicity', [code, display]: readonly [string, string]) => ({
  url: `${EXTENSION}/us-core-${name}`,
  extension: [
    { url: 'ombCategory', valueCoding: { system: RACE_AND_ETHNICITY, code, display } },
    { url: 'text', valueString: display },
  ],
});

export const tribe = {
  url: `${EXTENSION}/us-core-tribal-affiliation`,
  extension: [
    {
      url: 'tribalAffiliation',
      valueCodeableConcept: hl7(
        'v3-TribalEntityUS',
        '187',
        'Paiute-Shoshone Tribe of the Fallon Reservation and Colony, Nevada',
      ),
    },
    { url: 'isEnrolled', valueBoolean: true },
  ],
};

/** Draws where somebody lives. */
export function addressOf(chart: Chart) {
  const [city, postalCode] = chart.random.pick(cities);
  const line = [`${chart.random.integer(2, 180)} ${chart.random.pick(streets)}`];
  return { line, city, state: 'MA', postalCode, country: 'US' };
}
