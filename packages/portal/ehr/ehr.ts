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

/** What a place holds, by type of resource, as far as the clinician may know. */
export interface HeldAtPlace {
  readonly title: string;
  readonly holdings: readonly { readonly type: string; readonly count?: number; readonly latest?: string }[];
}

export interface GatheredEntry {
  readonly type: string;
  readonly title: string;
  readonly date?: string;
  /** where it is held, and where the same is held too */
  readonly place: string;
  readonly also: readonly string[];
}

export interface Elsewhere {
  readonly patient: ChartPatient;
  readonly places: readonly HeldAtPlace[];
  /** newest first */
  readonly gathered: readonly GatheredEntry[];
  /** which place could not be asked, and why, each as a sentence without its full stop */
  readonly missing: readonly string[];
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
  /** what all places of the domain hold of the patient; absent: there is nobody who knows */
  elsewhere?(sessionId: string, patient: string): Promise<Read<Elsewhere>>;
  readonly apps: readonly LaunchableApp[];
  /** the address to open */
  launch(sessionId: string, asked: LaunchAsked): Promise<Read<string>>;
  /** Gives the tokens back. */
  end(sessionId: string): Promise<void>;
  readonly key: Uint8Array;
  readonly idleSeconds: number;
  readonly sessionSeconds: number;
}
