/** What a person allowed an app, as plain values: what a grant and its Consent both say. RFC 6749 §1.3; SMART App Launch 2.2. */
import { parseResourceScope, type ResourceScope } from './scope.ts';

/** What was allowed, to whom, for whom and until when. */
export interface GrantTerms {
  /** id of the grant */
  readonly id: string;
  readonly clientId: string;
  /** name of the app, in its own word */
  readonly app: string;
  readonly scope: readonly string[];
  /** bare id; absent where the grant is for no single record */
  readonly patient?: string;
  /** reference to whoever allowed it: `Patient/12`, `Practitioner/3`, or an absolute URL */
  readonly person?: string;
  /** v3-Confidentiality up to which the app may see; absent: N */
  readonly clearance?: string;
  /** codes of v3-ActReason for which alone it was granted */
  readonly purposes?: readonly string[];
  /** epoch milliseconds */
  readonly given: number;
  /** epoch milliseconds, exclusive; absent: until somebody ends it */
  readonly ends?: number;
}

/** Those of the tokens that are rights over resources. */
export const resourceScopesOf = (tokens: readonly string[]): readonly ResourceScope[] =>
  tokens.flatMap((token) => {
    const parsed = parseResourceScope(token);
    return parsed.kind === 'scope' ? [parsed.scope] : [];
  });
