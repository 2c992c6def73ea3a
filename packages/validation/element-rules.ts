/** Rules of a single element: its binding, what its reference may point to, its invariants. */
import { parseCanonical } from '@affinity/core/fhir/canonical.ts';
import type { Issue } from '@affinity/core/fhir/outcome.ts';
import { saysAbsent, verdictOf } from './binding.ts';
import type { ElementNode } from './element-tree.ts';
import type { JsonObject } from './found.ts';
import { holds } from './invariant.ts';
import { targetTypeOf } from './reference-target.ts';
import type { Place, Run } from './run.ts';
import { type Binding, baseUrl } from './structure-definition.ts';

/** FHIR R4 terminologies.html#required, #extensible: a code from elsewhere is an error, or a matter for a person to judge. */
export const checkCoded = (
  value: unknown,
  extra: unknown,
  { strength, valueSet }: Binding,
  path: string,
  run: Run,
): void => {
  if (valueSet === undefined || saysAbsent(value) || saysAbsent(extra)) return;
  if (strength !== 'required' && strength !== 'extensible') return;
  const { url } = parseCanonical(valueSet);
  const verdict = verdictOf(value, run.codes(valueSet));
  if (verdict === 'in') return;
  if (verdict === 'unknown') {
    if (strength === 'required')
      run.report('information', 'informational', path, `the codes of ${url} are not known here: they are not checked`);
    return;
  }
  const severity = strength === 'required' ? 'error' : 'warning';
  run.report(severity, 'code-invalid', path, `no code of ${url}, which is ${strength} here`);
};

const typeOfProfile = (profile: string, run: Run): string | undefined => {
  const base = baseUrl('');
  if (profile.startsWith(base) && /^[A-Z][A-Za-z]+$/.test(profile.slice(base.length)))
    return profile.slice(base.length);
  return run.definition(profile)?.type;
};

/** A reference points to a type that is allowed, if it says to which it points. */
export const checkReference = (value: JsonObject, allowed: readonly string[], place: Place, run: Run): void => {
  const type = targetTypeOf(value, place.resource, place.root);
  if (type === undefined) return;
  const types = allowed.map((profile) => typeOfProfile(profile, run));
  if (types.some((each) => each === undefined || each === 'Resource' || each === type)) return;
  run.report('error', 'value', place.path, `points to ${type}: allowed is ${[...new Set(types)].join(', ')}`);
};

/** `base` is what an expression starts from: a path, a data type, or undefined for a resource. */
export const checkInvariants = (
  value: unknown,
  node: ElementNode,
  base: string | undefined,
  place: Place,
  run: Run,
): void => {
  for (const constraint of node.constraints) {
    if (!run.first(`invariant ${constraint.key} ${place.path}`)) continue;
    const met = holds(constraint, value, base, { resource: place.resource, rootResource: place.root });
    const severity: Issue['severity'] = constraint.severity === 'error' ? 'error' : 'warning';
    if (met === false) run.report(severity, 'invariant', place.path, `${constraint.human} (${constraint.key})`);
    if (met === undefined)
      run.report('information', 'informational', place.path, `the rule ${constraint.key} could not be evaluated here`);
  }
};
