/** By which search parameter a resource is dated. FHIR R4 searchparameter-registry.html. */
import { standardParameters } from '@affinity/core/fhir/search-parameter.ts';

/**
 * When it was written down, where a type says so, else when it was: the first of these that a type has. Not among them are
 * dates of people and of things, such as `birthdate` and `expiration-date`: they date no record.
 */
const inOrder = [
  ...['authoredon', 'authored-on', 'authored', 'recorded-date', 'recorded', 'date', 'datewritten', 'datetime'],
  ...['effective', 'effective-time', 'occurrence', 'whenhandedover', 'sent', 'started', 'collected', 'identified'],
  ...['start-date', 'created', 'issued', 'period', 'timestamp'],
];

/** Undefined: resources of this type are not dated. */
export const dateParameter = (type: string): string | undefined =>
  inOrder.find((code) => {
    const found = standardParameters.find(type, code);
    return found.kind === 'indexed' && found.parameter.type === 'date';
  });
