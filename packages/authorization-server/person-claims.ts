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

type Asking = Pick<Telling, 'place' | 'grant' | 'scope'>;

const tells = ({ place, grant, scope }: Asking, claim: string, byScope = claim): boolean =>
  scope.includes(byScope) || grant.claims?.split(' ').includes(`${place}.${claim}`) === true;

const identifierNames = (asking: Asking) => identifierScopes.filter((name) => tells(asking, name));

/** Whether what is told has to be read from the person's own resource. */
export const tellsIdentifiers = (asking: Asking): boolean => identifierNames(asking).length > 0;

/**
 * Only with `openid`.
 * @param db the connection of the caller's transaction; absent where `tellsIdentifiers` says that none is needed
 */
export async function tellClaims(
  db: pg.PoolClient | undefined,
  { readIdentifiers, record }: TellNeighbours,
  telling: Telling,
): Promise<PersonClaims> {
  const { grant, person, fhirUser: own } = telling;
  const fhirUser = tells(telling, 'fhirUser') ? own : undefined;
  const names = identifierNames(telling);
  if (names.length > 0 && db === undefined) throw new Error('Identifiers are read in a transaction.');
  const identifiers =
    names.length === 0 || db === undefined
      ? []
      : await identifiersToRelease(db, { readIdentifiers, record }, person, grant.identifiers ?? [], {
          client: grant.clientId,
          user: person.sub,
          grant: grant.id,
        });
  return {
    ...(fhirUser === undefined ? {} : { fhirUser }),
    ...(tells(telling, 'name', 'profile') ? { name: person.name } : {}),
    ...(identifiers.length === 0 ? {} : Object.fromEntries(names.map((name) => [name, identifiers]))),
  };
}
