/** The facts of decisions at a server whose records anybody may read, and publishers write. */
import type { People } from '@affinity/authorization-server/people.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { DecisionFacts } from '@affinity/policy/facts.ts';
import { createRemembered } from '@affinity/resource-server/facts/remembered.ts';
import { FactsUnavailable } from '@affinity/resource-server/facts/unavailable.ts';

type Facts = (principal: Principal) => Promise<DecisionFacts>;

export interface OpenFactsNeighbours {
  readonly facts: Facts;
  readonly open: ReadonlySet<string>;
  readonly people: Pick<People, 'isPublisher'>;
  readonly seconds: number;
  readonly now: () => Date;
}

const writes = ({ scopes }: Principal): boolean =>
  scopes.some(({ permissions }) => permissions.some((one) => one === 'c' || one === 'u' || one === 'd'));

export const createOpenFacts = ({ facts, open, people, seconds, now }: OpenFactsNeighbours): Facts => {
  const isPublisher = createRemembered<boolean>({ seconds, most: 10_000, now: () => now().getTime() });
  /** The same facts stay the same object, so that what was decided by them is remembered with them. */
  const opened = new WeakMap<DecisionFacts, DecisionFacts>();
  return async (principal) => {
    const known = await facts(principal);
    const { user } = principal;
    const publisher =
      user !== undefined && writes(principal)
        ? await isPublisher(user, () => people.isPublisher(user)).catch((error: unknown) => {
            throw new FactsUnavailable('a fact could not be learned', error);
          })
        : false;
    const before = opened.get(known);
    if (before?.publisher === publisher) return before;
    const made = { ...known, open, publisher };
    opened.set(known, made);
    return made;
  };
};
