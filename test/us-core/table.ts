/** What US Core 6.1.0 asks of each profile: the committed table, typed. */
import facts from './us-core-6.1.0.json' with { type: 'json' };

export type Verb = 'SHALL' | 'SHOULD' | 'MAY';

export interface ProfileFacts {
  /** title of the profile */
  readonly name: string;
  readonly type: string;
  /** canonical URL of the profile, without version */
  readonly profile: string;
  readonly version: string;
  readonly interactions: Readonly<Record<string, Verb>>;
  /** parameters that are searched with together */
  readonly searches: readonly { readonly parameters: readonly string[]; readonly verb: Verb }[];
  readonly parameters: Readonly<
    Record<
      string,
      {
        readonly type: string;
        /** FHIRPath below the type */
        readonly path: string;
        readonly comparators: Readonly<Record<string, Verb>>;
        readonly multipleOr: Verb;
      }
    >
  >;
  readonly includes: readonly string[];
  readonly revIncludes: readonly string[];
  readonly operations: readonly string[];
  /** must-support elements below the type, such as `category:VSCat.coding.code=vital-signs` */
  readonly elements: readonly string[];
  /** must-support slices, such as `Observation.component:systolic` */
  readonly slices: readonly string[];
  /** must-support extensions, by the last part of their URL */
  readonly extensions: readonly string[];
  /** elements or target profiles of which a server needs but one */
  readonly choices: readonly (readonly string[])[];
  readonly mandatory: readonly string[];
  readonly requiredBindings: readonly string[];
}

export const usCoreProfiles = facts as unknown as readonly ProfileFacts[];
