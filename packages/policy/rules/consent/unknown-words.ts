/**
 * What of a Consent is said in words that nobody here knows. It is decided by all the same: a deny holds whatever is meant, a
 * permit opens nothing. An administrator is told, since it is not what the person has said. FHIR R4 consent.html; IHE PCF.
 */
import type { Provision } from '@affinity/core/fhir/consent.ts';
import { isKnownAction } from './caller.ts';
import { isType } from './data.ts';
import { isKnownLabel } from './labels.ts';
import { isKnownPurpose } from './purpose.ts';

export interface UnknownWord {
  /** where, as FHIRPath */
  readonly expression: string;
  /** a piece of a sentence about it, without anything of the content */
  readonly reason: string;
}

export const unknownWords = (provision: Provision, at = 'Consent.provision'): readonly UnknownWord[] => {
  const { purposes, actions, classes, securityLabels, provisions } = provision;
  const unknown = <Word>(name: string, words: readonly Word[], isKnown: (word: Word) => boolean, reason: string) =>
    words.flatMap((word, index) => (isKnown(word) ? [] : [{ expression: `${at}.${name}[${index}]`, reason }]));
  return [
    ...unknown('purpose', purposes, isKnownPurpose, 'is not a purpose of use that is known'),
    ...unknown('action', actions, isKnownAction, 'is not an action that is known'),
    ...unknown('class', classes, isType, 'is not a type of resource'),
    ...unknown('securityLabel', securityLabels, isKnownLabel, 'is not a security label that is known'),
    ...provisions.flatMap((one, index) => unknownWords(one, `${at}.provision[${index}]`)),
  ];
};
