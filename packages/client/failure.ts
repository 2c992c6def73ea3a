/** What may go wrong between an app and a SMART server, as a value: never an exception, never with a token or a secret in it. */

export type FailureCategory =
  /** no answer in time: nothing is known to have happened */
  | 'network'
  /** an address that is neither https nor allowed, or that lies outside the FHIR base */
  | 'address'
  /** what the server says of itself is missing, incomplete or contradicts itself */
  | 'discovery'
  /** the person came back with something that does not belong to the sign-in that was begun */
  | 'launch'
  /** the authorization server refused the request */
  | 'authorization'
  /** the token endpoint refused or gave something unusable */
  | 'token'
  /** the id_token does not hold */
  | 'identity'
  /** the FHIR server gave no usable answer */
  | 'answer';

export interface Failure {
  readonly category: FailureCategory;
  /** what went wrong, for the developer and the log */
  readonly message: string;
  /** what to do about it */
  readonly advice: string;
  /** OAuth error code such as `invalid_client`, where the server gave one */
  readonly code?: string;
  /** HTTP status, where there was one */
  readonly status?: number;
}

export type Failed = { readonly kind: 'failed'; readonly failure: Failure };

const advice: Readonly<Record<FailureCategory, string>> = {
  network: 'Try again in a moment.',
  address: 'Check the address: only https, and only below the FHIR base of the session.',
  discovery: 'Check the FHIR base; if it is right, tell the operator of the server.',
  launch: 'Begin the sign-in again.',
  authorization: 'Check the registration of the app: client id, redirect address and scopes.',
  token: 'Check how the app authenticates; then begin the sign-in again.',
  identity: 'Do not sign the person in. Tell the operator of the server.',
  answer: 'Try again later; if it stays so, tell the operator of the server.',
};

export const failed = (
  category: FailureCategory,
  message: string,
  more: { readonly code?: string | undefined; readonly status?: number | undefined } = {},
): Failed => ({
  kind: 'failed',
  failure: {
    category,
    message,
    advice: advice[category],
    ...(more.code === undefined ? {} : { code: more.code }),
    ...(more.status === undefined ? {} : { status: more.status }),
  },
});
