/** What a declared emergency gives of what an app asked for: to read and search the record of the one patient, no more. IHE PCF. */
import { parseResourceScope, printScope, type ResourceScope } from '@affinity/core/smart/scope.ts';

const kept: readonly string[] = ['openid', 'fhirUser', 'profile', 'launch/patient'];

const toLook = ({ permissions, ...scope }: ResourceScope): readonly string[] => {
  const letters = permissions.filter((letter) => letter === 'r' || letter === 's');
  return letters.length === 0 ? [] : [printScope({ ...scope, compartment: 'patient', permissions: letters })];
};

/** @param tokens as `resolveScope` gives them: without `offline_access`, and every right over records one over the patient's */
export const emergencyScope = (tokens: readonly string[]): readonly string[] => [
  ...new Set(
    tokens.flatMap((token) => {
      if (kept.includes(token)) return [token];
      const parsed = parseResourceScope(token);
      return parsed.kind === 'scope' ? toLook(parsed.scope) : [];
    }),
  ),
];

/** Anything of it is a right to read or search. */
export const asksToLook = (tokens: readonly string[]): boolean =>
  emergencyScope(tokens).some((token) => token.startsWith('patient/'));
