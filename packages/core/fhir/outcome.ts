/** OperationOutcome, and the one exception that crosses to the HTTP edge. FHIR R4 operationoutcome.html, http.html#Status-Codes. */
import type { Resource } from './resource.ts';

/** FHIR R4 valueset-issue-type, those that we use. */
export type IssueType =
  | 'invalid'
  | 'structure'
  | 'required'
  | 'value'
  | 'invariant'
  | 'security'
  | 'login'
  | 'unknown'
  | 'expired'
  | 'forbidden'
  | 'suppressed'
  | 'processing'
  | 'not-supported'
  | 'duplicate'
  | 'multiple-matches'
  | 'not-found'
  | 'deleted'
  | 'too-long'
  | 'code-invalid'
  | 'too-costly'
  | 'business-rule'
  | 'conflict'
  | 'transient'
  | 'timeout'
  | 'incomplete'
  | 'throttled'
  | 'exception'
  | 'informational';

export interface Issue {
  readonly severity: 'fatal' | 'error' | 'warning' | 'information';
  readonly code: IssueType;
  /** plain words for the caller; holds no secret and no value of a record */
  readonly diagnostics?: string;
  /** FHIRPath of the faulty elements */
  readonly expression?: readonly string[];
}

export const operationOutcome = (issues: readonly Issue[]): Resource => ({
  resourceType: 'OperationOutcome',
  issue: issues.map(({ severity, code, diagnostics, expression }) => ({
    severity,
    code,
    ...(diagnostics === undefined ? {} : { diagnostics }),
    ...(expression === undefined ? {} : { expression }),
  })),
});

/** An answer other than success: HTTP status and the issues that the body tells. */
export class FhirError extends Error {
  readonly status: number;
  readonly issues: readonly Issue[];
  /** response headers that belong to the error, such as WWW-Authenticate or Allow */
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, issues: readonly Issue[], headers: Readonly<Record<string, string>> = {}) {
    super(issues.map((issue) => issue.diagnostics ?? issue.code).join('; '));
    this.name = 'FhirError';
    this.status = status;
    this.issues = issues;
    this.headers = headers;
  }
}

/** The common case: one error issue. */
export const fhirError = (status: number, code: IssueType, diagnostics: string, expression?: string): FhirError =>
  new FhirError(status, [
    { severity: 'error', code, diagnostics, ...(expression === undefined ? {} : { expression: [expression] }) },
  ]);
