/** What the administrators' pages are given by whoever puts the domain together: plain functions and plain values. */
import type { AtDesk } from './at-desk.ts';
import type { Definitions } from './definitions.ts';

export type { AtDesk };

/** One thing that is true of a record, or several of which every one, or at least one, is. */
export type Said = string | { readonly every: readonly Said[] } | { readonly any: readonly Said[] };
export interface RuleSaid {
  readonly says: string;
  readonly except: readonly RuleSaid[];
}

export interface ExplanationView {
  readonly request: string;
  readonly decisions: readonly {
    readonly part: 'request' | 'chain' | 'has' | 'include' | 'condition' | 'patch';
    readonly interaction: string;
    readonly types: readonly string[];
    readonly rules: readonly {
      readonly rule: string;
      readonly verdict: 'permits' | 'narrows' | 'denies';
      readonly words?: Said;
      readonly reason?: string;
    }[];
    readonly outcome:
      | { readonly kind: 'permit'; readonly words: Said; readonly nothing: boolean }
      | {
          readonly kind: 'deny';
          readonly rule: string;
          readonly status: number;
          readonly reason: string;
          readonly neededScope?: string;
        };
  }[];
  readonly facts: {
    readonly known: readonly { readonly name: string; readonly words: string }[];
    readonly consents: readonly {
      readonly id: string;
      readonly patient?: string;
      readonly kind: 'grant' | 'privacy';
      readonly says: RuleSaid;
    }[];
    readonly more: number;
  };
  readonly end: {
    readonly status: number;
    readonly words: string;
    readonly rule?: string;
    readonly reason?: string;
    readonly neededScope?: string;
  };
  readonly record?: {
    readonly reference: string;
    readonly kind: 'shown' | 'hidden' | 'not-asked-for' | 'absent';
    readonly decisions: readonly {
      readonly part: 'request' | 'chain' | 'has' | 'include' | 'condition' | 'patch';
      readonly rules: readonly { readonly rule: string; readonly passes: boolean; readonly why?: Said }[];
    }[];
  };
}

/** A question as the form asks it; what was left empty is absent. */
export interface QuestionToExplain {
  readonly person?: string;
  readonly client: string;
  readonly patient?: string;
  readonly scope?: string;
  readonly grant?: string;
  readonly purpose?: string;
  readonly clearance?: string;
  readonly method: string;
  readonly url: string;
  readonly record?: string;
}

export type ExplainedView =
  | { readonly kind: 'explained'; readonly explanation: ExplanationView; readonly notes: readonly string[] }
  | { readonly kind: 'refused'; readonly why: string };

export interface AlertView {
  readonly id: string;
  readonly kind: string;
  /** what it is about */
  readonly about: string;
  /** when it was raised first and last */
  readonly at: Date;
  readonly lastAt: Date;
  readonly count: number;
  /** name and subject */
  readonly person?: string;
  readonly client?: string;
  readonly patient?: string;
  /** the reason that was given, or what is wrong */
  readonly detail?: string;
}

export type Begun =
  /** `pending` is given back when the person returns; nobody else may read it */
  { readonly kind: 'redirect'; readonly url: string; readonly pending: string } | { readonly kind: 'failed' };
export type Completed =
  | { readonly kind: 'ready'; readonly user: string }
  | { readonly kind: 'denied' }
  | { readonly kind: 'failed' };

/** Every function that shows or changes something resolves when that is durable in the audit log. */
export interface Administration {
  /** Sign-in at our own authorization server. */
  readonly signIn: {
    begin(): Promise<Begun>;
    complete(callbackUrl: string, pending: string): Promise<Completed>;
  };
  /** The name of somebody who may be here at this moment; undefined for anybody else. */
  administrator(user: string): Promise<string | undefined>;
  /** Notes that somebody signed in, signed out, or was turned away. */
  note(event: 'sign-in' | 'sign-out' | 'turned-away', user: string, address: string | undefined): Promise<void>;
  explain(question: QuestionToExplain, by: AtDesk): Promise<ExplainedView>;
  /** client_ids that can be explained */
  readonly clients: readonly string[];
  countAlerts(): Promise<number>;
  openAlerts(by: AtDesk): Promise<{ readonly open: number; readonly alerts: readonly AlertView[] }>;
  acknowledge(id: string, note: string, by: AtDesk): Promise<'acknowledged' | 'already' | 'unknown'>;
  /** the registry's page; absent where the domain has no registry */
  readonly definitions?: Definitions;
  /** secret of 32 bytes that seals cookies; the same in every process of the domain */
  readonly key: Uint8Array;
  /** a session ends after so long without a request, and after so long in any case */
  readonly idleSeconds: number;
  readonly sessionSeconds: number;
}
