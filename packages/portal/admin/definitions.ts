/** What the administrators' pages are given of the registry: what waits for a second person, and packages that are sent. */
import type { AtDesk } from './at-desk.ts';

export interface WaitingDefinition {
  readonly type: string;
  readonly id: string;
  readonly title: string;
  readonly wanted: 'active' | 'retired';
  readonly note: string;
  readonly proposedBy: string;
  readonly proposedAt: Date;
  /** who looks is who proposed it: another has to decide */
  readonly isOwn: boolean;
}

export interface DecidedDefinition extends Omit<WaitingDefinition, 'isOwn'> {
  readonly decision: 'approved' | 'refused';
  readonly decidedBy: string;
  readonly decidedAt: Date;
}

/** Every function resolves when what it did is durable in the audit log. */
export interface Definitions {
  /** two persons are needed to publish: then packages are loaded at the command line */
  readonly twoPersons: boolean;
  /** bytes of a package */
  readonly mostBytes: number;
  /** whether this person was made a publisher */
  mayPublish(by: AtDesk): Promise<boolean>;
  waiting(by: AtDesk): Promise<readonly WaitingDefinition[]>;
  /** the latest first */
  decided(): Promise<readonly DecidedDefinition[]>;
  decide(
    at: { readonly type: string; readonly id: string },
    decision: 'approved' | 'refused',
    by: AtDesk,
  ): Promise<'done' | 'same-person' | 'changed' | 'unknown'>;
  /** @returns what was loaded, or why it was not */
  load(bytes: Uint8Array, by: AtDesk): Promise<{ readonly kind: 'loaded' | 'refused'; readonly words: string }>;
}
