/** What the clinicians' pages are given by whoever puts the domain together: plain functions and plain values. */
import type { EncounterView } from '@affinity/authorization-server/page-views.ts';
import type { Begun } from '../admin/administration.ts';

export interface ChartPatient {
  /** bare id */
  readonly id: string;
  readonly name: string;
  readonly birthDate?: string;
  /** code of AdministrativeGender */
  readonly gender?: string;
}

export interface LaunchableApp {
  readonly clientId: string;
  readonly name: string;
  readonly publisher?: string;
  /** where its address, and whatever it leads on to, may be: origins */
  readonly origins: readonly string[];
}

/** Whatever is read is read with the access token of the session, as any other app's request. */
export type Read<Value> =
  | { readonly kind: 'read'; readonly value: Value }
  /** the session at the authorization server is over: sign in again */
  | { readonly kind: 'signed-out' }
  /** not there for this person */
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed' };

export interface Chart {
  readonly patient: ChartPatient;
  /** newest first */
  readonly encounters: readonly EncounterView[];
}

export interface LaunchAsked {
  readonly clientId: string;
  readonly patient: string;
  readonly encounter?: string;
}

export type CompletedEhr =
  /** `hold` keeps the tokens under the id of the session that is about to begin */
  | { readonly kind: 'ready'; readonly user: string; hold(sessionId: string): void }
  | { readonly kind: 'denied' }
  | { readonly kind: 'failed' };

/** The record system of the domain, as far as its pages go. */
export interface Ehr {
  readonly signIn: {
    begin(): Promise<Begun>;
    complete(callbackUrl: string, pending: string): Promise<CompletedEhr>;
  };
  /** The name of somebody who may be here at this moment; undefined for anybody else. */
  clinician(user: string): Promise<string | undefined>;
  note(event: 'sign-in' | 'sign-out' | 'turned-away', user: string, address: string | undefined): Promise<void>;
  /** those for whom the clinician cares */
  patients(sessionId: string): Promise<Read<readonly ChartPatient[]>>;
  chart(sessionId: string, patient: string): Promise<Read<Chart>>;
  readonly apps: readonly LaunchableApp[];
  /** the address to open */
  launch(sessionId: string, asked: LaunchAsked): Promise<Read<string>>;
  /** Gives the tokens back. */
  end(sessionId: string): Promise<void>;
  readonly key: Uint8Array;
  readonly idleSeconds: number;
  readonly sessionSeconds: number;
}
