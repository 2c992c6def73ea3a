/** Every attack that is tried. */
import type { Attack } from './attack.ts';
import { attacksOnAssertions } from './attacks-on-assertions.ts';
import { attacksOnBrowsers } from './attacks-on-browsers.ts';
import { attacksOnCodes } from './attacks-on-codes.ts';
import { attacksOnDevices } from './attacks-on-devices.ts';
import { attacksOnFactors } from './attacks-on-factors.ts';
import { attacksOnProofs } from './attacks-on-proofs.ts';
import { attacksOnRegistration } from './attacks-on-registration.ts';
import { attacksOnSessions } from './attacks-on-sessions.ts';
import { attacksOnTokens } from './attacks-on-tokens.ts';

export const attacks: readonly Attack[] = [
  ...attacksOnCodes,
  ...attacksOnBrowsers,
  ...attacksOnTokens,
  ...attacksOnAssertions,
  ...attacksOnDevices,
  ...attacksOnSessions,
  ...attacksOnProofs,
  ...attacksOnFactors,
  ...attacksOnRegistration,
];
