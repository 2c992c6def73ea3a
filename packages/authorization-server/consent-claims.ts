/** What is told of the person, as things to tick with the very values in them: nothing leaves that was not seen. OIDC Core 1.0 §5.5, §16.1. */
import { createHash } from 'node:crypto';
import { identifierScopes } from '@affinity/core/smart/scope-request.ts';
import type pg from 'pg';
import { namesAsked } from './claims-request.ts';
import type { Offer } from './consent-items.ts';
import type { CrossReference } from './cross-reference.ts';
import { type BusinessIdentifier, type IdentifierNeighbours, identifiersToShow } from './identifiers.ts';
import { auditFacts, type PersonStep } from './interaction-step.ts';
import type { ConsentGroup, ConsentItem } from './page-views.ts';

export interface ClaimNeighbours extends IdentifierNeighbours {
  readonly pool: pg.Pool;
  readonly crossReference: CrossReference;
}

export interface OfferedClaims {
  readonly items: readonly ConsentItem[];
  readonly identifiers: readonly BusinessIdentifier[];
}

const itemOf = (group: ConsentGroup, scope: string, values: NonNullable<ConsentItem['values']>): ConsentItem => ({
  group,
  thing: group,
  scope,
  access: [],
  types: [],
  values,
  future: false,
  required: false,
  checked: true,
});

/** What a scope tells already, which stands under "who you are", is not asked about twice. */
const toldBy: Readonly<Record<string, string>> = { name: 'profile', fhirUser: 'fhirUser' };

export async function claimsToOffer(neighbours: ClaimNeighbours, step: PersonStep): Promise<OfferedClaims> {
  const { person, tokens, claims, audience } = step;
  const asked = namesAsked(claims).filter((name) => !tokens.includes(toldBy[name] ?? ''));
  const names = identifierScopes.filter((name) => tokens.includes(name) || asked.includes(name));
  const identifiers = names.length === 0 ? [] : await identifiersToShow(neighbours, person, auditFacts(step, person));
  const { fhirUser: own } = await neighbours.crossReference.personAt(neighbours.pool, person, audience);
  return {
    identifiers,
    items: [
      ...(asked.includes('name') ? [itemOf('name', 'name', [{ value: person.name }])] : []),
      ...(asked.includes('fhirUser')
        ? [itemOf('own-entry', 'fhirUser', own === undefined ? [] : [{ value: own }])]
        : []),
      ...(names.length === 0 ? [] : [itemOf('identifiers', names.join(' '), identifiers)]),
    ],
  };
}

/** Beside what a scope says of who somebody is, before anything of a record. */
export function withClaims(offer: Offer, { items }: OfferedClaims): Offer {
  const who = offer.items.filter(({ group }) => group === 'identity');
  return { ...offer, items: [...who, ...items, ...offer.items.filter(({ group }) => group !== 'identity')] };
}

/** Of the values on a page: what is posted from it counts only while they are still the same. */
export const sealOfValues = ({ items }: OfferedClaims): string =>
  createHash('sha256')
    .update(JSON.stringify(items.map(({ group, values }) => [group, values])))
    .digest('base64url');

/** What was asked for by name and is allowed: a name that was ticked, or that an allowed scope tells anyway. */
export function allowedClaims(
  { claims }: Pick<PersonStep, 'claims'>,
  { items }: OfferedClaims,
  ticked: readonly string[],
  granted: readonly string[],
): readonly string[] {
  const names = items.filter(({ scope }) => ticked.includes(scope)).flatMap(({ scope }) => scope.split(' '));
  return claims.filter((entry) => {
    const name = entry.slice(entry.indexOf('.') + 1);
    return names.includes(name) || granted.includes(toldBy[name] ?? '');
  });
}
