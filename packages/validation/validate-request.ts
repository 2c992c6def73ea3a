/** What a request of `$validate` asks, and the outcome it is answered with. FHIR R4 resource-operation-validate.html. */
import { type Issue, operationOutcome } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { isObject } from './found.ts';

/** FHIR R4 valueset-resource-validation-mode. */
export const validationModes = ['create', 'update', 'delete', 'profile'] as const;
export type ValidationMode = (typeof validationModes)[number];

export interface ValidateRequest {
  /** absent only for modes `delete` and `profile` of an instance: the stored one is meant */
  readonly resource?: Resource;
  readonly mode?: ValidationMode;
  /** canonical of the profile to validate against */
  readonly profile?: string;
}
export type ParsedValidateRequest =
  | ({ readonly kind: 'request' } & ValidateRequest)
  /** a matter of 400 */
  | { readonly kind: 'fault'; readonly issue: Issue };

const fault = (code: Issue['code'], diagnostics: string, expression?: string): ParsedValidateRequest => ({
  kind: 'fault',
  issue: { severity: 'error', code, diagnostics, ...(expression === undefined ? {} : { expression: [expression] }) },
});

const known = new Set(['resource', 'mode', 'profile']);
const givenIn = (parameter: Readonly<Record<string, unknown>>): unknown =>
  parameter.resource ?? Object.entries(parameter).find(([name]) => /^value[A-Z]/.test(name))?.[1];

/** Parameters by name; undefined where one is unknown or there twice. */
const namedIn = (parameters: Resource): ReadonlyMap<string, unknown> | undefined => {
  const list = Array.isArray(parameters.parameter) ? parameters.parameter : [];
  const named = new Map<string, unknown>();
  for (const each of list) {
    if (!isObject(each) || typeof each.name !== 'string' || !known.has(each.name) || named.has(each.name))
      return undefined;
    named.set(each.name, givenIn(each));
  }
  return named;
};

const isMode = (text: unknown): text is ValidationMode => validationModes.some((mode) => mode === text);

/**
 * `body` is a Parameters with `resource`, `mode` and `profile`, or the resource itself with the other two in the query.
 * `type` is that of the path; `instance`: the path has an id.
 */
export const validateRequest = (
  body: Resource | undefined,
  query: URLSearchParams,
  { type, instance = false }: { readonly type: string; readonly instance?: boolean },
): ParsedValidateRequest => {
  const named = body?.resourceType === 'Parameters' && type !== 'Parameters' ? namedIn(body) : new Map();
  if (named === undefined)
    return fault(
      'invalid',
      '$validate takes the parameters resource, mode and profile, each once',
      'Parameters.parameter',
    );
  const bare = named.size === 0 && body?.resourceType !== 'Parameters' ? body : undefined;
  const resource = type === 'Parameters' ? body : (bare ?? named.get('resource'));
  const values: { mode?: unknown; profile?: unknown } = {};
  for (const name of ['mode', 'profile'] as const) {
    const all = [...query.getAll(name), ...(named.has(name) ? [named.get(name)] : [])];
    if (all.length > 1) return fault('invalid', `$validate takes ${name} once`);
    if (all[0] !== undefined) values[name] = all[0];
  }
  const { mode, profile } = values;
  if (mode !== undefined && !isMode(mode)) return fault('value', `mode is one of ${validationModes.join(', ')}`);
  if (profile !== undefined && (typeof profile !== 'string' || !/^[a-z]+:\S+$/.test(profile)))
    return fault('value', 'profile is the canonical URL of a profile');
  if (mode === 'profile' && profile === undefined) return fault('required', 'mode profile goes with a profile');
  if (resource === undefined && !(instance && (mode === 'delete' || mode === 'profile')))
    return fault('required', '$validate needs the resource to validate, as the body or as the parameter resource');
  if (resource !== undefined && !(isObject(resource) && typeof resource.resourceType === 'string'))
    return fault('invalid', 'the parameter resource is a resource');
  if (resource !== undefined && (resource as Resource).resourceType !== type)
    return fault('invalid', `the path is that of ${type}: the resource is of another type`);
  return {
    kind: 'request',
    ...(resource === undefined ? {} : { resource: resource as Resource }),
    ...(mode === undefined ? {} : { mode }),
    ...(profile === undefined ? {} : { profile }),
  };
};

/** The answer of `$validate`: the issues, and that there is no error where there is none. */
export const validationOutcome = (issues: readonly Issue[]): Resource => {
  const invalid = issues.some(({ severity }) => severity === 'error' || severity === 'fatal');
  const valid: Issue = {
    severity: 'information',
    code: 'informational',
    diagnostics: 'No error: the resource is valid',
  };
  return operationOutcome(invalid ? issues : [...issues, valid]);
};
