/** What people's own pages show, as plain values: the portal turns them into pages. Beside page-views.ts, for those who are signed in. */
import type { AppView } from './app-view.ts';
import type { ConsentItem, PatientView } from './page-views.ts';

export type AccountPlace = 'apps' | 'security';

/** What stands around each of them: who is signed in, where one is, and the way out (fields posted to `signOut`: `csrf`). */
export interface AccountFrame {
  readonly person: { readonly name: string };
  readonly places: readonly { readonly place: AccountPlace; readonly address: string }[];
  readonly signOut: string;
  readonly csrf: string;
  /** signed in on a computer that others use too */
  readonly shared: boolean;
}

/** What a person allowed an app. Instants as of ISO 8601. */
export interface GivenAppView {
  /** id of the grant, posted as `grant` */
  readonly grant: string;
  readonly name: string;
  readonly publisher?: string;
  readonly clientId: string;
  /** absent where it is for no single record */
  readonly patient?: PatientView;
  /** as the consent page shows them */
  readonly items: readonly ConsentItem[];
  /** also what is marked confidential */
  readonly confidential: boolean;
  readonly since: string;
  readonly lastUsed?: string;
  /** when it ends by itself; `unused`: then, unless it is used before; `soon`: then, or when the person signs out */
  readonly until: { readonly kind: 'day' | 'unused' | 'soon'; readonly at: string } | { readonly kind: 'session' };
}

/**
 * "Your apps and devices". Fields posted to `action`: `grant` (button End access), or `everything` = `yes` (button Lost this
 * phone: ends every app and every session), and `csrf`.
 */
export interface AppsView {
  readonly action: string;
  readonly apps: readonly GivenAppView[];
  /** living sessions of the person, this one among them */
  readonly sessions: number;
  readonly notice?: 'ended' | 'already';
}

/** An app asks to sign the person out, and does not prove for whom. Fields posted: `fields`, `csrf`. Button: Sign out. */
export interface SignOutQuestionView {
  readonly action: string;
  readonly csrf: string;
  /** absent where none is named */
  readonly app?: AppView;
  readonly fields: Readonly<Record<string, string>>;
  /** where to for somebody who does not want to */
  readonly stay: string;
}

/** Nobody is signed in here any more. */
export interface SignedOutView {
  /** also every app and every other device */
  readonly everything: boolean;
}

/** Each gives a whole HTML document. */
export interface AccountPages {
  accountApps(view: AppsView, frame: AccountFrame): string;
  signOutQuestion(view: SignOutQuestionView): string;
  signedOut(view: SignedOutView): string;
}
