/**
 * What a resource is sorted by for a search parameter: its least value upwards, its greatest downwards; a date by its
 * start upwards and its end downwards. What has none comes last, both ways. FHIR R4 search.html#sort.
 */
import type { SearchParameter } from '@affinity/core/fhir/search-parameter.ts';
import type { SearchPath } from '@affinity/core/fhir/search-path.ts';
import type { KeyKind } from './cursor.ts';
import { hasAllTerms } from './filter-sql.ts';
import { type Sql, sql } from './sql.ts';
import { codeTerm, parameterKey } from './terms.ts';

export interface SortedBy {
  readonly value: Sql;
  readonly kind: KeyKind;
}

/** Characters that a text is sorted by, and that a link to a page may hold of it. */
const sortedLength = 64;

/** Text after every text of a resource, and before each. */
const textEnds = { last: '\u{10ffff}', first: '' } as const;

const textValue = (values: Sql, descending: boolean): SortedBy => ({
  kind: 'text',
  value: descending
    ? sql`coalesce((select max(left(v.text, ${sortedLength}::int) collate "C") from ${values}), ${textEnds.first}::text) collate "C"`
    : sql`coalesce((select min(left(v.text, ${sortedLength}::int) collate "C") from ${values}), ${textEnds.last}::text) collate "C"`,
});

const numberValue = (values: Sql, descending: boolean): SortedBy => ({
  kind: 'number',
  value: descending
    ? sql`coalesce((select max(v.value) from ${values}), '-infinity'::float8)`
    : sql`coalesce((select min(v.value) from ${values}), 'infinity'::float8)`,
});

/** Where the text to sort by stands in a value of this FHIR type; undefined: values of this type have none. */
const textSteps: Readonly<Record<string, readonly string[]>> = {
  CodeableConcept: ['coding', 'code'],
  Coding: ['code'],
  Identifier: ['value'],
  ContactPoint: ['value'],
  Reference: ['reference'],
  boolean: [],
  canonical: [],
  code: [],
  id: [],
  oid: [],
  string: [],
  uri: [],
  url: [],
  uuid: [],
};

/** The path as the database's path language has it, which looks into arrays by itself. PostgreSQL 18 documentation, 9.16.2. */
const jsonPath = ({ steps, type, target }: SearchPath): string | undefined => {
  const end = textSteps[type];
  if (end === undefined) return undefined;
  const property = (name: string): string => `.${JSON.stringify(name)}`;
  const way = steps.map(({ name, where = [] }) => {
    const conditions = where.map(
      ({ names, value }) => ` ? (@${names.map(property).join('')} == ${JSON.stringify(value)})`,
    );
    return property(name) + conditions.join('');
  });
  const ofTarget = target === undefined ? '' : ` ? (@ starts with ${JSON.stringify(`${target}/`)})`;
  return `$${way.join('')}${end.map(property).join('')}${ofTarget}`;
};

/** Whether there is something or not: true or false, as a term of the row. */
const truthValue = (type: string, { code }: SearchParameter, descending: boolean): SortedBy => {
  const has = (truth: string): Sql => hasAllTerms([codeTerm(type, code, truth)]);
  return {
    kind: 'text',
    value: sql`case when ${has('true')} then 'true' when ${has('false')} then 'false'
      else ${descending ? textEnds.first : textEnds.last}::text end collate "C"`,
  };
};

/** Values that the tables do not hold as text are read from the body. */
const bodyValue = (type: string, parameter: SearchParameter, descending: boolean): SortedBy | undefined => {
  const { paths } = parameter;
  if (paths.every((path) => path.type === 'exists')) return truthValue(type, parameter, descending);
  const known = paths.map(jsonPath).filter((path) => path !== undefined);
  if (known.length === 0 || known.length < paths.length) return undefined;
  return textValue(
    sql`(select found #>> '{}' as text from resource r,
      lateral (select r.body::jsonb as body offset 0) b, unnest(${known}::jsonpath[]) path,
      lateral jsonb_path_query(b.body, path) found where r.rid = f.rid) v`,
    descending,
  );
};

/** Undefined: resources cannot be sorted by this parameter. */
export const sortValue = (type: string, parameter: SearchParameter, descending: boolean): SortedBy | undefined => {
  const { code } = parameter;
  const name = `${type}.${code}`;
  if (code === '_id') {
    return textValue(sql`(select r.id as text from resource r where r.rid = f.rid) v`, descending);
  }
  switch (parameter.type) {
    case 'string':
      return textValue(
        sql`(select s.folded as text from string_index s where s.rid = f.rid and s.parameter = ${name}) v`,
        descending,
      );
    case 'uri':
      return textValue(
        sql`(select u.uri as text from uri_index u where u.rid = f.rid and u.parameter = ${parameterKey(type, code)}) v`,
        descending,
      );
    case 'date':
      return {
        kind: 'bigint',
        value: descending
          ? sql`coalesce((select max(d.end_at) from date_index d where d.rid = f.rid and d.parameter = ${name}),
              ${earliest}::bigint)`
          : sql`coalesce((select min(d.start_at) from date_index d where d.rid = f.rid and d.parameter = ${name}),
              ${latest}::bigint)`,
      };
    case 'number':
      return numberValue(
        sql`(select n.value from number_index n where n.rid = f.rid and n.parameter = ${parameterKey(type, code)}) v`,
        descending,
      );
    case 'quantity':
      return numberValue(
        sql`(select q.base_value as value from quantity_index q
          where q.rid = f.rid and q.parameter = ${parameterKey(type, code)}) v`,
        descending,
      );
    case 'token':
    case 'reference':
      return bodyValue(type, parameter, descending);
    default:
      return undefined;
  }
};

/** Names that `_sort` takes for a type. */
export const sortableParams = (type: string, params: readonly SearchParameter[]): readonly string[] =>
  params
    .filter((param) => param.code === '_lastUpdated' || sortValue(type, param, false) !== undefined)
    .map(({ code }) => code);

/** Beyond every instant of a resource. */
const latest = '9223372036854775807';
const earliest = '-9223372036854775807';
