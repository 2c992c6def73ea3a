/**
 * The rows of a resource in the tables of values, in the two ways in which they get there: beside the one resource that a
 * statement stores, and as lines of COPY. docs/decisions/0009-references-and-reindexing.md.
 */
import type { CompositeRow } from './composite-row.ts';
import { copyLine, numberArray, textArray } from './copy-text.ts';
import { termArray } from './filter-sql.ts';
import type { ResourceRow } from './resource-row.ts';
import { type Sql, sql } from './sql.ts';
import type { Term } from './terms.ts';

const numbersText = (values: readonly (number | null)[] | null): string | null => values && numberArray(values);
const textsText = (values: readonly (string | null)[] | null): string | null => values && textArray(values);

/** Columns of a composite after its parameter, in the order of `compositeTarget`. */
const compositeFields = (row: CompositeRow): readonly (string | null)[] => [
  termArray(row.terms),
  numbersText(row.value),
  numbersText(row.low),
  numbersText(row.high),
  numbersText(row.baseValue),
  numbersText(row.baseLow),
  numbersText(row.baseHigh),
  textsText(row.folded),
  textsText(row.text),
];

const numberRows = ({ numbers }: ResourceRow): Sql => sql`
  with_numbers as (
    insert into number_index (rid, parameter, value, low, high)
    select s.rid, entry.* from stored s, unnest(${numbers.map(({ parameter }) => parameter)}::bigint[],
      ${numbers.map(({ value }) => value)}::float8[], ${numbers.map(({ low }) => low)}::float8[],
      ${numbers.map(({ high }) => high)}::float8[]) entry)`;

const quantityRows = ({ quantities }: ResourceRow): Sql => sql`
  with_quantities as (
    insert into quantity_index (rid, parameter, value, low, high, system, code, printed, unit, base_value, base_low,
      base_high)
    select s.rid, entry.* from stored s, unnest(${quantities.map(({ parameter }) => parameter)}::bigint[],
      ${quantities.map(({ value }) => value)}::float8[], ${quantities.map(({ low }) => low)}::float8[],
      ${quantities.map(({ high }) => high)}::float8[], ${quantities.map(({ system }) => system)}::bigint[],
      ${quantities.map(({ code }) => code)}::bigint[], ${quantities.map(({ printed }) => printed)}::bigint[],
      ${quantities.map(({ unit }) => unit)}::bigint[], ${quantities.map(({ baseValue }) => baseValue)}::float8[],
      ${quantities.map(({ baseLow }) => baseLow)}::float8[],
      ${quantities.map(({ baseHigh }) => baseHigh)}::float8[]) entry)`;

const uriRows = ({ uris }: ResourceRow): Sql => sql`
  with_uris as (
    insert into uri_index (rid, parameter, uri)
    select s.rid, entry.* from stored s, unnest(${uris.map(({ parameter }) => parameter)}::bigint[],
      ${uris.map(({ uri }) => uri)}::text[]) entry)`;

const positionRows = ({ positions }: ResourceRow): Sql => sql`
  with_positions as (
    insert into position_index (rid, parameter, latitude, longitude)
    select s.rid, entry.* from stored s, unnest(${positions.map(({ parameter }) => parameter)}::bigint[],
      ${positions.map(({ latitude }) => latitude)}::float8[],
      ${positions.map(({ longitude }) => longitude)}::float8[]) entry)`;

/** PostgreSQL has no arrays of arrays of different lengths: the inner ones travel as text. */
const compositeRows = ({ composites }: ResourceRow): Sql => {
  const fields = composites.map(compositeFields);
  const column = (at: number): readonly (string | null)[] => fields.map((row) => row[at] ?? null);
  return sql`
  with_composites as (
    insert into composite_index (rid, parameter, terms, value, low, high, base_value, base_low, base_high, folded, text)
    select s.rid, entry.parameter, entry.terms::bigint[], entry.value::float8[], entry.low::float8[],
      entry.high::float8[], entry.base_value::float8[], entry.base_low::float8[], entry.base_high::float8[],
      entry.folded::text[], entry.text::text[]
    from stored s, unnest(${composites.map(({ parameter }) => parameter)}::bigint[], ${column(0)}::text[],
      ${column(1)}::text[], ${column(2)}::text[], ${column(3)}::text[], ${column(4)}::text[], ${column(5)}::text[],
      ${column(6)}::text[], ${column(7)}::text[], ${column(8)}::text[])
      entry (parameter, terms, value, low, high, base_value, base_low, base_high, folded, text))`;
};

const referenceRows = ({ references }: ResourceRow): Sql => sql`
  with_references as (
    insert into reference_index (rid, parameter, target)
    select s.rid, entry.* from stored s, unnest(${references.map(({ parameter }) => parameter)}::bigint[],
      ${references.map(({ target }) => target)}::bigint[]) entry)`;

/** Common table expressions, for the resource that the one named `stored` returns; none for a table without rows. */
export const valueRows = (row: ResourceRow): readonly Sql[] => [
  ...(row.references.length === 0 ? [] : [referenceRows(row)]),
  ...(row.numbers.length === 0 ? [] : [numberRows(row)]),
  ...(row.quantities.length === 0 ? [] : [quantityRows(row)]),
  ...(row.uris.length === 0 ? [] : [uriRows(row)]),
  ...(row.positions.length === 0 ? [] : [positionRows(row)]),
  ...(row.composites.length === 0 ? [] : [compositeRows(row)]),
];

/** Common table expressions that take all of them out. */
export const withoutValueRows = (rid: Term): Sql => sql`
  without_references as (delete from reference_index where rid = ${rid}),
  without_numbers as (delete from number_index where rid = ${rid}),
  without_quantities as (delete from quantity_index where rid = ${rid}),
  without_uris as (delete from uri_index where rid = ${rid}),
  without_positions as (delete from position_index where rid = ${rid}),
  without_composites as (delete from composite_index where rid = ${rid})`;

/** Lines of COPY by what they are copied to. */
export const valueLines = (row: ResourceRow): readonly (readonly [target: string, line: string])[] => {
  const { rid } = row;
  return [
    ...row.references.map(
      ({ parameter, target }) =>
        ['reference_index (rid, parameter, target)', `${rid}\t${parameter}\t${target}\n`] as const,
    ),
    ...row.numbers.map(
      ({ parameter, value, low, high }) =>
        ['number_index (rid, parameter, value, low, high)', copyLine([rid, parameter, value, low, high])] as const,
    ),
    ...row.quantities.map(
      (quantity) =>
        [
          'quantity_index (rid, parameter, value, low, high, system, code, printed, unit, base_value, base_low, base_high)',
          copyLine([
            rid,
            quantity.parameter,
            quantity.value,
            quantity.low,
            quantity.high,
            quantity.system,
            quantity.code,
            quantity.printed,
            quantity.unit,
            quantity.baseValue,
            quantity.baseLow,
            quantity.baseHigh,
          ]),
        ] as const,
    ),
    ...row.uris.map(
      ({ parameter, uri }) => ['uri_index (rid, parameter, uri)', copyLine([rid, parameter, uri])] as const,
    ),
    ...row.positions.map(
      ({ parameter, latitude, longitude }) =>
        [
          'position_index (rid, parameter, latitude, longitude)',
          copyLine([rid, parameter, latitude, longitude]),
        ] as const,
    ),
    ...row.composites.map(
      (composite) =>
        [
          'composite_index (rid, parameter, terms, value, low, high, base_value, base_low, base_high, folded, text)',
          copyLine([rid, composite.parameter, ...compositeFields(composite)]),
        ] as const,
    ),
  ];
};
