/**
 * A row as a resource: whole, or not at all. What stands in a row and cannot be told in FHIR (a date that is none, a code
 * that an element of type `code` has no word for, nothing where something must be) withholds the row. FHIR R4 json.html.
 */
import { hash } from 'node:crypto';
import {
  type Exact,
  type ExactObject,
  exactNumber,
  isExactObject,
  printExact,
} from '@affinity/core/fhir/exact-json.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { checkShape } from '@affinity/core/fhir/resource-shape.ts';
import type { Held } from '../source.ts';
import { codingsOf, plainCodeOf } from './code-map.ts';
import { idOf } from './local-id.ts';
import type { FromColumns, Template } from './mapping.ts';

export interface Row {
  /** the text of a column; null: nothing stands there */
  readonly text: (column: string) => string | null;
  readonly zone: (wall: number) => string;
}

/** Why a row is withheld: the element of the mapping, and no value of the row. */
export class Unmappable extends Error {
  readonly path: string;
  constructor(path: string, reason: string) {
    super(reason);
    this.name = 'Unmappable';
    this.path = path;
  }
}

/** `given`: whether a column of it had something. */
interface Made {
  readonly value: Exact | undefined;
  readonly given: boolean;
  /** it comes from columns, in part or as a whole */
  readonly fromColumns: boolean;
}
const nothing: Made = { value: undefined, given: false, fromColumns: true };

const numbers = ['decimal', 'integer', 'unsignedInt', 'positiveInt'];
const truths: Readonly<Record<string, boolean>> = { true: true, t: true, 1: true, false: false, f: false, 0: false };

/** A number of a database, which may have a comma and zeros before it. */
const numberOf = (text: string): Exact | undefined => {
  const [, sign = '', whole = '', fraction] = /^\s*([+-]?)0*(\d+)(?:[.,](\d+))?\s*$/.exec(text) ?? [];
  return (
    exactNumber(`${sign === '-' ? '-' : ''}${whole}${fraction === undefined ? '' : `.${fraction}`}`) ??
    exactNumber(text)
  );
};

const primitive = (type: string, text: string): Exact | undefined => {
  if (type === 'boolean') return truths[text.toLowerCase()];
  return numbers.includes(type) ? numberOf(text) : text;
};

const codedValue = (type: string, map: Parameters<typeof codingsOf>[0], text: string): Exact | undefined => {
  if (type !== 'CodeableConcept' && type !== 'Coding') {
    const code = plainCodeOf(map, text);
    return code === undefined ? undefined : primitive(type, code);
  }
  const codings = codingsOf(map, text).map((coding) => ({ ...coding }) as ExactObject);
  const [first] = codings;
  if (type === 'Coding') return first;
  return { ...(first === undefined ? {} : { coding: codings }), text: map.codes.get(text)?.display ?? text };
};

const quantity = (unit: string, text: string): Exact | undefined => {
  const [, comparator, amount = ''] = /^\s*([<>]=?)?\s*(.*)$/.exec(text) ?? [];
  const value = numberOf(amount);
  if (value === undefined) return undefined;
  return {
    value,
    ...(comparator === undefined ? {} : { comparator }),
    unit,
    system: 'http://unitsofmeasure.org',
    code: unit,
  };
};

const convert = (
  { form, type, between }: FromColumns,
  texts: readonly string[],
  zone: Row['zone'],
): Exact | undefined => {
  const text = texts.join(between);
  switch (form.kind) {
    case 'plain':
      return primitive(type, text);
    case 'codes':
      return codedValue(type, form.map, text);
    case 'date': {
      const date = form.date.read(text, zone);
      if (type === 'date') return date?.slice(0, 10);
      return type === 'instant' && date?.length === 10 ? undefined : date;
    }
    case 'reference': {
      const id = idOf(texts, form.prefix);
      if (id === undefined) return undefined;
      return type === 'Reference' ? { reference: `${form.type}/${id}` } : `${form.type}/${id}`;
    }
    case 'quantity':
      return quantity(form.unit, text);
  }
};

const fromColumns = (template: FromColumns, row: Row): Made => {
  const given = template.columns.map(row.text);
  const texts = given.flatMap((text) => (text === null || text === '' ? [] : [text]));
  // A key of several columns of which one is empty refers to nothing.
  if (texts.length === 0 || (template.form.kind === 'reference' && texts.length < given.length)) return nothing;
  const value = convert(template, texts, row.zone);
  if (value === 'empty' && template.form.kind === 'date') return nothing;
  if (value === undefined) throw new Unmappable(template.path, `no ${template.type} can be made of what stands there`);
  return { value, given: true, fromColumns: true };
};

const together = (made: readonly Made[]): Omit<Made, 'value'> => ({
  given: made.some((one) => one.given),
  fromColumns: made.some((one) => one.fromColumns),
});

const make = (template: Template, row: Row): Made => {
  switch (template.kind) {
    case 'constant': {
      const { value } = template;
      return {
        value: typeof value === 'number' ? exactNumber(String(value)) : value,
        given: false,
        fromColumns: false,
      };
    }
    case 'columns':
      return fromColumns(template, row);
    case 'choice': {
      const chosen = template.is.includes(row.text(template.column) ?? '') ? template.whenSo : template.otherwise;
      return chosen === undefined ? { ...nothing, fromColumns: false } : make(chosen, row);
    }
    case 'list': {
      const made = template.items.map((item) => make(item, row));
      const values = made.flatMap(({ value }) => (value === undefined ? [] : [value]));
      return { value: values.length === 0 ? undefined : values, ...together(made) };
    }
    case 'object': {
      const members = [...template.members].map(([name, member]) => [name, make(member, row)] as const);
      const whole = together(members.map(([, one]) => one));
      const values = members.flatMap(([name, { value }]) => (value === undefined ? [] : [[name, value] as const]));
      // A group whose columns are all empty is left out, with the constants that stand in it.
      const isLeftOut = values.length === 0 || (whole.fromColumns && !whole.given);
      return { value: isLeftOut ? undefined : Object.fromEntries(values), ...whole };
    }
  }
};

export interface Identity {
  readonly type: string;
  readonly id: string;
  /** instant with milliseconds, UTC */
  readonly lastUpdated: string;
}

/** The version is told by its content. */
export const versionOf = (content: string): string => hash('sha256', content).slice(0, 32);

/** @throws Unmappable */
export const heldOf = (template: Template, row: Row, { type, id, lastUpdated }: Identity): Held => {
  const { value } = make(template, row);
  const elements = isExactObject(value) ? value : {};
  const { meta, ...others } = elements;
  const versionId = versionOf(printExact({ ...elements }));
  const ours = { versionId, lastUpdated, ...(isExactObject(meta) ? meta : {}) };
  const body = printExact({ resourceType: type, id, meta: ours, ...others });
  const resource = JSON.parse(body) as Resource;
  const [issue] = checkShape(resource);
  if (issue !== undefined) throw new Unmappable(issue.expression?.[0] ?? type, issue.diagnostics ?? issue.code);
  return { type, id, versionId, lastUpdated, body, resource };
};
