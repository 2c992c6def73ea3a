/** A resource's JSON text made into the representation that was asked for. FHIR R4 json.html, xml.html, http.html#mime-type. */
import { parseExact, printExact } from '@affinity/core/fhir/exact-json.ts';
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Representation } from './negotiation.ts';
import { printXml } from './xml/print.ts';

/** Value of Content-Type. */
export const contentTypeOf = ({ format }: Representation): string => `application/fhir+${format};charset=utf-8`;

/**
 * `json`: a resource as we keep or make it; it leaves as it stands where plain JSON is asked for. The refusal: it holds
 * what XML has no place for, an element that FHIR R4 does not define.
 */
export const encode = (json: string, { format, pretty }: Representation): string | FhirError => {
  if (format === 'json') return pretty ? printExact(parseExact(json), 2) : json;
  const printed = printXml(parseExact(json), pretty);
  return printed.kind === 'ok'
    ? printed.xml
    : fhirError(
        406,
        'not-supported',
        'this cannot be given as XML, because FHIR R4 does not define the element: ask for application/fhir+json',
        printed.path,
      );
};
