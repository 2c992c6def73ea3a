/**
 * Profiles that a server enforces: what claims one, or is of its type where it holds for all of them, is stored only when it
 * is valid against it. Profiles come from the registry. FHIR R4 http.html#create, profiling.html; SHALL of supportedProfile.
 */
import { parseCanonical } from '@affinity/core/fhir/canonical.ts';
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { createResolver } from '@affinity/registry/resolver.ts';
import type { Definitions } from '@affinity/registry/terminology-of-caller.ts';
import type { Objects } from '@affinity/resource-server/asked.ts';
import type { ResolveCanonical, Validator } from '@affinity/validation/validator.ts';

export interface EnforcedProfile {
  /** canonical, with `|version` where that one is meant */
  readonly profile: string;
  readonly type: string;
  /** of every resource of the type, and not only of those that claim it in `meta.profile` */
  readonly always: boolean;
}

/** What everybody may see of the registry, as validation asks for it: profiles with snapshots, ValueSets as codes. */
export const createRegistryResolver =
  (everybody: () => Definitions): ResolveCanonical =>
  (url, version) =>
    createResolver(everybody())(url, version);

const claimsOf = ({ meta }: Resource): readonly string[] => {
  const claimed: unknown = typeof meta === 'object' && meta !== null && 'profile' in meta ? meta.profile : undefined;
  return Array.isArray(claimed) ? claimed.filter((one) => typeof one === 'string') : [];
};

/** By url: a resource that claims another version of an enforced profile does not get round it. */
const isClaimed = ({ profile }: EnforcedProfile, claims: readonly string[]): boolean => {
  const { url } = parseCanonical(profile);
  return claims.some((claim) => parseCanonical(claim).url === url);
};

export const createEnforcement =
  (profiles: readonly EnforcedProfile[], validator: Pick<Validator, 'validate'>, resolve: ResolveCanonical): Objects =>
  async ({ type, after }) => {
    if (after === undefined) return undefined;
    const claims = claimsOf(after);
    const enforced = profiles.filter((one) => one.type === type && (one.always || isClaimed(one, claims)));
    for (const { profile } of enforced) {
      const issues = await validator.validate({ resource: after, profile }, resolve);
      if (issues.some(({ severity }) => severity === 'error' || severity === 'fatal'))
        return new FhirError(
          422,
          issues.filter(({ severity }) => severity !== 'information'),
        );
    }
    return undefined;
  };

/** As the CapabilityStatement tells them, beside those that are supported anyway. */
export const supportedWith = (
  others: Readonly<Record<string, readonly string[]>>,
  profiles: readonly EnforcedProfile[],
): Readonly<Record<string, readonly string[]>> => {
  const all: Record<string, readonly string[]> = { ...others };
  for (const { type, profile } of profiles) all[type] = [...new Set([...(all[type] ?? []), profile])];
  return all;
};
