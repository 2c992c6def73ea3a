/**
 * What is left of a grant by its Consent as it stands now, said in scopes again. What was granted is the upper bound:
 * whatever is written into the Consent, nothing is ever more. Base and nested provisions: FHIR R4 consent.html.
 */
import { clientSystem, type PrivacyConsent, type Provision } from '../fhir/consent.ts';
import { type Confidentiality, confidentialityLevels } from '../fhir/filter.ts';
import type { Coding } from '../fhir/resource.ts';
import { resourceTypes } from '../fhir/resource-type.ts';
import { actionLetters, codedParams, typeSystem } from './grant-consent.ts';
import { parseResourceScope, permissionOrder, printScope, type ResourceScope } from './scope.ts';
import { type Constraint, constraintImplies } from './scope-constraint.ts';
import { covers, intersectSets, setCovers } from './scope-order.ts';

export interface Granted {
  readonly clientId: string;
  readonly scope: readonly string[];
  readonly clearance?: string;
  /** codes of v3-ActReason */
  readonly purposes?: readonly string[];
  /** epoch milliseconds, exclusive */
  readonly ends: number;
}

export interface Remainder {
  /** what of the granted scopes is left, in their order, as they were granted where all of one is left */
  readonly scope: readonly string[];
  readonly clearance?: string;
  /** epoch milliseconds, exclusive */
  readonly ends: number;
  /** the scopes say all of what the Consent says: nothing in it is finer than a scope can be */
  readonly exact: boolean;
}

interface Asking extends Granted {
  readonly at: number;
  /** set where something was met that a scope cannot say */
  inexact: boolean;
}

const isOver = ({ period }: Provision, at: number): boolean =>
  period !== undefined &&
  (at < (period.start ?? Number.NEGATIVE_INFINITY) || at >= (period.end ?? Number.POSITIVE_INFINITY));

/** The client, by the identifier that a grant names it with. */
const names = ({ actors }: Provision, clientId: string): boolean =>
  actors.some(({ identifier }) => identifier?.system === clientSystem && identifier.value === clientId);

/** Whether a provision speaks of this app at this moment. Of a purpose that is not known, a deny does and a permit does not. */
const speaksOf = (provision: Provision, { clientId, purposes, at }: Asking): boolean =>
  !isOver(provision, at) &&
  (provision.actors.length === 0 || names(provision, clientId)) &&
  (provision.purposes.length === 0 ||
    (purposes === undefined
      ? provision.type === 'deny'
      : provision.purposes.some(({ code }) => purposes.some((purpose) => purpose === code))));

/** Systems whose codes are categories; other codes are what `code` holds. */
const isCategory = ({ system = '' }: Coding): boolean => /category|v2-0074/.test(system);

/** The codes of a provision as the constraint that an app would have asked for. */
const constraintOf = (codes: Provision['codes']): Constraint | undefined => {
  const codings = codes.flat();
  const values = codings.flatMap(({ system, code }) => (system && code ? [`${escaped(system)}|${escaped(code)}`] : []));
  if (values.length === 0 || values.length < codings.length) return undefined;
  return { param: codings.every(isCategory) ? 'category' : 'code', value: values.join(',') };
};
const escaped = (text: string): string => text.replace(/[\\,|$]/g, '\\$&');

/** The same under each parameter that could ask for it; made once for each provision, since every scope is held against it. */
const constraintsOf = ({ codes }: Provision): ReadonlyMap<string, Constraint> => {
  const made = known.get(codes);
  if (made !== undefined) return made;
  const constraint = constraintOf(codes);
  const all = constraint === undefined ? [] : [constraint, ...codedParams.map((param) => ({ ...constraint, param }))];
  const constraints = new Map(all.map((one) => [one.param, one]));
  known.set(codes, constraints);
  return constraints;
};
const known = new WeakMap<Provision['codes'], ReadonlyMap<string, Constraint>>();

/** The part of a scope with these codes. */
const withCodes = (scope: ResourceScope, provision: Provision, asking: Asking): readonly ResourceScope[] => {
  if (provision.codes.length === 0) return [scope];
  const constraints = constraintsOf(provision);
  const [constraint] = constraints.values();
  if (constraint === undefined) {
    asking.inexact = true;
    return provision.type === 'permit' ? [scope] : [];
  }
  const within = scope.constraints.some((own) => {
    const same = codedParams.some((param) => param === own.param) ? constraints.get(own.param) : undefined;
    return same !== undefined && constraintImplies(own, same);
  });
  return [within ? scope : { ...scope, constraints: [...scope.constraints, constraint], form: 'v2' }];
};

/** The part of a scope, one letter of it, that a provision speaks of. */
const inProvision = (scope: ResourceScope, provision: Provision, asking: Asking): readonly ResourceScope[] => {
  const { actions, classes } = provision;
  if (actions.length > 0) {
    if (!scope.permissions.every((letter) => actions.some((code) => actionLetters.get(code)?.includes(letter))))
      return [];
  }
  // A scope says neither labels nor dates nor single resources: the upper bound of a permit, and nothing of a deny.
  const finer = provision.dataPeriod !== undefined || provision.data.length > 0;
  if (finer || (provision.type === 'deny' && provision.securityLabels.length > 0)) {
    asking.inexact = true;
    if (provision.type === 'deny') return [];
  }
  if (classes.length === 0) return withCodes(scope, provision, asking);
  const types = classes.flatMap(({ system, code }) => (system === typeSystem && code !== undefined ? [code] : []));
  if (types.length < classes.length) asking.inexact = true;
  return types.flatMap((type) =>
    type === scope.type || scope.type === '*' ? withCodes({ ...scope, type }, provision, asking) : [],
  );
};

/** What is left of a scope without what these are. Where a scope cannot say the rest, it stays whole. */
const without = (scope: ResourceScope, taken: readonly ResourceScope[], asking: Asking): readonly ResourceScope[] => {
  const touching = taken.filter((one) => one.type === '*' || one.type === scope.type || scope.type === '*');
  if (touching.length === 0) return [scope];
  if (setCovers(touching, [scope])) return [];
  if (scope.type === '*') return resourceTypes.flatMap((type) => without({ ...scope, type }, touching, asking));
  asking.inexact = true;
  return [scope];
};

/** By any of these: where one gives all of it, what the others give of it says nothing more. */
const givenBy = (part: ResourceScope, permits: readonly Provision[], asking: Asking): readonly ResourceScope[] => {
  const given: ResourceScope[] = [];
  for (const permit of permits) {
    const some = permitted(part, permit, asking);
    if (some.some((one) => covers(one, part))) return [part];
    given.push(...some);
  }
  return given;
};

/** What of one letter of a scope a provision with its exceptions permits; of exceptions side by side, a deny wins. */
const permitted = (scope: ResourceScope, provision: Provision, asking: Asking): readonly ResourceScope[] => {
  if (!speaksOf(provision, asking)) return [];
  return inProvision(scope, provision, asking).flatMap((part) => {
    const nested = provision.provisions.filter((one) => speaksOf(one, asking));
    const given =
      provision.type === 'permit'
        ? [part]
        : givenBy(
            part,
            nested.filter(({ type }) => type === 'permit'),
            asking,
          );
    const denials = nested.filter(({ type }) => type === 'deny');
    return denials.reduce<readonly ResourceScope[]>(
      (left, denial) => left.flatMap((one) => without(one, denied(one, denial, asking), asking)),
      given,
    );
  });
};

/** What a deny with its exceptions takes away. */
const denied = (scope: ResourceScope, denial: Provision, asking: Asking): readonly ResourceScope[] => {
  const parts = inProvision(scope, denial, asking);
  const spared = denial.provisions.filter((one) => one.type === 'permit' && speaksOf(one, asking));
  return parts.flatMap((part) => {
    const kept = spared.flatMap((one) => permitted(part, one, asking));
    return without(part, kept, asking);
  });
};

/** One granted scope: as it stands where each letter is left whole, else its parts with their letters put together. */
const leftOf = (token: string, provision: Provision, asking: Asking): readonly string[] => {
  const parsed = parseResourceScope(token);
  if (parsed.kind !== 'scope') return [token];
  const { scope } = parsed;
  const parts = scope.permissions.flatMap((letter) => {
    const single: ResourceScope = { ...scope, permissions: [letter] };
    const left = permitted(single, provision, asking);
    return left.some((one) => covers(one, single)) ? [single] : left;
  });
  if (setCovers(parts, [scope])) return [token];
  const together = new Map<string, ResourceScope>();
  for (const part of parts) {
    const key = JSON.stringify([part.type, part.constraints]);
    const letters = [...(together.get(key)?.permissions ?? []), ...part.permissions];
    together.set(key, { ...part, permissions: permissionOrder.filter((letter) => letters.includes(letter)) });
  }
  return [...together.values()].map(printScope);
};

/** The highest label that a permit for this app still names; a permit without one is bounded by what was granted. */
const clearanceLeft = (provision: Provision, asking: Asking): string | undefined => {
  const permits = provision.provisions.filter((one) => one.type === 'permit' && speaksOf(one, asking));
  const rank = (code: string | undefined): number => confidentialityLevels.indexOf(code as Confidentiality);
  const granted = asking.clearance ?? 'N';
  if (permits.length === 0) return asking.clearance;
  const levels = permits.map(({ securityLabels }) =>
    securityLabels.length === 0 ? rank(granted) : Math.max(...securityLabels.map(({ code }) => rank(code))),
  );
  if (new Set(levels).size > 1) asking.inexact = true;
  const left = confidentialityLevels[Math.min(rank(granted), Math.max(...levels))];
  if (left === undefined || rank(left) < rank('N')) asking.inexact = true;
  return left === 'R' || left === 'V' ? left : undefined;
};

/** Undefined where nothing is left: it is over, or no right over any resource remains of those that were granted. */
export const remainderOf = (granted: Granted, consent: PrivacyConsent, at: number): Remainder | undefined => {
  // As the policy reads a grant: it denies what it does not name, and a permit that does not name the app gives it nothing.
  const { provisions } = consent.provision;
  const provision = {
    ...consent.provision,
    provisions: provisions.filter((one) => one.type === 'deny' || names(one, granted.clientId)),
  };
  const asking: Asking = { ...granted, at, inexact: false };
  if (provision.type !== 'deny' || at >= granted.ends || !speaksOf(provision, asking)) return undefined;
  const scope = [...new Set(granted.scope.flatMap((token) => leftOf(token, provision, asking)))];
  const isRight = (token: string): boolean => parseResourceScope(token).kind === 'scope';
  if (granted.scope.some(isRight) && !scope.some(isRight)) return undefined;
  const clearance = clearanceLeft(provision, asking);
  return {
    scope,
    ...(clearance === undefined ? {} : { clearance }),
    ends: Math.min(granted.ends, provision.period?.end ?? granted.ends),
    exact: !asking.inexact,
  };
};

/** What of these tokens is within what is left: as they were asked where all of one is, else what both give. */
export const withinRemainder = (tokens: readonly string[], left: readonly string[]): readonly string[] => {
  const rights = left.flatMap((token) => {
    const parsed = parseResourceScope(token);
    return parsed.kind === 'scope' ? [parsed.scope] : [];
  });
  const kept = tokens.flatMap((token) => {
    const parsed = parseResourceScope(token);
    if (parsed.kind !== 'scope') return left.includes(token) ? [token] : [];
    return setCovers(rights, [parsed.scope]) ? [token] : intersectSets(rights, [parsed.scope]).map(printScope);
  });
  return [...new Set(kept)];
};
