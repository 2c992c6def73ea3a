/**
 * Chains and `_has`: what is demanded of a resource by what it refers to, or by what refers to it. Each hop is narrowed by
 * the Filter of its type, so that what may not be seen leads nowhere. FHIR R4 search.html#chaining, #has.
 *
 * There are two forms, and which is the faster hangs on how much meets the far end. Where that is little, it is looked up
 * first, and the search goes on by reference. Where it is much, or where the search has few rows to begin with, each row
 * is followed along its references. docs/decisions/0002-table-layout.md.
 */
import type { FilterOf } from '@affinity/core/fhir/backend.ts';
import type { Filter } from '@affinity/core/fhir/filter.ts';
import type { Criteria, Join, SearchClause } from '@affinity/core/fhir/search-query.ts';
import { clausePostings, clauseSql } from './clause-sql.ts';
import type { Query } from './database.ts';
import { filterSql, termArray } from './filter-sql.ts';
import { type Asked, chooseSource } from './source.ts';
import { andSql, orSql, type Sql, sql } from './sql.ts';
import { parameterKey, type Term } from './terms.ts';

type Of<Kind extends Join['kind']> = Extract<Join, { kind: Kind }>;

/** What a search of one type comes to once its joins are settled. */
export interface Settled {
  readonly asked: Asked;
  /** everything that is demanded of a row `f`, the Filter included */
  readonly matching: Sql;
}

/** How much is looked up before the search: that is of speed only. */
export interface JoinReach {
  /** resources at the far end of a join, at most */
  readonly fewTargets: number;
  /** resources that refer to these, or that `_has` asks for, at most */
  readonly fewSources: number;
}
export const defaultJoinReach: JoinReach = { fewTargets: 1000, fewSources: 5000 };
/** References that are compared as terms of the row; more of them are looked through. */
const fewTerms = 16;

export interface JoinNeighbours {
  readonly query: Query;
  /** of each type that a hop leads to */
  readonly filterOf: FilterOf;
  readonly reach: JoinReach;
}

/** A resource of a type that matches, as a condition on the key `at` of it. */
const isThere = (at: Sql, type: string, matching: Sql): Sql => sql`exists (
  select from resource f where f.rid = ${at} and f.type = ${type} and not f.deleted and ${matching} offset 0)`;

/** A join, followed from each row `f`. The fences keep it so: the database would read everything at the far end. */
const followed = (type: string, join: Join, matchingOf: (criteria: Criteria) => Sql): Sql =>
  join.kind === 'chain'
    ? sql`exists (select from reference_index x
        where x.rid = f.rid and x.parameter = ${parameterKey(type, join.param)}
          and ${orSql(join.targets.map((target) => isThere(sql`x.target`, target.type, matchingOf(target))))} offset 0)`
    : sql`exists (select from reference_index x
        where x.target = f.rid and x.parameter = ${parameterKey(join.source.type, join.param)}
          and ${isThere(sql`x.rid`, join.source.type, matchingOf(join.source))} offset 0)`;

/** The criteria on one row `f` that is known already: all of it is looked up from there. */
const ofOneRow =
  (filterOf: FilterOf) =>
  ({ type, clauses, joins = [] }: Criteria): Sql =>
    andSql([
      ...clauses.map((clause) => clauseSql(type, clause, true)),
      ...joins.map((join) => followed(type, join, ofOneRow(filterOf))),
      filterSql(filterOf(type), type),
    ]);

/** What a join adds to the search. */
interface Step {
  readonly condition: Sql;
  /** what every match refers to, to look it up by */
  readonly clause?: SearchClause;
  /** the keys of all that can match */
  readonly keys?: readonly Term[];
}

interface Target {
  readonly type: string;
  readonly id: string;
  readonly rid: Term;
}

/** The resources of a type that match; undefined when they are too many. */
const lookUpTargets = async (
  { query, filterOf, reach }: JoinNeighbours,
  { asked, matching }: Settled,
): Promise<readonly Target[] | undefined> => {
  const { type } = asked;
  const filter = filterOf(type);
  if (filter.kind === 'nothing') return [];
  const { from, where } = chooseSource(asked, [], filter);
  const found = await query<Target>(sql`
    select r.type, r.id, r.rid
    from (select f.rid from ${from} where ${where} and ${matching} limit ${reach.fewTargets + 1}) found
      join resource r on r.rid = found.rid`);
  return found.length > reach.fewTargets ? undefined : found;
};

/** Whether few resources refer to any of these: then they are looked up, and put in order. */
const isSeldom = async ({ query, reach }: JoinNeighbours, type: string, clause: SearchClause): Promise<boolean> => {
  const postings = clausePostings(type, clause);
  if (postings === undefined) return true;
  const [row] = await query<{ found: string }>(sql`
    select count(*) as found from (
      select from posting p where p.term = any(${termArray(postings.terms)}::bigint[])
      union all select from compartment c where c.patient = any(${postings.patients}) and c.type = ${type}
      limit ${reach.fewSources + 1}) found`);
  return Number(row?.found ?? 0) <= reach.fewSources;
};

/** The row refers to one of these by the parameter. Of many targets, those of the row are looked through. */
const refersTo = (type: string, clause: SearchClause, targets: readonly Target[]): Sql =>
  targets.length <= fewTerms
    ? clauseSql(type, clause, true)
    : sql`exists (select from (select x.target from reference_index x
        where x.rid = f.rid and x.parameter = ${parameterKey(type, clause.param)} offset 0) x
        where x.target = any(${termArray(targets.map(({ rid }) => rid))}::bigint[]) offset 0)`;

const settleChain = async (neighbours: JoinNeighbours, type: string, join: Of<'chain'>): Promise<Step> => {
  const { param } = join;
  const found: Target[] = [];
  const settled = new Map<Criteria, Sql>();
  let few = true;
  for (const criteria of join.targets) {
    const target = await settle(neighbours, criteria, neighbours.filterOf(criteria.type));
    settled.set(criteria, target.matching);
    const some = few ? await lookUpTargets(neighbours, target) : undefined;
    if (some === undefined) few = false;
    else found.push(...some);
  }
  const clause: SearchClause = {
    param,
    values: found.map(({ type: of, id }) => ({ kind: 'reference', type: of, id })),
  };
  if (few && (found.length < 2 || (await isSeldom(neighbours, type, clause)))) {
    return { condition: refersTo(type, clause, found), clause };
  }
  return { condition: followed(type, join, (criteria) => settled.get(criteria) ?? sql`false`) };
};

const settleHas = async (neighbours: JoinNeighbours, type: string, join: Of<'has'>): Promise<Step> => {
  const { param, source } = join;
  const { query, filterOf, reach } = neighbours;
  const filter = filterOf(source.type);
  if (filter.kind === 'nothing') return { condition: sql`false`, keys: [] };
  const { asked, matching } = await settle(neighbours, source, filter);
  const { from, where } = chooseSource(asked, [], filter);
  const [row] = await query<{ scanned: string; targets: readonly Term[] | null }>(sql`
    with found as materialized (
      select f.rid from ${from} where ${where} and ${matching} limit ${reach.fewSources + 1})
    select (select count(*) from found) as scanned, (select array_agg(distinct x.target) from found
      join reference_index x on x.rid = found.rid and x.parameter = ${parameterKey(source.type, param)}) as targets`);
  const keys = row?.targets ?? [];
  if (Number(row?.scanned ?? 0) > reach.fewSources || keys.length > reach.fewTargets) {
    return { condition: followed(type, join, () => matching) };
  }
  return { condition: sql`f.rid = any(${termArray(keys)}::bigint[])`, keys };
};

/** Decides the form of each join, and looks up what is looked up first. `filter` is that of the criteria's own type. */
export const settle = async (neighbours: JoinNeighbours, criteria: Criteria, filter: Filter): Promise<Settled> => {
  const { type, clauses, joins = [] } = criteria;
  let asked: Asked = { type, clauses };
  const conditions: Sql[] = [];
  for (const join of joins) {
    if (chooseSource(asked, [], filter).narrow) {
      conditions.push(followed(type, join, ofOneRow(neighbours.filterOf)));
      continue;
    }
    const step = await (join.kind === 'chain'
      ? settleChain(neighbours, type, join)
      : settleHas(neighbours, type, join));
    conditions.push(step.condition);
    if (step.clause !== undefined) asked = { ...asked, clauses: [...asked.clauses, step.clause] };
    if (step.keys !== undefined) asked = { ...asked, keys: step.keys };
  }
  const { fenced } = chooseSource(asked, [], filter);
  const own = clauses.map((clause) => clauseSql(type, clause, fenced));
  return { asked, matching: andSql([...own, filterSql(filter, type), ...conditions]) };
};
