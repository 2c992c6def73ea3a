/**
 * Validation of resources as the rest of the house sees it: R4, US Core 6.1.0, and the profiles and value sets that were
 * loaded into the server. FHIR R4 validation.html.
 */
import { parseCanonical } from '@affinity/core/fhir/canonical.ts';
import { fhirError, type Issue } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { KnownCodes } from './validate-resource.ts';
import { createThread } from './worker-thread.ts';

export interface ValidationLimits {
  /** how long the checks of one resource may take, in milliseconds */
  readonly timeMs: number;
  /** how many issues are told of one resource, the gravest first */
  readonly issues: number;
  /** how many resources may wait to be validated */
  readonly waiting: number;
}
export const validationLimits: ValidationLimits = { timeMs: 5_000, issues: 100, waiting: 100 };

/**
 * The StructureDefinition or ValueSet of a canonical, among those that were loaded into the server; without version the
 * latest active one. What the caller may not see must not be given. In place of a ValueSet, the codes that it comes to.
 */
export type ResolveCanonical = (url: string, version?: string) => Promise<Resource | KnownCodes | undefined>;

export interface ToBeValidated {
  readonly resource: Resource;
  readonly mode?: 'create' | 'update' | 'delete' | 'profile';
  /** canonical of a profile to be met beside those that the resource claims */
  readonly profile?: string;
}

export interface Validator {
  /**
   * The issues of a resource, the gravest first. It is valid if none is an error. Throws FhirError 422 `too-costly` past
   * the limit of time, 503 `throttled` past that of waiting.
   */
  validate(given: ToBeValidated, resolveCanonical?: ResolveCanonical): Promise<readonly Issue[]>;
  close(): Promise<void>;
}

/** Loaded definitions may need others, these others still: so deep and no further. */
const rounds = 4;
const mostBrought = 50;

const idMissing = (type: string): Issue => ({
  severity: 'error',
  code: 'required',
  diagnostics: 'an update names the id of the resource',
  expression: [`${type}.id`],
});

/** Whether anything was found of what was missing. */
const bring = async (
  missing: readonly string[],
  brought: Map<string, unknown>,
  resolveCanonical: ResolveCanonical,
): Promise<boolean> => {
  let any = false;
  for (const canonical of missing) {
    if (brought.has(canonical) || brought.size >= mostBrought) continue;
    const { url, version } = parseCanonical(canonical);
    const found = await resolveCanonical(url, version);
    brought.set(canonical, found);
    any ||= found !== undefined;
  }
  return any;
};

export const createValidator = (limits: ValidationLimits = validationLimits): Validator => {
  const thread = createThread();
  let waiting = 0;
  const check = async (
    { resource, profile }: ToBeValidated,
    resolveCanonical: ResolveCanonical,
  ): Promise<readonly Issue[]> => {
    const brought = new Map<string, unknown>();
    for (let round = 1; ; round += 1) {
      const asked = { resource, brought, mostIssues: limits.issues, ...(profile === undefined ? {} : { profile }) };
      const done = await thread.run(asked, limits.timeMs);
      if (done.kind === 'too-slow')
        throw fhirError(422, 'too-costly', `the checks of this resource take longer than ${limits.timeMs} ms`);
      if (done.kind === 'failed') throw new Error(`validation ended with ${done.name}`);
      const { issues, missing } = done.outcome;
      if (round >= rounds || !(await bring(missing, brought, resolveCanonical))) return issues;
    }
  };
  return {
    async validate(given, resolveCanonical = async () => undefined) {
      const { resource, mode } = given;
      // What is to be deleted need not be valid. R4 resource-operation-validate.html, mode.
      if (mode === 'delete') return [];
      if (waiting >= limits.waiting) throw fhirError(503, 'throttled', 'too many resources wait to be validated');
      waiting += 1;
      try {
        const issues = await check(given, resolveCanonical);
        return mode === 'update' && resource.id === undefined ? [idMissing(resource.resourceType), ...issues] : issues;
      } finally {
        waiting -= 1;
      }
    },
    close: () => thread.close(),
  };
};
