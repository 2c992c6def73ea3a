/**
 * What `_include` and `_revinclude` show beside the matches of a page: each resource once, none that is a match, and none
 * that the Filter of its type hides. In the order of type and id. FHIR R4 search.html#include.
 */
import type { FilterOf, Version } from '@affinity/core/fhir/backend.ts';
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import type { SearchParameters } from '@affinity/core/fhir/search-parameter.ts';
import type { Include } from '@affinity/core/fhir/search-query.ts';
import type { Query } from './database.ts';
import { filterSql, termArray } from './filter-sql.ts';
import { type Sql, sql } from './sql.ts';
import { parameterKey, type Term } from './terms.ts';
import { toVersion, type VersionRow } from './version-row.ts';

export interface IncludeLimits {
  /** resources that are shown beside the matches of one page, at most */
  readonly maxIncluded: number;
  /** rounds of `:iterate`, at most */
  readonly maxIncludeRounds: number;
}

interface Shown {
  readonly rid: Term;
  readonly type: string;
}
type IncludedRow = VersionRow & Shown;

/** The parameters that an include follows, as they stand in the table, with the include. */
type Followed = ReadonlyMap<Term, readonly Include[]>;

const tooMuch = (limit: string) =>
  fhirError(400, 'too-costly', `The includes bring more than ${limit}: ask for fewer matches or fewer includes.`);

const followedBy = (includes: readonly Include[], parameters: SearchParameters): Followed => {
  const followed = new Map<Term, readonly Include[]>();
  for (const include of includes) {
    const params =
      include.param === '*'
        ? parameters.of(include.type).flatMap(({ code, type }) => (type === 'reference' ? [code] : []))
        : [include.param];
    for (const param of params) {
      const key = parameterKey(include.type, param);
      followed.set(key, [...(followed.get(key) ?? []), include]);
    }
  }
  return followed;
};

const keysOf = (rows: readonly Shown[]): string => termArray(rows.map(({ rid }) => rid));
const union = (parts: readonly Sql[]): Sql => {
  const [first = sql`select`, ...others] = parts;
  return others.reduce((all, part) => sql`${all} union all ${part}`, first);
};
const columns = sql`f.rid, f.type, f.id, f.version, f.last_updated, f.deleted, f.owner, f.owners, f.body`;

/** Whether an include leads from a resource of this type, and in this round. */
const isAsked = ({ reverse, iterate }: Include, wanted: 'forward' | 'reverse', round: number): boolean =>
  reverse === (wanted === 'reverse') && (round === 0 || iterate);

export const includeBeside = async (
  query: Query,
  includes: readonly Include[],
  matches: readonly Shown[],
  {
    filterOf,
    parameters,
    limits,
  }: {
    readonly filterOf: FilterOf;
    readonly parameters: SearchParameters;
    readonly limits: IncludeLimits;
  },
): Promise<readonly Version[]> => {
  const known = new Set(matches.map(({ rid }) => rid));
  const included: IncludedRow[] = [];

  /** What these refer to, by the types that it is of. */
  const forward = async (from: readonly Shown[], round: number): Promise<readonly IncludedRow[]> => {
    const followed = followedBy(
      includes.filter((one) => isAsked(one, 'forward', round)),
      parameters,
    );
    if (followed.size === 0) return [];
    const targets = await query<Shown & { readonly parameter: Term }>(sql`
      select distinct x.parameter, r.rid, r.type from reference_index x join resource r on r.rid = x.target
      where x.rid = any(${keysOf(from)}::bigint[]) and x.parameter = any(${termArray([...followed.keys()])}::bigint[])
        and not r.deleted`);
    const byType = new Map<string, Set<Term>>();
    for (const { parameter, rid, type } of targets) {
      const asked = followed.get(parameter)?.some(({ target }) => target === undefined || target === type);
      if (!asked || known.has(rid) || filterOf(type).kind === 'nothing') continue;
      byType.set(type, (byType.get(type) ?? new Set()).add(rid));
    }
    if (byType.size === 0) return [];
    const parts = [...byType].map(
      ([type, rids]) => sql`select ${columns} from resource f
        where f.rid = any(${termArray([...rids])}::bigint[]) and not f.deleted and ${filterSql(filterOf(type), type)}`,
    );
    return query<IncludedRow>(sql`${union(parts)} limit ${limits.maxIncluded + 1}`);
  };

  /** What refers to these. It is counted before it is read: many may refer to one. */
  const reverse = async (to: readonly Shown[], round: number): Promise<readonly IncludedRow[]> => {
    const types = Map.groupBy(
      includes.filter((one) => isAsked(one, 'reverse', round) && filterOf(one.type).kind !== 'nothing'),
      ({ type }) => type,
    );
    if (types.size === 0) return [];
    const parts = [...types].map(
      ([type, ofType]) => sql`select ${columns} from (
          select distinct x.rid from reference_index x where x.target = any(${keysOf(to)}::bigint[])
            and x.parameter = any(${termArray([...followedBy(ofType, parameters).keys()])}::bigint[])
            and not x.rid = any(${termArray([...known])}::bigint[])) x
        cross join lateral (select r.* from resource r where r.rid = x.rid offset 0) f
        where f.type = ${type} and not f.deleted and ${filterSql(filterOf(type), type)}`,
    );
    return query<IncludedRow>(sql`${union(parts)} limit ${limits.maxIncluded + 1}`);
  };

  let frontier = matches;
  for (let round = 0; frontier.length > 0; round += 1) {
    const found = [...(await forward(frontier, round)), ...(await reverse(frontier, round))];
    const added = found.filter(({ rid }) => !known.has(rid) && known.add(rid));
    if (added.length > 0 && round > limits.maxIncludeRounds) throw tooMuch(`${limits.maxIncludeRounds} rounds`);
    included.push(...added);
    if (included.length > limits.maxIncluded) throw tooMuch(`${limits.maxIncluded} resources`);
    frontier = added;
  }
  const key = ({ type, id }: IncludedRow): string => `${type}/${id}`;
  return included.sort((one, other) => (key(one) < key(other) ? -1 : 1)).map((row) => toVersion(row.type, row));
};
