/** The answer of `$validate`. FHIR R4 resource-operation-validate.html. */
import { type Issue, operationOutcome } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';

/** The issues, and that there is no error where there is none: a resource is invalid just if one is an error. */
export const validationOutcome = (issues: readonly Issue[]): Resource => {
  const invalid = issues.some(({ severity }) => severity === 'error' || severity === 'fatal');
  const valid: Issue = {
    severity: 'information',
    code: 'informational',
    diagnostics: 'No error: the resource is valid',
  };
  return operationOutcome(invalid ? issues : [...issues, valid]);
};
