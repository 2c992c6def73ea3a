/**
 * `Patient/[id]/$everything`: the patient, then what is in the patient's record, the newest first, then what these refer to
 * that is nobody's record. FHIR R4 patient-operation-everything.html.
 */
import type { Backend, EverythingOf, FilterOf, SearchResult } from '@affinity/core/fhir/backend.ts';
import { rangeSql } from './date-sql.ts';
import { inCompartment } from './fact-sql.ts';
import { filterSql } from './filter-sql.ts';
import { type Branch, findPage } from './page.ts';
import type { Order } from './page-order.ts';
import { pageResult } from './search.ts';
import { andSql, type Sql, sql } from './sql.ts';
import { resourceKey } from './terms.ts';
import type { Ask } from './time-limit.ts';
import { typeGroups, visibleSql } from './type-groups.ts';

/** One order for all three parts: the part, the date, the key. What is shared has no date of its own here. */
const orderOf = (part: 0 | 1 | 2): Order => ({
  computed: false,
  keys: [
    { name: sql`key1`, kind: 'bigint', descending: false, value: sql`${part}::bigint` },
    { name: sql`key2`, kind: 'bigint', descending: false, value: part === 1 ? sql`-f.occurred` : sql`0::bigint` },
    { name: sql`key3`, kind: 'bigint', descending: false, value: sql`f.rid` },
  ],
});

/** Open ends of a range of dates. */
const ever = { start: -1e15, end: 1e15 } as const;

/** Care of this range: some date of the resource is in it, or the resource has no date. */
const datesSql = ({ start, end }: EverythingOf): Sql => {
  if (start === undefined && end === undefined) return sql`true`;
  const asked = { prefix: 'ap', start: start ?? ever.start, end: end ?? ever.end } as const;
  const listed = sql`exists (select from date_index d where d.rid = f.rid
    and ${rangeSql({ start: sql`d.start_at`, end: sql`d.end_at` }, asked)} offset 0)`;
  return sql`(${listed} or case
    when f.occurred_end is not null then ${rangeSql({ start: sql`f.occurred`, end: sql`f.occurred_end` }, asked)}
    else not exists (select from date_index d where d.rid = f.rid offset 0) end)`;
};

const sinceSql = ({ since }: EverythingOf): Sql =>
  since === undefined ? sql`true` : sql`f.last_updated >= ${Date.parse(since)}`;

/**
 * What is in the patient's record, without the patient. The compartment table also holds what only mentions the patient:
 * that may be another's record.
 */
const inRecord = ({ patient }: EverythingOf): Sql => sql`f.patient = ${patient}
  and f.rid <> ${resourceKey('Patient', patient)} and case when f.owner is not null then f.owner = ${patient}
    else exists (select from resource o where o.rid = f.rid and ${patient} = any(o.owners) offset 0) end`;

const branchesOf = (of: EverythingOf, filterOf: FilterOf): readonly Branch[] => {
  const groups = typeGroups(
    of.types.filter((type) => type !== 'Patient'),
    filterOf,
  );
  const visible = visibleSql(groups, filterOf);
  const isPatient = sql`f.rid = ${resourceKey('Patient', of.patient)} and f.type = 'Patient' and f.id = ${of.patient}
    and not f.deleted and ${of.types.includes('Patient') ? filterSql(filterOf('Patient'), 'Patient') : sql`false`}`;
  // What refers must be shown itself, but for `_since`: an update leaves what it refers to where it was.
  const shown = sql`select f.rid from resource f where ${isPatient} union all
    select f.rid from ${inCompartment} where ${inRecord(of)} and ${visible} and ${datesSql(of)}`;
  return [
    {
      source: { from: sql`resource f`, where: isPatient, order: 'f', narrow: true, fenced: true },
      matching: sinceSql(of),
      order: orderOf(0),
    },
    {
      source: { from: inCompartment, where: inRecord(of), order: 'f', narrow: true, fenced: true },
      matching: andSql([visible, datesSql(of), sinceSql(of)]),
      order: orderOf(1),
    },
    {
      source: {
        from: sql`(select distinct x.target from (${shown}) shown join reference_index x on x.rid = shown.rid) x
          cross join lateral (select r.* from resource r where r.rid = x.target offset 0) f`,
        where: sql`not f.deleted and f.owner is null and f.owners is null`,
        order: 'f',
        narrow: false,
        fenced: true,
      },
      matching: andSql([visible, sinceSql(of)]),
      order: orderOf(2),
    },
  ];
};

export const createEverything =
  (ask: Ask): NonNullable<Backend['everything']> =>
  (of, filterOf, signal) =>
    ask(async (query): Promise<SearchResult> => {
      const page = await findPage(query, branchesOf(of, filterOf), of.count, of.cursor);
      return pageResult(page, page.whole ? page.rows.length : undefined);
    }, signal);
