/**
 * Where a page begins, as text: whoever gives it out seals it. Its length is one of few, so that a sealed link does not
 * tell how far the foreign system had to be read. FHIR R4 http.html#paging.
 */
import { fhirError } from '@affinity/core/fhir/outcome.ts';

const block = 256;

export const printPlace = (place: object): string => {
  const text = JSON.stringify(place);
  return text.padEnd(Math.ceil(text.length / block) * block);
};

/** Undefined where no page was named. @throws FhirError for what was not given out here */
export const readPlace = <Place extends object>(text: string | undefined): Place | undefined => {
  if (text === undefined) return undefined;
  try {
    const place: unknown = JSON.parse(text);
    if (typeof place === 'object' && place !== null) return place as Place;
  } catch {
    // Said below.
  }
  throw fhirError(400, 'invalid', 'there is no such page');
};
