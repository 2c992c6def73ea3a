/** How much a request may ask of a resource server; every one is a setting. FHIR R4 http.html, search.html. */
import { defaultSearchLimits, type SearchLimits } from '@affinity/core/fhir/search-settings.ts';
import type { ScopeLimits } from '@affinity/core/smart/scope-request.ts';

export interface Limits extends SearchLimits {
  /** bytes of a resource that is sent */
  readonly bodyBytes: number;
  /** of one that is sent as XML */
  readonly xmlBytes: number;
  /** bytes of a search that is posted */
  readonly formBytes: number;
  /** how deep JSON may nest */
  readonly jsonDepth: number;
  /** entries of a batch or transaction */
  readonly bundleEntries: number;
  /** operations of one patch, and characters of what it makes */
  readonly patchOperations: number;
  readonly patchCharacters: number;
  /** characters of a request's URL */
  readonly urlCharacters: number;
  /** page size where none is asked for, and the largest */
  readonly defaultCount: number;
  readonly maxCount: number;
  /** alternatives in one search parameter, and parameters in one search */
  readonly maxValues: number;
  readonly maxClauses: number;
  /** seconds that a question may take */
  readonly questionSeconds: number;
  /** seconds that a batch or transaction may take as a whole */
  readonly bundleSeconds: number;
  /** seconds that a link to the next page is good for */
  readonly pageSeconds: number;
  /** more than the longest that the issuer signs (its setting `jwtCharacters`) */
  readonly tokenCharacters: number;
  /** verified tokens that are remembered */
  readonly tokenCacheEntries: number;
  /** seconds for which the issuer's description of a token under a grant is remembered; the grant's end is known at once */
  readonly introspectedSeconds: number;
  /** and of a backend service's, which hangs on no grant: so long a token that was taken back is still taken */
  readonly introspectedServiceSeconds: number;
  /** seconds that a token is taken after its `exp`; at most 60 */
  readonly expiredSkewSeconds: number;
  /** seconds that `iat` and `nbf` may lie ahead; at most 60 */
  readonly futureSkewSeconds: number;
  /** how old a proof of a key may be, and its characters */
  readonly proofSeconds: number;
  readonly proofCharacters: number;
  /** of a token: more than an app may ask for, since what it asked for may be granted in finer parts */
  readonly scope: ScopeLimits;
}

export const defaultLimits: Limits = {
  ...defaultSearchLimits,
  bodyBytes: 10 * 1024 * 1024,
  xmlBytes: 1024 * 1024,
  formBytes: 64 * 1024,
  jsonDepth: 64,
  bundleEntries: 1000,
  patchOperations: 100,
  patchCharacters: 10 * 1024 * 1024,
  urlCharacters: 8192,
  defaultCount: 50,
  maxCount: 1000,
  maxValues: 100,
  maxClauses: 30,
  questionSeconds: 10,
  bundleSeconds: 60,
  pageSeconds: 3600,
  tokenCharacters: 8_192,
  tokenCacheEntries: 10_000,
  introspectedSeconds: 30,
  introspectedServiceSeconds: 0.5,
  expiredSkewSeconds: 0,
  futureSkewSeconds: 60,
  proofSeconds: 60,
  proofCharacters: 8_192,
  scope: { characters: 32_768, tokens: 1000 },
};
