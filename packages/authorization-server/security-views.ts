/** What the page shows on which people look after how they sign in: plain values for the portal. */

import type { AccountFrame } from './account-views.ts';

/** Nothing secret stands in it but what is about to be set up. Instants as of ISO 8601. */
export interface SecurityView {
  readonly action: string;
  /** signed in so lately that something may be changed; otherwise the one button is `do` = `again` */
  readonly fresh: boolean;
  readonly username: string;
  readonly password: { readonly set: boolean; readonly least: number };
  /** `offered`: shown, and not yet confirmed by a code */
  readonly totp:
    | { readonly kind: 'none' }
    | { readonly kind: 'offered'; readonly secret: string; readonly uri: string }
    | { readonly kind: 'on'; readonly codesLeft: number; readonly codeLastUsed?: string };
  readonly passkeys: readonly {
    readonly id: string;
    readonly name: string;
    readonly since: string;
    readonly lastUsed?: string;
  }[];
  /** `PublicKeyCredentialCreationOptionsJSON`, for the script; absent where nothing may be changed */
  readonly newPasskey?: string;
  readonly identities: readonly {
    readonly provider: string;
    readonly issuer: string;
    readonly subject: string;
    readonly since: string;
  }[];
  /** recovery codes, shown this once */
  readonly codes?: readonly string[];
  readonly notice?: SecurityNotice;
  readonly fault?: SecurityFault;
}

export const securityNotices = [
  'password-changed',
  'totp-removed',
  'passkey-added',
  'passkey-removed',
  'identity-removed',
] as const;
export type SecurityNotice = (typeof securityNotices)[number];

export type SecurityFault =
  | { readonly kind: 'wrong-password' | 'short-password' | 'long-password' | 'same-as-username' }
  | { readonly kind: 'wrong-code' | 'passkey-refused' | 'passkey-full' | 'last-way' }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };

/** Fields posted: `do`, `csrf`, and what each of them needs (security-page.ts). */
export interface SecurityPages {
  security(view: SecurityView, frame: AccountFrame): string;
}
