/**
 * Turns the scopes that an app asks for into the things that a person may tick, and what was ticked back into scopes.
 * SMART App Launch 2.2, scopes: granular and wildcard scopes; ONC g(10) limited and granular consent.
 */
import { type Permission, parseResourceScope, printScope, type ResourceScope } from '@affinity/core/smart/scope.ts';
import { categoryParts, groupOf, knownTypes, remainingTypes } from './consent-groups.ts';
import { type ConsentGroup, type ConsentItem, consentGroups } from './page-views.ts';

/** A piece of one requested scope: what is granted if this piece is ticked and another of the same scope is not. */
interface Piece {
  readonly group: ConsentGroup;
  readonly types: readonly string[];
  readonly narrowed: readonly string[];
}

export interface Offer {
  readonly items: readonly ConsentItem[];
  /** for each requested scope, the values of the items that make it up, with what each gives by itself */
  readonly requested: readonly {
    readonly scope: string;
    readonly pieces: readonly { readonly item: string; readonly narrowed: readonly string[] }[];
  }[];
}

const withCategory = (scope: ResourceScope, category: string): string =>
  printScope({ ...scope, form: 'v2', constraints: [{ param: 'category', value: category }] });

function piecesOfType(scope: ResourceScope): Piece[] {
  const parts = categoryParts.get(scope.type);
  if (parts === undefined) return [{ group: groupOf(scope.type), types: [scope.type], narrowed: [printScope(scope)] }];
  return parts.map(({ group, categories }) => ({
    group,
    types: [scope.type],
    narrowed: categories.map((category) => withCategory(scope, category)),
  }));
}

/** An app that asks for one part only is shown under that part. */
function groupOfConstrained({ type, constraints }: ResourceScope): ConsentGroup {
  const asked = constraints.find(({ param }) => param === 'category')?.value;
  const part = categoryParts.get(type)?.find(({ categories }) => categories.some((category) => category === asked));
  return part?.group ?? (categoryParts.has(type) ? 'other' : groupOf(type));
}

/** Everything of a type, or one of the parts into which people know it: not a selection that only the app knows. */
const isWholePart = ({ type, constraints }: ResourceScope): boolean =>
  constraints.length === 0 ||
  (constraints.length === 1 &&
    constraints[0]?.param === 'category' &&
    categoryParts
      .get(type)
      ?.some(({ categories }) => categories.length === 1 && categories[0] === constraints[0]?.value) === true);

function piecesOf(scope: ResourceScope): Piece[] {
  if (scope.constraints.length > 0) {
    return [{ group: groupOfConstrained(scope), types: [scope.type], narrowed: [printScope(scope)] }];
  }
  if (scope.type !== '*') return piecesOfType(scope);
  const types = remainingTypes(scope.compartment);
  return [
    ...knownTypes.flatMap((type) => piecesOfType({ ...scope, type })),
    { group: 'everything-else', types, narrowed: types.map((type) => printScope({ ...scope, type })) },
  ];
}

type Access = ConsentItem['access'][number];
const accessOf: Readonly<Record<Permission, Access>> = { c: 'add', r: 'see', u: 'change', d: 'delete', s: 'see' };
const accessOrder: readonly Access[] = ['see', 'add', 'change', 'delete'];

interface Draft {
  readonly group: ConsentGroup;
  readonly access: readonly Access[];
  readonly future: boolean;
  readonly types: Set<string>;
  readonly scopes: Set<string>;
}

const identity: readonly string[] = ['openid', 'fhirUser', 'profile'];

/** @param tokens as `resolveScope` gives them */
export function offerOf(tokens: readonly string[]): Offer {
  const drafts = new Map<string, Draft>();
  const claims: { scope: string; pieces: { key: string; narrowed: readonly string[] }[] }[] = [];
  for (const token of tokens) {
    const parsed = parseResourceScope(token);
    if (parsed.kind !== 'scope') continue;
    const { scope } = parsed;
    const access = accessOrder.filter((one) => scope.permissions.some((letter) => accessOf[letter] === one));
    const pieces = piecesOf(scope).map((piece) => {
      const wild = piece.group === 'everything-else';
      // What has no group of its own is asked about type by type; what has one is one thing to a person.
      const apart = piece.group === 'other' || !isWholePart(scope) ? piece.narrowed.join(' ') : '';
      const key = [scope.compartment, piece.group, access.join('+'), scope.permissions.join(''), apart].join(' ');
      const draft = drafts.get(key) ?? {
        group: piece.group,
        access,
        future: wild,
        types: new Set(),
        scopes: new Set(),
      };
      drafts.set(key, draft);
      for (const type of piece.types) draft.types.add(type);
      for (const one of wild ? [token] : piece.narrowed) draft.scopes.add(one);
      return { key, narrowed: piece.narrowed };
    });
    claims.push({ scope: token, pieces });
  }
  const itemValue = new Map([...drafts].map(([key, { scopes }]) => [key, [...scopes].join(' ')]));
  const items = [...fixedItems(tokens), ...[...drafts].map(([key, draft]) => itemOf(draft, itemValue.get(key) ?? ''))];
  return {
    items: items.sort((one, other) => consentGroups.indexOf(one.group) - consentGroups.indexOf(other.group)),
    requested: claims.map(({ scope, pieces }) => ({
      scope,
      pieces: pieces.map(({ key, narrowed }) => ({ item: itemValue.get(key) ?? '', narrowed })),
    })),
  };
}

const itemOf = ({ group, access, future, types }: Draft, scope: string): ConsentItem => ({
  group,
  scope,
  access,
  types: [...types],
  future,
  required: false,
  checked: true,
});

/** What is no right over records. */
function fixedItems(tokens: readonly string[]): ConsentItem[] {
  const fixed = (group: ConsentGroup, scope: string, required: boolean): ConsentItem[] =>
    scope === '' ? [] : [{ group, scope, access: [], types: [], future: false, required, checked: true }];
  const only = (...names: readonly string[]): string => tokens.filter((token) => names.includes(token)).join(' ');
  return [
    ...fixed('identity', only(...identity), true),
    ...fixed('patient', only('launch/patient'), true),
    ...fixed('offline', only('offline_access'), false),
  ];
}

/**
 * What is granted: each requested scope as it was asked where every piece of it is ticked, else the pieces that are.
 * A posted value that was not offered counts for nothing.
 */
export function grantedScopes(tokens: readonly string[], offer: Offer, posted: readonly string[]): string[] {
  const ticked = new Set(
    offer.items.filter(({ scope, required }) => required || posted.includes(scope)).map(({ scope }) => scope),
  );
  const claims = new Map(offer.requested.map((claim) => [claim.scope, claim.pieces]));
  const granted = tokens.flatMap((token) => {
    const pieces = claims.get(token);
    if (pieces === undefined)
      return offer.items.some(({ scope }) => ticked.has(scope) && scope.split(' ').includes(token)) ? [token] : [];
    if (pieces.every(({ item }) => ticked.has(item))) return [token];
    return pieces.filter(({ item }) => ticked.has(item)).flatMap(({ narrowed }) => narrowed);
  });
  return [...new Set(granted)];
}
