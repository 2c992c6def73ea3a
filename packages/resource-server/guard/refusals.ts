/** The answers that more than one interaction gives when it cannot be done. FHIR R4 http.html#Status-Codes. */
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import { type Answer, refusal } from '../answer.ts';
import type { Denied } from './rights.ts';

export const absentUpdate = (): Answer =>
  refusal(
    new FhirError(
      405,
      [
        {
          severity: 'error',
          code: 'not-supported',
          diagnostics: 'ids are chosen by the server: there is no such resource',
        },
      ],
      { Allow: 'GET, HEAD, DELETE' },
    ),
  );
export const conflict = (): Answer =>
  refusal(fhirError(412, 'conflict', 'If-Match names another version than the current one'));
export const outside = (): Answer =>
  refusal(fhirError(403, 'forbidden', 'the resource would be outside what was granted'));
/** Whoever sees a record may not weaken what protects it: that would show it to others. FHIR R4 security-labels.html. */
export const weakened = (): Answer =>
  refusal(
    fhirError(
      403,
      'forbidden',
      'the labels in meta.security stay, and its confidentiality stays or becomes higher; more may be added',
      'meta.security',
    ),
  );
/** What speaks of a resource tells of it. FHIR R4 provenance.html, binary.html#security. */
export const belowTarget = (): Answer =>
  refusal(
    fhirError(
      403,
      'forbidden',
      'the resource would be less confidential than what it is about: it needs those labels in meta.security',
      'meta.security',
    ),
  );
/** Rights that are other than when the work began: what was decided by the old ones does not stand. */
export const changedMeanwhile = (): FhirError =>
  fhirError(409, 'conflict', 'what you may do has changed meanwhile; nothing was done, and it can be sent again');
/**
 * What is hidden decides how confidential a resource is that speaks of it: whoever could write one would learn that it is
 * there. Hidden and absent are one answer.
 */
export const ofUnseen = (): Answer =>
  refusal(fhirError(422, 'business-rule', 'it speaks of a resource that is not there, or not for this caller'));
export const several = (): Answer =>
  refusal(fhirError(412, 'multiple-matches', 'the condition meets several resources; narrow it to one'));
export const notOffered = (): Answer => refusal(fhirError(400, 'not-supported', 'this is not possible here'));

/** Told with a place in the Bundle, where it is of an entry. */
export const within = (error: FhirError, expression: string): FhirError =>
  new FhirError(
    error.status,
    error.issues.map((issue) => ({
      ...issue,
      expression: [expression, ...(issue.expression ?? [])],
    })),
    error.headers,
  );

export const isDenied = (value: object): value is Denied => 'kind' in value && value.kind === 'denied';
