/** What an explanation holds: plain values that a command prints and a page shows. FHIR R4 security.html#access-control. */
import type { RuleName } from '@affinity/policy/decision.ts';
import type { RuleWords } from '@affinity/policy/print-consent.ts';
import type { FilterWords } from '@affinity/policy/print-filter.ts';

export interface ExplainedRule {
  readonly rule: RuleName;
  readonly verdict: 'permits' | 'narrows' | 'denies';
  /** which records it lets through, where it narrows */
  readonly words?: FilterWords;
  /** why it denies */
  readonly reason?: string;
}

/** One decision that the request asks for, of one type or of several that come to the same. */
export interface ExplainedDecision {
  /** what of the request asks for it */
  readonly part: 'request' | 'chain' | 'has' | 'include' | 'condition' | 'patch';
  /** `read`, `search-type`… */
  readonly interaction: string;
  readonly types: readonly string[];
  readonly rules: readonly ExplainedRule[];
  /** what all rules come to together */
  readonly outcome:
    | { readonly kind: 'permit'; readonly words: FilterWords; readonly nothing: boolean }
    | {
        readonly kind: 'deny';
        readonly rule: RuleName;
        readonly status: number;
        readonly reason: string;
        readonly neededScope?: string;
      };
}

/** What was known when it was decided; nothing of any record but ids. */
export interface ExplainedFacts {
  /** a name, and in words what is known under it */
  readonly known: readonly { readonly name: string; readonly words: string }[];
  readonly consents: readonly {
    readonly id: string;
    readonly patient?: string;
    readonly kind: 'grant' | 'privacy';
    readonly says: RuleWords;
  }[];
  /** patients with Consents that are not listed, because they are too many */
  readonly more: number;
}

/** What the caller would be answered with. */
export interface ExplainedEnd {
  readonly status: number;
  /** in words, what the answer would be and on what it hangs */
  readonly words: string;
  /** the rule that denied the whole */
  readonly rule?: RuleName;
  /** why, as the audit log would have it; the caller is not told */
  readonly reason?: string;
  /** the scope that would have been enough */
  readonly neededScope?: string;
}

/** One stored record, judged rule by rule. */
export interface ExplainedRecord {
  readonly reference: string;
  readonly kind: 'shown' | 'hidden' | 'not-asked-for' | 'absent';
  readonly decisions: readonly {
    readonly part: ExplainedDecision['part'];
    readonly rules: readonly {
      readonly rule: RuleName;
      readonly passes: boolean;
      /** what is true of the record, and keeps it from being let through */
      readonly why?: FilterWords;
    }[];
  }[];
}

export interface Explanation {
  /** as it was given, such as `GET /Observation?patient=1` */
  readonly request: string;
  /** the interaction, where the path names one */
  readonly interaction?: string;
  readonly decisions: readonly ExplainedDecision[];
  readonly facts: ExplainedFacts;
  readonly end: ExplainedEnd;
  readonly record?: ExplainedRecord;
}
