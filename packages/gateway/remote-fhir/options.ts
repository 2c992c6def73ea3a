/** What an operator says of a foreign FHIR server, and what it may cost: every limit is a setting. FHIR R4 http.html. */
import type { KeyObject } from 'node:crypto';
import type { JWK } from 'jose';
import type { ReportUpstream } from './upstream-fault.ts';

export interface RemoteLimits {
  /** connections at once; what is beyond waits */
  readonly connections: number;
  readonly connectMs: number;
  /** until the first line of the answer */
  readonly headersMs: number;
  /** between two parts of the body */
  readonly bodyMs: number;
  /** for everything together, a second try included */
  readonly totalMs: number;
  /** of one answer's body */
  readonly responseBytes: number;
  readonly headerBytes: number;
  /** pause before a read is tried once more */
  readonly retryMs: number;
  /** failures one after another, after which it is left alone, and for how long */
  readonly breakerFailures: number;
  readonly breakerMs: number;
  /** between two looks at its CapabilityStatement, and where it has not been had yet */
  readonly metadataMs: number;
  readonly metadataRetryMs: number;
  /** characters of a URL, beyond which a search is posted */
  readonly urlCharacters: number;
  /** characters of a link to a further page */
  readonly linkCharacters: number;
  /** pages of one search: what leads in a circle ends there */
  readonly pages: number;
  /** resources asked for at once */
  readonly pageSize: number;
}

export const defaultRemoteLimits: RemoteLimits = {
  connections: 64,
  connectMs: 3_000,
  headersMs: 20_000,
  bodyMs: 10_000,
  totalMs: 30_000,
  responseBytes: 32 * 1024 * 1024,
  headerBytes: 16_384,
  retryMs: 100,
  breakerFailures: 5,
  breakerMs: 10_000,
  metadataMs: 300_000,
  metadataRetryMs: 5_000,
  urlCharacters: 1_500,
  linkCharacters: 4_000,
  pages: 10_000,
  pageSize: 200,
};

/** How we prove to the foreign server who we are: never by anything that a caller sent. */
export type Credentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'header'; readonly name: string; readonly value: string }
  /** RFC 7617 */
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  /** RFC 6749 §4.4, the secret in the header (§2.3.1) unless told */
  | {
      readonly kind: 'client-credentials';
      readonly tokenEndpoint: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly scope?: string;
      readonly secretIn?: 'header' | 'body';
    }
  /** SMART App Launch 2.2, backend-services; the token endpoint is discovered unless told */
  | {
      readonly kind: 'backend-services';
      readonly clientId: string;
      readonly scope: string;
      readonly key: BackendKey;
      readonly tokenEndpoint?: string;
    };

export interface BackendKey {
  readonly algorithm: 'ES384' | 'RS384';
  readonly keyId: string;
  readonly privateKey: KeyObject | CryptoKey | JWK;
  /** where the foreign server finds the public key, if it is told by that */
  readonly jwksUrl?: string;
}

/** PEM. A client certificate proves who we are by TLS (RFC 8705 §2), beside other credentials. */
export interface TlsOptions {
  readonly certificate?: string;
  readonly key?: string;
  /** whom to trust instead of the system's authorities */
  readonly authorities?: string;
}

export interface RemoteFhirOptions {
  /** for the log, the metrics and alerts: never an address */
  readonly name: string;
  /** its base, as the operator wrote it: http only where that says http */
  readonly url: string;
  /** our own base, under which its resources are handed out */
  readonly publicBase: string;
  /** further addresses that it uses for itself, such as behind a proxy */
  readonly aliases?: readonly string[];
  /** its host is known to everybody and may be shown; only addresses below its base become ours */
  readonly showsHost?: boolean;
  readonly credentials?: Credentials;
  readonly tls?: TlsOptions;
  /** names that it can sort by, which no statement says: `_lastUpdated` and `date` unless told, none where it passes over `_sort` */
  readonly sort?: readonly string[];
  /** modifiers that it understands, such as `not`, `contains`, `missing`; clauses with others are not asked by */
  readonly modifiers?: readonly string[];
  /** whether it is written to; unless told, types are whose statement says `versioned-update` */
  readonly writes?: boolean;
  /**
   * `put-if-none-match`: an id of our choice, by PUT with `If-None-Match: *`. `put`: without that header, which some refuse;
   * that there is nothing is looked at before. `post`: it chooses the id.
   */
  readonly create?: 'put-if-none-match' | 'put' | 'post';
  readonly limits?: Partial<RemoteLimits>;
  readonly report: ReportUpstream;
  /** epoch milliseconds */
  readonly now?: () => number;
}
