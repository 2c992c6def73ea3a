/** Pages as data: a test reads back the view that a person would have seen. */
import type { AccountFrame, AccountPages, AppsView, SignedOutView, SignOutQuestionView } from '../account-views.ts';
import type { DeviceCodeView, DeviceEndView, DeviceView } from '../device-views.ts';
import type {
  ConsentView,
  EmergencyView,
  EncounterChoiceView,
  ErrorView,
  Pages,
  PatientChoiceView,
  SignInView,
  UncheckedAppView,
} from '../page-views.ts';
import type { SecurityPages, SecurityView } from '../security-views.ts';
import type { LinkView, SecondFactorView, TooWeakView } from '../sign-in-views.ts';

export type ShownPage =
  | { readonly page: 'unchecked'; readonly view: UncheckedAppView }
  | { readonly page: 'sign-in'; readonly view: SignInView }
  | { readonly page: 'patient'; readonly view: PatientChoiceView }
  | { readonly page: 'encounter'; readonly view: EncounterChoiceView }
  | { readonly page: 'consent'; readonly view: ConsentView }
  | { readonly page: 'emergency'; readonly view: EmergencyView }
  | { readonly page: 'second-factor'; readonly view: SecondFactorView }
  | { readonly page: 'link'; readonly view: LinkView }
  | { readonly page: 'too-weak'; readonly view: TooWeakView }
  | { readonly page: 'error'; readonly view: ErrorView }
  | { readonly page: 'apps'; readonly view: AppsView & AccountFrame }
  | { readonly page: 'security'; readonly view: SecurityView & AccountFrame }
  | { readonly page: 'sign-out'; readonly view: SignOutQuestionView }
  | { readonly page: 'signed-out'; readonly view: SignedOutView }
  | { readonly page: 'device-code'; readonly view: DeviceCodeView }
  | { readonly page: 'device'; readonly view: DeviceView }
  | { readonly page: 'device-end'; readonly view: DeviceEndView };

const show = (shown: ShownPage): string => JSON.stringify(shown);

export const testPages: Pages & AccountPages & SecurityPages = {
  uncheckedApp: (view) => show({ page: 'unchecked', view }),
  signIn: (view) => show({ page: 'sign-in', view }),
  patientChoice: (view) => show({ page: 'patient', view }),
  encounterChoice: (view) => show({ page: 'encounter', view }),
  consent: (view) => show({ page: 'consent', view }),
  emergency: (view) => show({ page: 'emergency', view }),
  secondFactor: (view) => show({ page: 'second-factor', view }),
  linkIdentity: (view) => show({ page: 'link', view }),
  tooWeak: (view) => show({ page: 'too-weak', view }),
  deviceCode: (view) => show({ page: 'device-code', view }),
  device: (view) => show({ page: 'device', view }),
  deviceEnd: (view) => show({ page: 'device-end', view }),
  error: (view) => show({ page: 'error', view }),
  accountApps: (view, frame) => show({ page: 'apps', view: { ...frame, ...view } }),
  security: (view, frame) => show({ page: 'security', view: { ...frame, ...view } }),
  signOutQuestion: (view) => show({ page: 'sign-out', view }),
  signedOut: (view) => show({ page: 'signed-out', view }),
};
