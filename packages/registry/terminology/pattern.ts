/**
 * Regular expressions of filters, which strangers wrote: RE2 evaluates them in time that is linear in the text, whatever
 * the expression. The only file that touches `re2js`. FHIR R4 valueset-filter-operator `regex`.
 */
import { RE2JS } from 're2js';
import { tooCostly, unusable } from './faults.ts';

/** Whether the whole of a text matches. @throws FhirError where it cannot be compiled, or is too long */
export const compilePattern = (pattern: string, mostCharacters: number): ((text: string) => boolean) => {
  if (pattern.length > mostCharacters)
    throw tooCostly(`a regular expression has at most ${mostCharacters} characters here`);
  try {
    const compiled = RE2JS.compile(pattern);
    return (text) => compiled.matches(text);
  } catch {
    throw unusable('a regular expression of the ValueSet cannot be compiled');
  }
};
