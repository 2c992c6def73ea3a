/** `{column: …}` in a mapping file: the columns that a value comes from, and what is made of them. FHIR R4 datatypes.html. */
import { isPrimitiveType } from '@affinity/core/fhir/primitive-format.ts';
import type { CodeMap } from './code-map.ts';
import { dateForm } from './local-date.ts';
import type { FromColumns } from './mapping.ts';
import { oneOf, type Reader } from './mapping-reader.ts';
import type { Place, Tree } from './mapping-tree.ts';

export interface ColumnsAround {
  readonly reader: Reader;
  readonly codes: ReadonlyMap<string, CodeMap>;
  /** Notes that a column is used. */
  readonly uses: (column: Place & { readonly name: string }) => void;
  /** Notes that resources of a type, with this prefix of ids, are referred to by a key of so many columns. */
  readonly refers: (
    to: Place & { readonly type: string; readonly prefix: string | undefined; readonly columns: readonly string[] },
  ) => string;
}

const dates: readonly string[] = ['date', 'dateTime', 'instant'];
const amounts: readonly string[] = ['Quantity', 'Age', 'Count', 'Distance', 'Duration', 'SimpleQuantity'];
const coded: readonly string[] = ['CodeableConcept', 'Coding'];

const words = ['date', 'codes', 'reference', 'unit'] as const;

export const readDate = (reader: Reader, tree: Tree | undefined, partial: Tree | undefined) => {
  const name = tree === undefined ? 'iso' : reader.text(tree);
  const mayBePartial = partial?.kind === 'value' && partial.value === true;
  if (partial !== undefined && !(partial.kind === 'value' && typeof partial.value === 'boolean'))
    reader.fault(partial, 'true or false is expected');
  if (name === undefined) return undefined;
  const form = dateForm(name, mayBePartial);
  if (form === undefined && tree !== undefined)
    reader.fault(
      tree,
      `“${name}” is no form of a date: iso, epoch-seconds, epoch-milliseconds, or YYYY, MM, DD, HH, mm and ss, such as YYYYMMDD or DD.MM.YYYY HH:mm, from the year without a gap`,
    );
  return form;
};

const formOf = (
  { reader, codes, refers }: ColumnsAround,
  tree: Tree & { kind: 'map' },
  type: string,
  columns: readonly string[],
): FromColumns['form'] | undefined => {
  const { entries } = tree;
  const given = words.filter((word) => entries.has(word));
  const [word, more] = given;
  if (more !== undefined) return reader.fault(tree, `only one of ${oneOf(given)} can be said of a column`);
  const value = word === undefined ? undefined : entries.get(word);
  if (word === 'codes') {
    const name = reader.text(value);
    const map = name === undefined ? undefined : codes.get(name);
    if (name !== undefined && map === undefined)
      return reader.fault(tree, `there is no code map “${name}”; there are ${oneOf([...codes.keys()]) || 'none'}`);
    const takes = coded.includes(type) || (isPrimitiveType(type) && !dates.includes(type));
    if (!takes) return reader.fault(tree, `${type} is not made of codes`);
    return map === undefined ? undefined : { kind: 'codes', map };
  }
  if (word === 'reference') {
    const target = reader.text(value);
    if (type !== 'Reference' && type !== 'string') return reader.fault(tree, `${type} is no reference`);
    if (target === undefined) return undefined;
    const prefix = entries.has('prefix') ? reader.text(entries.get('prefix')) : undefined;
    return {
      kind: 'reference',
      type: target,
      prefix: refers({ line: tree.line, path: tree.path, type: target, prefix, columns }),
    };
  }
  if (word === 'unit') {
    const unit = reader.text(value);
    if (!amounts.includes(type)) return reader.fault(tree, `${type} has no unit`);
    return unit === undefined ? undefined : { kind: 'quantity', unit };
  }
  if (dates.includes(type)) {
    const date = readDate(reader, value, entries.get('partial'));
    if (date !== undefined && type === 'instant' && !date.timed)
      return reader.fault(tree, 'an instant needs a time of the day, which this form of a date has not');
    return date === undefined ? undefined : { kind: 'date', date };
  }
  if (word === 'date') return reader.fault(tree, `${type} is no date`);
  if (isPrimitiveType(type)) return { kind: 'plain' };
  const wanted = coded.includes(type)
    ? 'codes: …'
    : type === 'Reference'
      ? 'reference: …'
      : amounts.includes(type)
        ? 'unit: …'
        : undefined;
  return reader.fault(
    tree,
    wanted === undefined
      ? `${type} does not come from one column: write out its elements`
      : `${type} does not come from a column alone: say “${wanted}” beside it, or write out its elements`,
  );
};

export const readColumns = (
  around: ColumnsAround,
  tree: Tree & { kind: 'map' },
  type: string,
): FromColumns | undefined => {
  const { reader, uses } = around;
  const { line, path, entries } = tree;
  reader.map(tree, ['column', 'columns', 'with', 'partial', 'prefix', ...words]);
  const one = entries.get('column');
  const several = entries.get('columns');
  const columns = one === undefined ? (several === undefined ? [] : reader.texts(several)) : [reader.text(one) ?? ''];
  if (one !== undefined && several !== undefined)
    reader.fault(tree, 'either “column” or “columns” is expected, not both');
  if (columns.length === 0) return reader.fault(tree, 'the name of a column is missing');
  for (const name of columns) uses({ name, line, path });
  const between = entries.get('with');
  if (between !== undefined && between.kind !== 'value') reader.fault(between, 'a text is expected here');
  const form = formOf(around, tree, type, columns);
  if (columns.length > 1 && form !== undefined && form.kind !== 'plain' && form.kind !== 'reference')
    reader.fault(tree, 'several columns are put together as a text or as a reference only');
  return form === undefined
    ? undefined
    : { kind: 'columns', line, path, columns, between: between?.kind === 'value' ? between.text : ' ', type, form };
};
