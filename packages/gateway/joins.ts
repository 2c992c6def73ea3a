/**
 * Chains and `_has`, in two steps: first the resources that are led through, as far as the caller may see them, then what
 * is tied to these. The foreign system never follows a reference by itself: it would go through what is hidden. FHIR R4
 * search.html#chaining, #has.
 */
import type { FilterOf } from '@affinity/core/fhir/backend.ts';
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import type { ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import type { Criteria, Join } from '@affinity/core/fhir/search-query.ts';
import { type Around, keyOf } from './fetch.ts';
import type { GatewayLimits } from './limits.ts';
import type { Seek } from './seek.ts';
import { createSeekTied } from './seek-tied.ts';
import type { Source } from './source.ts';
import { idTie, referenceTie, type Tie } from './tie.ts';

/** Undefined: nothing can meet the joins. */
export type Ties = readonly Tie[] | undefined;
export type ResolveJoins = (criteria: Criteria, chained: FilterOf, around: Around) => Promise<Ties>;

export const createResolveJoins = ({
  source,
  seek,
  limits,
}: {
  readonly source: Source;
  readonly seek: Seek;
  readonly limits: GatewayLimits;
}): ResolveJoins => {
  const seekTied = createSeekTied({ seek, limits });

  /** Everything visible that meets the criteria, handed to `take`. */
  const all = async (
    criteria: Criteria,
    params: readonly string[],
    chained: FilterOf,
    around: Around,
    take: (facts: ResourceFacts) => void,
  ): Promise<void> => {
    const { type, clauses } = criteria;
    if (source.capabilities.find((one) => one.type === type)?.interactions.includes('search-type') !== true)
      throw fhirError(400, 'not-supported', `a ${type} cannot be searched for here, so that nothing leads through it`);
    const ties = await resolve(criteria, chained, around);
    if (ties === undefined) return;
    const question = { type, filter: chained(type), clauses, params };
    let led = 0;
    for await (const shown of seekTied(question, ties, { count: limits.joinedMost }, around)) {
      led += shown.length;
      if (led > limits.joinedMost)
        throw fhirError(
          400,
          'too-costly',
          `the search leads through more than ${limits.joinedMost} resources: narrow it`,
        );
      for (const { facts } of shown) take(facts);
    }
  };

  const tieOf = async (join: Join, type: string, chained: FilterOf, around: Around): Promise<Tie | undefined> => {
    const found = new Set<string>();
    if (join.kind === 'chain') {
      for (const target of join.targets) await all(target, [], chained, around, (facts) => found.add(keyOf(facts)));
    } else {
      const { param } = join;
      await all(join.source, [param], chained, around, ({ index }) => {
        for (const entry of index.references) if (entry.param === param && entry.type === type) found.add(entry.id);
      });
    }
    if (found.size === 0) return undefined;
    return join.kind === 'chain' ? referenceTie(join.param, found) : idTie(found);
  };

  const resolve: ResolveJoins = async ({ type, joins = [] }, chained, around) => {
    const ties: Tie[] = [];
    for (const join of joins) {
      const tie = await tieOf(join, type, chained, around);
      if (tie === undefined) return undefined;
      ties.push(tie);
    }
    return ties;
  };
  return resolve;
};
