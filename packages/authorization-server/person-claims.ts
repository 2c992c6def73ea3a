/** What an app is told of a person: by the scopes of its token, and by the names that it asked for and was allowed. OIDC Core 1.0 §5.4, §5.5. */
import { identifierScopes } from '@affinity/core/smart/scope-request.ts';
import type pg from 'pg';
import type { Record as RecordEvent } from './audit-recorder.ts';
import type { ClaimPlace } from './claims-request.ts';
import type { Grant } from './grants.ts';
import { type BusinessIdentifier, identifiersToRelease, type ReadIdentifiers } from './identifiers.ts';
import type { Person } from './people.ts';

export interface PersonClaims {
  readonly fhirUser?: string;
  readonly name?: string;
  readonly identifiers?: readonly BusinessIdentifier[];
  readonly __identifiers?: readonly BusinessIdentifier[];
}

export interface TellNeighbours {
  readonly readIdentifiers: ReadIdentifiers;
  readonly record: RecordEvent;
}

export interface Telling {
  readonly place: ClaimPlace;
  readonly grant: Grant;
  readonly person: Person;
  /** absolute, as the token's server knows the person (cross-reference.ts) */
  readonly fhirUser: string | undefined;
  /** of the access token */
  readonly scope: readonly string[];
}

/** Only with `openid`. @param db the connection of the caller's transaction */
export async function tellClaims(
  db: pg.PoolClient,
  { readIdentifiers, record }: TellNeighbours,
  { place, grant, person, fhirUser: own, scope }: Telling,
): Promise<PersonClaims> {
  const named = grant.claims?.split(' ') ?? [];
  const tells = (claim: string, byScope = claim): boolean =>
    scope.includes(byScope) || named.includes(`${place}.${claim}`);
  const fhirUser = tells('fhirUser') ? own : undefined;
  const names = identifierScopes.filter((name) => tells(name));
  const identifiers =
    names.length === 0
      ? []
      : await identifiersToRelease(db, { readIdentifiers, record }, person, grant.identifiers ?? [], {
          client: grant.clientId,
          user: person.sub,
          grant: grant.id,
        });
  return {
    ...(fhirUser === undefined ? {} : { fhirUser }),
    ...(tells('name', 'profile') ? { name: person.name } : {}),
    ...(identifiers.length === 0 ? {} : Object.fromEntries(names.map((name) => [name, identifiers]))),
  };
}
