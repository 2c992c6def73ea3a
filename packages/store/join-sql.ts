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

/** Resources at the far end of a join that are looked up first, at most. */
const fewTargets = 1000;
/** Resources that refer to others, of which the targets are looked up first, at most. */
const fewSources = 5000;
/** References that are compared as terms of the row; more of them are looked up. */
const fewTerms = 16;

/** A resource that meets the criteria and may be seen, as a condition on the key `at` of it. */
const meets = (at: Sql, criteria: Criteria, filterOf: FilterOf): Sql => sql`exists (
  select from resource f where f.rid = ${at} and f.type = ${criteria.type} and not f.deleted
    and ${criteriaSql(criteria, filterOf(criteria.type), filterOf, true)} offset 0)`;

/** The join, followed from each row `f`. The fences keep it so: the database would read everything at the far end. */
const followed = (type: string, join: Join, filterOf: FilterOf): Sql =>
  join.kind === 'chain'
    ? sql`exists (select from reference_index x
        where x.rid = f.rid and x.parameter = ${parameterKey(type, join.param)}
          and ${orSql(join.targets.map((target) => meets(sql`x.target`, target, filterOf)))} offset 0)`
    : sql`exists (select from reference_index x
        where x.target = f.rid and x.parameter = ${parameterKey(join.source.type, join.param)}
          and ${meets(sql`x.rid`, join.source, filterOf)} offset 0)`;

const criteriaSql = (
  { type, clauses, joins = [] }: Criteria,
  filter: Filter,
  filterOf: FilterOf,
  fenced: boolean,
): Sql =>
  andSql([
    ...clauses.map((clause) => clauseSql(type, clause, fenced)),
    ...joins.map((join) => followed(type, join, filterOf)),
    filterSql(filter, type),
  ]);

/** What a join adds to the search. */
interface Step {
  readonly condition: Sql;
  /** what every match refers to, to look it up by */
  readonly clause?: SearchClause;
  /** the keys of all that can match */
  readonly keys?: readonly Term[];
}

/** The resources of a type that meet the criteria; undefined when they are too many. */
const lookUpTargets = async (
  query: Query,
  criteria: Criteria,
  filterOf: FilterOf,
): Promise<readonly { readonly id: string; readonly rid: Term }[] | undefined> => {
  const filter = filterOf(criteria.type);
  if (filter.kind === 'nothing') return [];
  const { asked, matching } = await settle(query, criteria, filter, filterOf);
  const { from, where } = chooseSource(asked, [], filter);
  const found = await query<{ id: string; rid: Term }>(sql`
    select r.id, r.rid from (select f.rid from ${from} where ${where} and ${matching} limit ${fewTargets + 1}) found
      join resource r on r.rid = found.rid`);
  return found.length > fewTargets ? undefined : found;
};

/** Whether few resources refer to any of these: then they are looked up, and put in order. */
const isSeldom = async (query: Query, type: string, clause: SearchClause): Promise<boolean> => {
  const postings = clausePostings(type, clause);
  if (postings === undefined) return true;
  const [row] = await query<{ found: string }>(sql`
    select count(*) as found from (
      select from posting p where p.term = any(${termArray(postings.terms)}::bigint[])
      union all select from compartment c where c.patient = any(${postings.patients}) and c.type = ${type}
      limit ${fewSources + 1}) found`);
  return Number(row?.found ?? 0) <= fewSources;
};

/** The row refers to one of these by the parameter. Of many targets, those of the row are looked through. */
const refersTo = (type: string, clause: SearchClause, targets: readonly Term[]): Sql =>
  targets.length <= fewTerms
    ? clauseSql(type, clause, true)
    : sql`exists (select from (select x.target from reference_index x
        where x.rid = f.rid and x.parameter = ${parameterKey(type, clause.param)} offset 0) x
        where x.target = any(${termArray(targets)}::bigint[]) offset 0)`;

const settleChain = async (query: Query, type: string, join: Of<'chain'>, filterOf: FilterOf): Promise<Step> => {
  const { param, targets } = join;
  const found: { readonly type: string; readonly id: string; readonly rid: Term }[] = [];
  const many: Criteria[] = [];
  for (const target of targets) {
    const some = await lookUpTargets(query, target, filterOf);
    if (some === undefined) many.push(target);
    else found.push(...some.map(({ id, rid }) => ({ type: target.type, id, rid })));
  }
  const clause: SearchClause = { param, values: found.map(({ type, id }) => ({ kind: 'reference', type, id })) };
  if (many.length === 0 && (found.length < 2 || (await isSeldom(query, type, clause)))) {
    const condition = refersTo(
      type,
      clause,
      found.map(({ rid }) => rid),
    );
    return { condition, clause };
  }
  return { condition: followed(type, join, filterOf) };
};

const settleHas = async (query: Query, type: string, join: Of<'has'>, filterOf: FilterOf): Promise<Step> => {
  const { param, source } = join;
  const filter = filterOf(source.type);
  if (filter.kind === 'nothing') return { condition: sql`false`, keys: [] };
  const { asked, matching } = await settle(query, source, filter, filterOf);
  const { from, where } = chooseSource(asked, [], filter);
  const [row] = await query<{ scanned: string; targets: readonly Term[] | null }>(sql`
    with found as materialized (
      select f.rid from ${from} where ${where} and ${matching} limit ${fewSources + 1})
    select (select count(*) from found) as scanned, (select array_agg(distinct x.target) from found
      join reference_index x on x.rid = found.rid and x.parameter = ${parameterKey(source.type, param)}) as targets`);
  const keys = row?.targets ?? [];
  if (Number(row?.scanned ?? 0) > fewSources || keys.length > fewTargets) {
    return { condition: followed(type, join, filterOf) };
  }
  return { condition: sql`f.rid = any(${termArray(keys)}::bigint[])`, keys };
};

/** Decides the form of each join, and looks up what is looked up first. `filter` is that of the criteria's own type. */
export const settle = async (
  query: Query,
  criteria: Criteria,
  filter: Filter,
  filterOf: FilterOf,
): Promise<Settled> => {
  const { type, clauses, joins = [] } = criteria;
  let asked: Asked = { type, clauses };
  const conditions: Sql[] = [];
  for (const join of joins) {
    if (chooseSource(asked, [], filter).narrow) {
      conditions.push(followed(type, join, filterOf));
      continue;
    }
    const step = await (join.kind === 'chain'
      ? settleChain(query, type, join, filterOf)
      : settleHas(query, type, join, filterOf));
    conditions.push(step.condition);
    if (step.clause !== undefined) asked = { ...asked, clauses: [...asked.clauses, step.clause] };
    if (step.keys !== undefined) asked = { ...asked, keys: step.keys };
  }
  const { fenced } = chooseSource(asked, [], filter);
  return { asked, matching: andSql([criteriaSql({ type, clauses }, filter, filterOf, fenced), ...conditions]) };
};
