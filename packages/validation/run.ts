/** One validation under way: what it looks up, what it has found, and what it could not look up. */
import type { Issue, IssueType } from '@affinity/core/fhir/outcome.ts';
import type { Definition } from './element-tree.ts';
import type { Expansion } from './value-set.ts';

export interface Lookups {
  /** by canonical, with or without version; undefined: not known here */
  definition(canonical: string): Definition | undefined;
  codes(canonical: string): Expansion | undefined;
}

export interface Run extends Lookups {
  /** notes a fault; the same one of the same element is noted once */
  report(severity: Issue['severity'], code: IssueType, path: string, diagnostics: string): void;
  readonly issues: readonly Issue[];
  /** true the first time that it is asked of a key: an invariant is evaluated once for an element */
  first(key: string): boolean;
  /** a run of its own, to see whether something would pass */
  trial(): Run;
}

/** Where an element stands. */
export interface Place {
  /** FHIRPath from the outermost resource */
  readonly path: string;
  readonly resource: Readonly<Record<string, unknown>>;
  readonly root: Readonly<Record<string, unknown>>;
}

/** A path holds names that the sender chose. */
const longestPath = 256;

export const startRun = (lookups: Lookups, mostIssues: number): Run => {
  const issues: Issue[] = [];
  const seen = new Set<string>();
  // Errors are counted apart, so that no crowd of warnings makes an invalid resource look valid.
  const told = { errors: 0, others: 0 };
  const first = (key: string): boolean => {
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  };
  return {
    ...lookups,
    issues,
    first,
    report(severity, code, path, diagnostics) {
      const expression = path.slice(0, longestPath);
      const kind = severity === 'error' || severity === 'fatal' ? 'errors' : 'others';
      if (told[kind] >= mostIssues || !first(`issue ${severity} ${code} ${expression} ${diagnostics}`)) return;
      told[kind] += 1;
      issues.push({ severity, code, diagnostics, expression: [expression] });
    },
    trial: () => startRun(lookups, 1),
  };
};
