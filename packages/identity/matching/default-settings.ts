/** Matching as it goes where nothing is configured. */
import { defaultModel } from './default-model.ts';
import type { MatchingSettings } from './settings.ts';

export const defaultMatching: MatchingSettings = Object.freeze({
  onePerPerson: ['http://hl7.org/fhir/sid/us-ssn'],
  thresholds: { certain: 10, probable: 4, possible: -2 },
  model: defaultModel,
  neighbours: 25,
});
