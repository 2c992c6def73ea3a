/** What is shown on the way to being signed in, beyond user name and password: plain values for the portal. */
import type { AppView } from './app-view.ts';

export type SignInFault =
  | { readonly kind: 'wrong' | 'passkey' | 'invitation' | 'invitation-known' }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number }
  /** by the name of the provider; `refused`: the account that it opened is closed, `taken`: somebody else's */
  | {
      readonly kind: 'elsewhere';
      readonly why: 'denied' | 'unreachable' | 'failed' | 'refused' | 'taken';
      readonly provider: string;
    };

/** Fields posted: `code` (of the authenticator app, or a recovery code), `csrf`; `again` (button: start over). */
export interface SecondFactorView {
  readonly action: string;
  readonly csrf: string;
  readonly app?: AppView;
  readonly username: string;
  readonly fault?: { readonly kind: 'wrong' } | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };
}

/** The app asks for two factors of somebody who has one. Fields posted: `decision` (`back`), `csrf`; `again`. */
export interface TooWeakView {
  readonly action: string;
  readonly csrf: string;
  readonly app: AppView;
  /** where a second factor is set up */
  readonly security: string;
}

/** What the person is about to link. Fields posted: `link` (`yes`, `no`), `csrf`. */
export interface LinkView {
  readonly action: string;
  readonly csrf: string;
  readonly app?: AppView;
  readonly username: string;
  readonly provider: string;
  /** what the person is called there */
  readonly name?: string;
}

export interface SignInPages {
  linkIdentity(view: LinkView): string;
  secondFactor(view: SecondFactorView): string;
  tooWeak(view: TooWeakView): string;
}
