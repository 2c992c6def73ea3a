/**
 * A mapping held against the database that it is for: that its tables and columns are there, of kinds that what is made of
 * them allows. Every fault is told at once, with its line. ISO/IEC 9075-11 (information about columns).
 */
import type { Column, SqlEngine } from './engine.ts';
import type { FromColumns, Mapping, Part, Template } from './mapping.ts';
import type { Fault, Place } from './mapping-tree.ts';
import type { Sql } from './statement.ts';

export interface BoundPart {
  readonly part: Part;
  /** what stands after FROM */
  readonly source: Sql;
  /** the column that the mapping names so */
  readonly column: (name: string) => Column;
  /** every column that is read, each once */
  readonly columns: readonly Column[];
}

export type BoundMapping =
  | { readonly kind: 'bound'; readonly parts: readonly BoundPart[] }
  | { readonly kind: 'faults'; readonly faults: readonly Fault[] };

/** Every use of columns in a template. */
const usesIn = (template: Template): readonly FromColumns[] => {
  switch (template.kind) {
    case 'columns':
      return [template];
    case 'constant':
      return [];
    case 'list':
      return template.items.flatMap(usesIn);
    case 'object':
      return [...template.members.values()].flatMap(usesIn);
    case 'choice':
      return [template.whenSo, ...(template.otherwise === undefined ? [] : [template.otherwise])].flatMap(usesIn);
  }
};
const usesOf = ({ content }: Part): readonly FromColumns[] =>
  content.kind === 'elements' ? usesIn(content.template) : [];

const findColumn = (columns: readonly Column[], name: string): Column | undefined => {
  const alike = columns.filter((column) => column.name.toLowerCase() === name.toLowerCase());
  return columns.find((column) => column.name === name) ?? (alike.length === 1 ? alike[0] : undefined);
};

const ofDates = ['date', 'timestamp', 'instant'];

/** What a form of dates demands of the column. */
const dateFault = (
  { kind }: Column,
  form: { readonly name: string; readonly partial: boolean },
): string | undefined => {
  if (ofDates.includes(kind)) {
    return form.name === 'iso' && !form.partial
      ? undefined
      : 'this column is a date of the database: leave “date” and “partial” out';
  }
  return form.name === 'iso' && kind === 'integer'
    ? 'this column holds numbers: say by “date” how they are dates'
    : undefined;
};

const checkDates = ({ part, column }: BoundPart, fault: (place: Place, text: string) => void): void => {
  for (const use of usesOf(part))
    if (use.form.kind === 'date') {
      const wrong = dateFault(column(use.columns[0] ?? ''), use.form.date);
      if (wrong !== undefined) fault(use, wrong);
    }
  const updated = part.updated && dateFault(column(part.updated.column), part.updated.date);
  if (updated !== undefined) fault(part, `updated: ${updated}`);
};

/** A number and a text are never the same key: 47113 is not 0047113. */
const checkReferences = (
  bound: BoundPart,
  parts: readonly BoundPart[],
  fault: (place: Place, text: string) => void,
): void => {
  for (const use of usesOf(bound.part)) {
    const { form } = use;
    if (form.kind !== 'reference') continue;
    const target = parts.find(({ part }) => part.type === form.type && part.id.prefix === form.prefix);
    target?.part.id.columns.forEach((name, index) => {
      const [here, there] = [bound.column(use.columns[index] ?? ''), target.column(name)];
      if ((here.kind === 'integer') !== (there.kind === 'integer'))
        fault(
          use,
          `“${here.name}” and the key “${there.name}” of ${form.type} are not both whole numbers or both texts, so that references would not meet`,
        );
    });
  }
};

export const bindMapping = async (
  { parts }: Mapping,
  engine: Pick<SqlEngine, 'columns' | 'source'>,
): Promise<BoundMapping> => {
  const faults: Fault[] = [];
  const fault = ({ line, path }: Place, text: string): void => void faults.push({ line, path, fault: text });
  const bound: BoundPart[] = [];
  for (const part of parts) {
    const known = await engine.columns(part.from);
    if ('fault' in known) {
      fault(
        part,
        `the database does not take ${part.from.kind === 'table' ? `“${part.from.names.join('.')}”` : 'this SELECT'}: ${known.fault}`,
      );
      continue;
    }
    const found = new Map<string, Column>();
    for (const { name, line, path } of part.columns) {
      const column = findColumn(known.columns, name);
      if (column === undefined)
        fault(
          { line, path },
          `there is no column “${name}”; there are ${known.columns.map((one) => one.name).join(', ')}`,
        );
      else if (column.kind === 'binary')
        fault({ line, path }, `the column “${name}” holds bytes, of which no text can be made`);
      else found.set(name, column);
    }
    if (part.columns.some(({ name }) => !found.has(name))) continue;
    bound.push({
      part,
      source: engine.source(known.from),
      column: (name) => found.get(name) ?? { name, kind: 'other' },
      columns: [...new Map([...found.values()].map((column) => [column.name, column])).values()],
    });
  }
  for (const one of bound) {
    checkDates(one, fault);
    checkReferences(one, bound, fault);
  }
  return faults.length > 0
    ? { kind: 'faults', faults: faults.toSorted((a, b) => a.line - b.line) }
    : { kind: 'bound', parts: bound };
};
