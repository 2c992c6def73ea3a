/**
 * What chains and `_has` find, said in memory. What may not be seen on the way is not there: the caller gives only
 * resources that the Filter of their type lets through. FHIR R4 search.html#chaining, #has.
 */
import { matches } from './matches.ts';
import type { ResourceFacts } from './resource-facts.ts';
import type { Criteria, Join } from './search-query.ts';
import type { Canonical } from './value-match.ts';

export interface Judged {
  readonly facts: ResourceFacts;
  /** instant of the current version */
  readonly lastUpdated: string;
}
/** Other resources, as far as they may be seen on the way of a join. */
export interface Others {
  readonly find: (type: string, id: string) => Judged | undefined;
  readonly of: (type: string) => readonly Judged[];
  readonly canonical?: Canonical;
}

const pointsTo = ({ index }: ResourceFacts, param: string, { type, id }: ResourceFacts): boolean =>
  index.references.some((entry) => entry.param === param && entry.type === type && entry.id === id);

const meets = (criteria: Criteria, { facts, lastUpdated }: Judged, others: Others): boolean =>
  matches(criteria, facts, lastUpdated, others.canonical) && matchesJoins(criteria, facts, others);

const joinMatches = (join: Join, facts: ResourceFacts, others: Others): boolean => {
  const { param } = join;
  if (join.kind === 'has')
    return others
      .of(join.source.type)
      .some((source) => pointsTo(source.facts, param, facts) && meets(join.source, source, others));
  return join.targets.some((criteria) =>
    facts.index.references.some((entry) => {
      if (entry.param !== param || entry.type !== criteria.type) return false;
      const target = others.find(entry.type, entry.id);
      return target !== undefined && meets(criteria, target, others);
    }),
  );
};

/** Whether every join of a search is met; one without joins always is. */
export const matchesJoins = ({ joins = [] }: Criteria, facts: ResourceFacts, others: Others): boolean =>
  joins.every((join) => joinMatches(join, facts, others));
