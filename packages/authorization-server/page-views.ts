/**
 * What the authorization server shows a person, as plain values: the portal turns them into pages. The steps never link
 * to one another; each posts to `action`, and the server decides what comes next.
 */
import type { AppView } from './app-view.ts';
import type { DevicePages } from './device-views.ts';
import type { SignInFault, SignInPages } from './sign-in-views.ts';

export type { AppView };

/**
 * Before anything else, for an app that nobody vouches for. Fields posted: `decision` (button Continue: `continue`; button
 * Stop: `stop`), `csrf`.
 */
export interface UncheckedAppView {
  readonly action: string;
  readonly csrf: string;
  readonly app: AppView;
  /** the person has stopped: the same page says what that means, and asks nothing */
  readonly stopped?: boolean;
}

/** Fields posted: `username`, `password`, `shared` (checkbox, value `yes`), `csrf`. Button: Sign in. By a form of its own: `passkey`, `shared`, `csrf`. */
export interface SignInView {
  readonly action: string;
  readonly csrf: string;
  /** absent where a person signs in to the portal itself */
  readonly app?: AppView;
  /** what was typed before, when the page is shown again */
  readonly username?: string;
  /** ticked before: others use this computer too */
  readonly shared?: boolean;
  /** `PublicKeyCredentialRequestOptionsJSON`, for the script that asks for a passkey */
  readonly passkey?: string;
  /** external OpenID providers: each a link */
  readonly providers?: readonly { readonly name: string; readonly address: string }[];
  /**
   * The person signed in elsewhere, and we do not know yet who that is: they sign in here once, or enter what staff gave them.
   * By a form of its own: `proofing_code`, `birth_date`, `csrf`. `again`: forgets the sign-in elsewhere.
   */
  readonly linking?: { readonly provider: string; readonly name?: string };
  readonly fault?: SignInFault;
}

export interface PatientView {
  /** bare id */
  readonly id: string;
  readonly name: string;
  /** date as in FHIR: 2014-05-03, 2014-05 or 2014 */
  readonly birthDate?: string;
  /** what the patient is to the person: `self`, `child`, `parent`, `spouse`, `patient` (of a clinician) … */
  readonly relation: string;
}

/** Fields posted: `patient` (one radio each), `csrf`. Button: Continue. */
export interface PatientChoiceView {
  readonly action: string;
  readonly csrf: string;
  readonly app: AppView;
  readonly person: { readonly name: string };
  readonly patients: readonly PatientView[];
  readonly fault?: 'none-chosen';
}

/** A visit as a person would know it again. */
export interface EncounterView {
  /** bare id */
  readonly id: string;
  /** what it was, in the record's own words */
  readonly title: string;
  /** as in FHIR: 2014-05-03, or an instant */
  readonly start?: string;
  readonly end?: string;
  /** code of EncounterStatus */
  readonly status?: string;
  readonly place?: string;
}

/** Fields posted: `encounter` (one radio each, and `none` for no visit), `csrf`. Button: Continue. */
export interface EncounterChoiceView {
  readonly action: string;
  readonly csrf: string;
  readonly app: AppView;
  readonly person: { readonly name: string };
  readonly patient?: PatientView;
  readonly encounters: readonly EncounterView[];
  readonly fault?: 'none-chosen';
}

/** The groups that people know, in the order in which they are always shown. */
export const consentGroups = [
  'identity',
  'name',
  'own-entry',
  'identifiers',
  'patient',
  'medications',
  'allergies',
  'conditions',
  'laboratory',
  'vital-signs',
  'immunizations',
  'visits',
  'documents',
  'other',
  'everything-else',
  'online',
  'offline',
] as const;
export type ConsentGroup = (typeof consentGroups)[number];

/** One thing that may be ticked or not: to see something, or to write it. */
export interface ConsentItem {
  readonly group: ConsentGroup;
  /** the same for the items that differ only in what the app may do with it: they stand side by side */
  readonly thing: string;
  /** value of its checkbox `scope`: one scope, or several separated by a space, granted or refused together */
  readonly scope: string;
  /** what the app may do with it */
  readonly access: readonly ('see' | 'add' | 'change' | 'delete')[];
  /** FHIR types in it, for the technical names and for the words of groups `other` and `everything-else` */
  readonly types: readonly string[];
  /** what is told about the person, word by word: of groups `name`, `own-entry` and `identifiers` */
  readonly values?: readonly { readonly value: string; readonly system?: string }[];
  /** a wildcard: also types that do not exist yet */
  readonly future: boolean;
  /** cannot be unticked, because the app cannot work without it (`openid`, `launch/patient`) */
  readonly required: boolean;
  readonly checked: boolean;
}

/** How much of a record: everything, everything but what is marked confidential, or as the boxes for each say. */
export type Amount = 'all' | 'not-confidential' | 'ticked';

/** Several items that are one thing to a person too: allowed by their own boxes, and refused together by this one. */
export interface ConsentKind {
  readonly kind: 'write' | 'other-see' | 'other-write';
  /** what the app may do, of all the items together */
  readonly access: ConsentItem['access'];
  readonly checked: boolean;
}

/** `until-ended`: and at the latest when it was not used for `unusedDays`. */
export type ConsentDuration = { readonly value: string; readonly checked: boolean } & (
  | { readonly days: number | 'once' }
  | { readonly days: 'until-ended'; readonly unusedDays: number }
);
/** A FHIR server for which the app asks. */
export interface ConsentServer {
  /** value of its checkbox `server` */
  readonly base: string;
  readonly name: string;
  /** the one that the app opens first: it cannot be unticked */
  readonly required: boolean;
  readonly checked: boolean;
}

/**
 * Fields posted: `scope` (one checkbox each), `server` (one checkbox each), `values_shown` (hidden, where the page has values),
 * `amount` (radio), `kind` (one checkbox for each of `kinds`) with
 * `kind_asked` (hidden, one each: without it the box was not there to be unticked), `leave_out_confidential` (checkbox, value `yes`) with
 * `confidential_asked` (hidden, value `yes`: without it the box was not there to be unticked), `duration` (radio),
 * `decision` (button Allow: `allow`; button Deny: `deny`), `csrf`.
 */
export interface ConsentView {
  readonly action: string;
  readonly csrf: string;
  readonly app: AppView;
  readonly person: { readonly name: string };
  /** absent where nothing of a patient is asked for */
  readonly patient?: PatientView;
  /** codes of v3-PurposeOfUse; absent where the app asked for no purpose of its own */
  readonly purposes?: readonly string[];
  /** where the app may do all this, the first always; absent where there is nothing to choose from */
  readonly servers?: readonly ConsentServer[];
  readonly items: readonly ConsentItem[];
  /** posted as `values_shown` (hidden): by it an answer to a page with other values is known */
  readonly valuesShown?: string;
  /** which is chosen; absent where so little is asked for that the boxes say it */
  readonly amount?: Amount;
  readonly kinds: readonly ConsentKind[];
  /** absent where nothing of a record is asked for */
  readonly leaveOutConfidential?: { readonly checked: boolean };
  /** how long the app may go on */
  readonly durations: readonly ConsentDuration[];
  /** on a computer that others use too, nothing goes on: what was asked for that is not among `items` */
  readonly shared: boolean;
  readonly fault?: 'nothing-chosen';
}

/**
 * A declaration of an emergency. Fields posted: `identifier`, or `patient_name` and `birth_date`; `reason`; `decision`
 * (button Declare an emergency: `declare`; button Cancel: `cancel`), `csrf`. Nobody is listed to choose from.
 */
export interface EmergencyView {
  readonly action: string;
  readonly csrf: string;
  readonly app: AppView;
  readonly person: { readonly name: string };
  /** how long the app may look */
  readonly minutes: number;
  readonly reason: { readonly least: number; readonly most: number };
  /** what was typed before, when the page is shown again */
  readonly typed?: EmergencyEntry;
  readonly fault?:
    | { readonly kind: 'no-patient-given' | 'nobody-found' | 'no-reason' }
    | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };
}

export interface EmergencyEntry {
  /** of the patient: a value, or `system|value` */
  readonly identifier: string;
  readonly name: string;
  /** 1970-05-03 */
  readonly birthDate: string;
  readonly reason: string;
}

export interface ErrorView {
  readonly status: number;
  /** what went wrong: the portal has words for each */
  readonly kind:
    | 'expired'
    | 'unknown-app'
    | 'bad-return-address'
    | 'bad-request'
    | 'no-patient'
    | 'device-gone'
    | 'not-found'
    | 'method'
    | 'unavailable'
    | 'failed';
  /** safe to show: a sentence from us for whoever builds the app */
  readonly detail?: string;
  /** to quote when asking for help */
  readonly reference: string;
}

/** Each gives a whole HTML document. Pages need no script. */
export interface Pages extends SignInPages, DevicePages {
  uncheckedApp(view: UncheckedAppView): string;
  signIn(view: SignInView): string;
  patientChoice(view: PatientChoiceView): string;
  encounterChoice(view: EncounterChoiceView): string;
  consent(view: ConsentView): string;
  emergency(view: EmergencyView): string;
  error(view: ErrorView): string;
}
