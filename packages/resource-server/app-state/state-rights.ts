/**
 * Who may do what with which state: by scope, by whose state it is, and by the codes that the app was registered for. A pure
 * function, beside the policy of records: a state is no record, and nothing here opens one. SMART App Launch 2.2, app state.
 */
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { Permission, ResourceScope } from '@affinity/core/smart/scope.ts';
import { constraintValues } from '@affinity/core/smart/scope-constraint.ts';
import type { StateKey } from './state.ts';

export interface StateCaller {
  readonly principal: Principal;
  /** of the token, as the Consent of its grant stands now */
  readonly scopes: readonly ResourceScope[];
  /** absolute URL of the user's resource */
  readonly fhirUser?: string;
  /** `system|code`: those that the app was registered for */
  readonly codes: readonly string[];
}

/** A constraint by anything but `code` is met by no state. */
const meets = ({ constraints }: ResourceScope, code: string): boolean =>
  constraints.every(({ param, value }) => {
    const at = code.lastIndexOf('|');
    const [system, bare] = [code.slice(0, at), code.slice(at + 1)];
    return (
      param === 'code' &&
      constraintValues(value)?.some(
        (one) => (one.system === undefined || one.system === system) && (one.code === undefined || one.code === bare),
      ) === true
    );
  });

const looks: readonly Permission[] = ['r', 's'];

/** Whose state a scope reaches: the patient's in context, the user's own; what is of nobody is written by services alone. */
function reaches(
  { compartment }: ResourceScope,
  { principal, fhirUser }: StateCaller,
  base: string,
  { subject }: StateKey,
  letter: Permission,
): boolean {
  if (compartment === 'system') return principal.service === true && subject === undefined;
  if (compartment === 'patient')
    return principal.patient !== undefined && subject === `${base}/Patient/${principal.patient}`;
  return subject === undefined ? looks.includes(letter) : fhirUser !== undefined && subject === fhirUser;
}

/** @param base of the FHIR server whose patients and users states are about */
export const mayTouch = (caller: StateCaller, base: string, letter: Permission, key: StateKey): boolean =>
  caller.codes.includes(key.code) &&
  caller.scopes.some(
    (scope) =>
      scope.type === 'Basic' &&
      scope.permissions.includes(letter) &&
      meets(scope, key.code) &&
      reaches(scope, caller, base, key, letter),
  );

/** Any right of this letter over states at all: without it the answer is that of a missing scope. */
export const hasScope = ({ scopes }: StateCaller, letter: Permission): boolean =>
  scopes.some(({ type, permissions }) => type === 'Basic' && permissions.includes(letter));
