/** What stewards decide in the running domain, and what of the domain follows when it changes who is who. IHE PIXm (ITI-83). */
import type { Stewardship } from '@affinity/core/identity/stewardship.ts';
import type { PersonsChanged } from '@affinity/identity/linking.ts';
import { createStewardship } from '@affinity/identity/steward.ts';
import type pg from 'pg';
import { createPersonsFollower } from './followed-persons.ts';

export interface StewardedNeighbours {
  readonly pool: pg.Pool;
  /** base of the home */
  readonly home: string;
  /** which services run, and where */
  readonly shared: readonly { readonly name: string; readonly base: string }[];
}

const identity = 'identity';

/** Done in each transaction that changes who is who. */
export const followPersonsOf = ({ home, shared }: Omit<StewardedNeighbours, 'pool'>): PersonsChanged => {
  const baseOf = (wanted: string) => shared.find(({ name }) => name === wanted)?.base;
  const [own, locator] = [baseOf(identity), baseOf('locator')];
  return createPersonsFollower({
    home,
    ...(own === undefined ? {} : { identity: own }),
    ...(locator === undefined ? {} : { locator }),
  });
};

/** Undefined where the identity service does not run. */
export const openStewardship = (neighbours: StewardedNeighbours): Stewardship | undefined =>
  neighbours.shared.some(({ name }) => name === identity)
    ? createStewardship({ pool: neighbours.pool, schema: identity, changed: followPersonsOf(neighbours) })
    : undefined;
