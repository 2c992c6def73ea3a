/** What a resource server knows of grants that have ended, beside the token that it verified offline. RFC 7009 §3. */

export interface GrantState {
  /** the grant has not been ended, as far as is known */
  isLive(grantId: string): boolean;
  /** what is known is recent enough to decide by; if not, nothing that hangs on a grant may be answered */
  isFresh(): boolean;
}
