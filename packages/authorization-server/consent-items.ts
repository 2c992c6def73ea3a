/**
 * Turns the scopes that an app asks for into the things that a person may tick, and what was ticked back into scopes.
 * SMART App Launch 2.2, scopes: granular and wildcard scopes; ONC g(10) limited and granular consent.
 */
import {
  type Permission,
  parseResourceScope,
  permissionOrder,
  printScope,
  type ResourceScope,
} from '@affinity/core/smart/scope.ts';
import { printConstraints } from '@affinity/core/smart/scope-constraint.ts';
import { categoryParts, groupOf, knownTypes, remainingTypes } from './consent-groups.ts';
import { type ConsentGroup, type ConsentItem, consentGroups } from './page-views.ts';

/** A piece of one requested scope: what is granted if this piece is ticked and another of the same scope is not. */
interface Piece {
  readonly group: ConsentGroup;
  readonly types: readonly string[];
  readonly narrowed: readonly ResourceScope[];
}

export interface Offer {
  readonly items: readonly ConsentItem[];
  /** for each requested scope, to see and to write: the values of the items that make it up, with what each gives by itself */
  readonly requested: readonly {
    readonly scope: string;
    readonly halves: readonly {
      readonly whole: ResourceScope;
      readonly pieces: readonly { readonly item: string; readonly narrowed: readonly ResourceScope[] }[];
    }[];
  }[];
}

const withCategory = (scope: ResourceScope, category: string): ResourceScope => ({
  ...scope,
  form: 'v2',
  constraints: [{ param: 'category', value: category }],
});

function piecesOfType(scope: ResourceScope): Piece[] {
  const parts = categoryParts.get(scope.type);
  if (parts === undefined) return [{ group: groupOf(scope.type), types: [scope.type], narrowed: [scope] }];
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
    return [{ group: groupOfConstrained(scope), types: [scope.type], narrowed: [scope] }];
  }
  if (scope.type !== '*') return piecesOfType(scope);
  const types = remainingTypes(scope.compartment);
  return [
    ...knownTypes.flatMap((type) => piecesOfType({ ...scope, type })),
    { group: 'everything-else', types, narrowed: types.map((type) => ({ ...scope, type })) },
  ];
}

type Access = ConsentItem['access'][number];
const accessOf: Readonly<Record<Permission, Access>> = { c: 'add', r: 'see', u: 'change', d: 'delete', s: 'see' };
const accessOrder: readonly Access[] = ['see', 'add', 'change', 'delete'];

/** To read and to write are two things to allow: the scope that gives each by itself. */
function halvesOf(scope: ResourceScope): readonly ResourceScope[] {
  const reads = scope.permissions.filter((letter) => accessOf[letter] === 'see');
  const writes = scope.permissions.filter((letter) => accessOf[letter] !== 'see');
  return [reads, writes].flatMap((permissions) => (permissions.length === 0 ? [] : [{ ...scope, permissions }]));
}

interface Draft {
  readonly group: ConsentGroup;
  readonly thing: string;
  readonly access: Set<Access>;
  readonly types: Set<string>;
  readonly scopes: Set<string>;
}

interface DraftPiece {
  readonly key: string;
  readonly narrowed: readonly ResourceScope[];
}

const identity: readonly string[] = ['openid', 'fhirUser', 'profile'];

/** What has no group of its own is asked about type by type; what has one is one thing to a person. */
const thingOf = (scope: ResourceScope, { group, types, narrowed }: Piece): string =>
  [
    scope.compartment,
    group,
    ...(group === 'other' || !isWholePart(scope)
      ? [...types, ...narrowed.map(({ constraints }) => printConstraints(constraints))]
      : []),
  ].join(' ');

/** @param tokens as `resolveScope` gives them */
export function offerOf(tokens: readonly string[]): Offer {
  const drafts = new Map<string, Draft>();
  const claims: { scope: string; halves: { whole: ResourceScope; pieces: DraftPiece[] }[] }[] = [];
  for (const token of tokens) {
    const parsed = parseResourceScope(token);
    if (parsed.kind !== 'scope') continue;
    const halves = halvesOf(parsed.scope).map((half) => {
      const access = new Set(half.permissions.map((letter) => accessOf[letter]));
      const pieces = piecesOf(half).map((piece) => {
        const { group, types, narrowed } = piece;
        const thing = thingOf(half, piece);
        const key = `${access.has('see') ? 'see' : 'write'} ${thing}`;
        const draft = drafts.get(key) ?? { group, thing, access: new Set(), types: new Set(), scopes: new Set() };
        drafts.set(key, draft);
        for (const one of access) draft.access.add(one);
        for (const type of types) draft.types.add(type);
        for (const one of group === 'everything-else' ? [half] : narrowed) draft.scopes.add(printScope(one));
        return { key, narrowed };
      });
      return { whole: half, pieces };
    });
    claims.push({ scope: token, halves });
  }
  const itemValue = new Map([...drafts].map(([key, { scopes }]) => [key, [...scopes].join(' ')]));
  const items = [...fixedItems(tokens), ...[...drafts].map(([key, draft]) => itemOf(draft, itemValue.get(key) ?? ''))];
  return {
    items: inOrder(items),
    requested: claims.map(({ scope, halves }) => ({
      scope,
      halves: halves.map(({ whole, pieces }) => ({
        whole,
        pieces: pieces.map(({ key, narrowed }) => ({ item: itemValue.get(key) ?? '', narrowed })),
      })),
    })),
  };
}

/** By group; what may be done with one thing stands together, seeing first. */
function inOrder(items: readonly ConsentItem[]): ConsentItem[] {
  const first = new Map<string, number>();
  for (const [at, { thing }] of items.entries()) if (!first.has(thing)) first.set(thing, at);
  const rank = ({ group, thing, access }: ConsentItem): readonly number[] => [
    consentGroups.indexOf(group),
    first.get(thing) ?? 0,
    access[0] === 'see' ? 0 : 1,
  ];
  return [...items].sort((one, other) => {
    const ranks = rank(other);
    return (
      rank(one)
        .map((value, at) => value - (ranks[at] ?? 0))
        .find((difference) => difference !== 0) ?? 0
    );
  });
}

const itemOf = ({ group, thing, access, types }: Draft, scope: string): ConsentItem => ({
  group,
  thing,
  scope,
  access: accessOrder.filter((one) => access.has(one)),
  types: [...types],
  future: group === 'everything-else',
  required: false,
  checked: true,
});

/** What is no right over records. */
function fixedItems(tokens: readonly string[]): ConsentItem[] {
  const fixed = (group: ConsentGroup, scope: string, required: boolean): ConsentItem[] =>
    scope === '' ? [] : [{ group, thing: group, scope, access: [], types: [], future: false, required, checked: true }];
  const only = (...names: readonly string[]): string => tokens.filter((token) => names.includes(token)).join(' ');
  return [
    ...fixed('identity', only(...identity), true),
    ...fixed('patient', only('launch', 'launch/patient', 'launch/encounter'), true),
    ...fixed('online', only('online_access'), false),
    ...fixed('offline', only('offline_access'), false),
  ];
}

/** Reading and writing of the same are one scope again. */
function together(scopes: readonly ResourceScope[]): readonly ResourceScope[] {
  const merged = new Map<string, ResourceScope>();
  for (const scope of scopes) {
    const key = JSON.stringify([scope.type, scope.constraints]);
    const letters = [...(merged.get(key)?.permissions ?? []), ...scope.permissions];
    merged.set(key, { ...scope, permissions: permissionOrder.filter((letter) => letters.includes(letter)) });
  }
  return [...merged.values()];
}

/**
 * What is granted: each requested scope as it was asked where every piece of it is ticked, else what of it is: to see or to
 * write whole, or the pieces.
 * A posted value that was not offered counts for nothing.
 */
export function grantedScopes(tokens: readonly string[], offer: Offer, posted: readonly string[]): string[] {
  const ticked = new Set(
    offer.items.filter(({ scope, required }) => required || posted.includes(scope)).map(({ scope }) => scope),
  );
  const claims = new Map(offer.requested.map((claim) => [claim.scope, claim.halves]));
  const granted = tokens.flatMap((token) => {
    const halves = claims.get(token);
    if (halves === undefined)
      return offer.items.some(({ scope }) => ticked.has(scope) && scope.split(' ').includes(token)) ? [token] : [];
    const given = halves.flatMap(({ whole, pieces }) => {
      const kept = pieces.filter(({ item }) => ticked.has(item));
      return kept.length === pieces.length ? [whole] : kept.flatMap(({ narrowed }) => narrowed);
    });
    const isWhole = halves.every(({ pieces }) => pieces.every(({ item }) => ticked.has(item)));
    return isWhole ? [token] : together(given).map(printScope);
  });
  return [...new Set(granted)];
}
