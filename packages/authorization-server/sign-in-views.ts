/** What is shown on the way to being signed in, beyond user name and password: plain values for the portal. */
import type { AppView } from './app-view.ts';

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

export interface SignInPages {
  secondFactor(view: SecondFactorView): string;
  tooWeak(view: TooWeakView): string;
}
