/** Every limit and lifetime of the authorization server, with the values that hold unless a domain sets others. */

export interface Settings {
  /** of an access token given to an app with a person; SMART App Launch: at most an hour */
  readonly accessTokenSeconds: number;
  /** of an access token of a backend service; SMART Backend Services: at most 300 */
  readonly backendTokenSeconds: number;
  /** of an access token of a declared emergency */
  readonly emergencySeconds: number;
  /** how long after signing in an emergency may be declared: the password is entered for it */
  readonly emergencySignInSeconds: number;
  /** entries of a patient by one person in one window of sign-in, that found nobody, before an emergency has to wait */
  readonly emergencyEntries: number;
  readonly idTokenSeconds: number;
  /** how long others may remember our keys and metadata: `Cache-Control: max-age`, and by it keys are published ahead */
  readonly documentSeconds: number;
  /** how often the keys are looked at: by then every process follows a rotation */
  readonly keyPollSeconds: number;
  /** without a look at the keys for so long, nothing is signed or verified */
  readonly keyStaleSeconds: number;
  /** a signed access token that would be longer is issued as a reference: proxies take 8 kB of one header */
  readonly jwtCharacters: number;
  /** SMART App Launch: about a minute */
  readonly codeSeconds: number;
  /** from the handle of a launch to the app's request with it */
  readonly launchSeconds: number;
  /** of what a record system posts for one */
  readonly launchCharacters: number;
  /** styles of record systems that are kept altogether, and how long one that no launch names any more is kept */
  readonly launchStyles: number;
  readonly launchStyleDays: number;
  /** visits of a patient to choose from, the newest */
  readonly encountersShown: number;
  /** a refresh token presented twice within this time gets the same answer twice; later it is a replay. At most 10 */
  readonly refreshGraceSeconds: number;
  /** a refresh token that is not used for so long ends; ONC g(10): at least three months */
  readonly refreshIdleSeconds: number;
  /** the refresh tokens of a page in a browser end so long after the consent, however often they are used */
  readonly browserRefreshSeconds: number;
  /** how long a person stays signed in without doing anything */
  readonly sessionSeconds: number;
  /** the same on a computer that others use too */
  readonly sharedSessionSeconds: number;
  /** how long a person stays signed in altogether, however often they come back */
  readonly sessionMostSeconds: number;
  /** how long after proving who they are somebody may change what protects their account */
  readonly freshSignInSeconds: number;
  /** time to sign in, choose and allow */
  readonly interactionSeconds: number;
  /** fewest characters of a password that a person chooses */
  readonly passwordCharacters: number;
  /** time to answer the challenge of a passkey */
  readonly challengeSeconds: number;
  /** how long a browser counts as known for a person */
  readonly knownBrowserSeconds: number;
  /** how long a pushed request waits for the browser; at most 90 */
  readonly pushedRequestSeconds: number;
  /** how many of one public app may wait that came from one address */
  readonly pushedRequestsWaiting: number;
  /** every app pushes its requests */
  readonly requirePushedRequests: boolean;
  /** furthest `exp` of a client assertion; SMART: five minutes */
  readonly assertionSeconds: number;
  /** how old a proof of a key may be, and how long one time of its nonces lasts */
  readonly proofSeconds: number;
  readonly proofNonceSeconds: number;
  /** every proof needs a nonce of ours */
  readonly requireProofNonce: boolean;
  readonly proofCharacters: number;
  /** how far clocks may differ, at most 60 */
  readonly clockSkewSeconds: number;
  /** days for which an app may be allowed to go on, beside `once` and until the person ends it */
  readonly consentDays: readonly number[];
  readonly consentDaysChecked: number | 'until-ended';
  readonly scopeCharacters: number;
  readonly scopeTokens: number;
  /** of the `claims` parameter, and of the members of `id_token` or `userinfo` in it */
  readonly claimsCharacters: number;
  readonly claimsMost: number;
  /** of a posted form or a query */
  readonly requestCharacters: number;
  readonly assertionCharacters: number;
  readonly jwksCacheSeconds: number;
  readonly purgeSeconds: number;
  /** how often it is looked whether apps are to be told that a session has ended, and how often one is told at most */
  readonly logoutPollSeconds: number;
  readonly logoutAttempts: number;
  /** servers that a token may go through, each exchanging it for the next (RFC 8693); at most 5 */
  readonly exchangeHops: number;
  readonly softwareStatementCharacters: number;
  readonly registration: RegistrationLimits;
  /** signed access tokens whose signature need not be looked at again */
  readonly rememberedTokens: number;
  readonly signIn: SignInLimits;
  readonly device: DeviceSettings;
}

/** RFC 8628. What is counted, is counted in the window of `signIn`. */
export interface DeviceSettings {
  /** of a device code and its user code */
  readonly codeSeconds: number;
  /** that a device waits between two questions, unless it asked too soon */
  readonly pollSeconds: number;
  /** wrong user codes from one address, and altogether */
  readonly entriesPerAddress: number;
  readonly entriesAltogether: number;
  /** devices that ask from one address, and altogether */
  readonly requestsPerAddress: number;
  readonly requestsAltogether: number;
}

/** Of apps that register themselves. */
export interface RegistrationLimits {
  /** requests to register from one address in one window */
  readonly perAddress: number;
  readonly windowSeconds: number;
  /** of the body */
  readonly bytes: number;
  /** apps that wait to be looked at: beyond it no stranger registers */
  readonly pendingMost: number;
  /** an app that nobody has looked at for so long is forgotten */
  readonly pendingSeconds: number;
  /** how long an earlier secret works beside a new one, and an earlier registration access token */
  readonly secretOverlapSeconds: number;
  readonly tokenOverlapSeconds: number;
}

/** Failures allowed in one window. A browser that the person has used before is counted apart from all others. */
export interface SignInLimits {
  readonly windowSeconds: number;
  readonly perAccountAndAddress: number;
  readonly perKnownBrowser: number;
  readonly perAccount: number;
  readonly perAddress: number;
  readonly altogether: number;
  /** wrong codes of a second factor of one person: in all browsers that the person has not used before, and in each that was */
  readonly secondFactor: number;
}

export const defaultSettings: Settings = {
  accessTokenSeconds: 900,
  backendTokenSeconds: 300,
  emergencySeconds: 900,
  emergencySignInSeconds: 300,
  emergencyEntries: 10,
  idTokenSeconds: 900,
  documentSeconds: 300,
  keyPollSeconds: 1,
  keyStaleSeconds: 30,
  jwtCharacters: 6_000,
  codeSeconds: 60,
  launchSeconds: 300,
  launchCharacters: 16_384,
  launchStyles: 1_000,
  launchStyleDays: 730,
  encountersShown: 50,
  refreshGraceSeconds: 10,
  refreshIdleSeconds: 93 * 86_400,
  browserRefreshSeconds: 86_400,
  sessionSeconds: 8 * 3600,
  sharedSessionSeconds: 900,
  sessionMostSeconds: 7 * 86_400,
  freshSignInSeconds: 600,
  interactionSeconds: 900,
  passwordCharacters: 12,
  challengeSeconds: 300,
  knownBrowserSeconds: 365 * 86_400,
  assertionSeconds: 300,
  pushedRequestSeconds: 60,
  pushedRequestsWaiting: 1_000,
  requirePushedRequests: false,
  proofSeconds: 60,
  proofNonceSeconds: 120,
  requireProofNonce: false,
  proofCharacters: 8_192,
  clockSkewSeconds: 30,
  consentDays: [30, 90, 365],
  consentDaysChecked: 'until-ended',
  scopeCharacters: 16_384,
  scopeTokens: 300,
  claimsCharacters: 4_096,
  claimsMost: 50,
  requestCharacters: 49_152,
  assertionCharacters: 8_192,
  jwksCacheSeconds: 300,
  purgeSeconds: 60,
  logoutPollSeconds: 2,
  logoutAttempts: 12,
  exchangeHops: 3,
  softwareStatementCharacters: 16_384,
  registration: {
    perAddress: 20,
    windowSeconds: 3600,
    bytes: 131_072,
    pendingMost: 1_000,
    pendingSeconds: 30 * 86_400,
    secretOverlapSeconds: 86_400,
    tokenOverlapSeconds: 600,
  },
  rememberedTokens: 2_000,
  signIn: {
    windowSeconds: 900,
    perAccountAndAddress: 10,
    perKnownBrowser: 10,
    perAccount: 100,
    perAddress: 200,
    altogether: 5_000,
    secondFactor: 5,
  },
  device: {
    codeSeconds: 600,
    pollSeconds: 5,
    entriesPerAddress: 20,
    entriesAltogether: 1_000,
    requestsPerAddress: 100,
    requestsAltogether: 5_000,
  },
};

/** How long the last access token of a grant may live yet, by any clock. */
export const longestToken = ({ accessTokenSeconds, emergencySeconds, clockSkewSeconds }: Settings): number =>
  Math.max(accessTokenSeconds, emergencySeconds) + clockSkewSeconds;
