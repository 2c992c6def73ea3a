/**
 * The errors of OAuth's endpoints. RFC 6749 §4.1.2.1 and §5.2; RFC 6750 §3.1; RFC 9449 §5, §8; OpenID Connect Core Error Code
 * unmet_authentication_requirements 1.0; RFC 8628 §3.5.
 */

export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'unsupported_response_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'access_denied'
  | 'login_required'
  | 'consent_required'
  | 'interaction_required'
  | 'unmet_authentication_requirements'
  | 'server_error'
  | 'temporarily_unavailable'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'unsupported_token_type'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'authorization_pending'
  | 'slow_down'
  | 'expired_token';

/** `description` is for the caller; `detail` for the log only. */
export class OAuthError extends Error {
  readonly error: OAuthErrorCode;
  readonly status: number;
  readonly description: string;
  readonly detail: string | undefined;
  /** what the caller is told beside the error, such as a nonce */
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    error: OAuthErrorCode,
    description: string,
    options: { status?: number; detail?: string; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(description);
    this.name = 'OAuthError';
    this.error = error;
    this.status = options.status ?? (error === 'invalid_client' || error === 'invalid_token' ? 401 : 400);
    this.description = description;
    this.detail = options.detail;
    this.headers = options.headers ?? {};
  }
}
