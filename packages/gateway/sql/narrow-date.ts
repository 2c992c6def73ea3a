/**
 * Dates as conditions on columns. A column knows neither zone nor precision as FHIR means them, so that both sides are
 * widened by two days: what is too much is left out by whoever looks at the resources. FHIR R4 search.html#date.
 */
import { dateRange, earliest, latest } from '@affinity/core/fhir/date-range.ts';
import type { SearchPath } from '@affinity/core/fhir/search-path.ts';
import { dateMatches, type Of } from '@affinity/core/fhir/value-match.ts';
import { allOf, anyOf, type Condition, type Conditions } from './condition.ts';
import type { Column } from './engine.ts';
import type { DateForm } from './local-date.ts';
import type { Template } from './mapping.ts';
import type { Ask } from './narrow-token.ts';
import { leavesAt } from './template-path.ts';

const slack = 2 * 86_400_000;
const clamp = (epoch: number): number => Math.min(Math.max(epoch, earliest), latest - 1);

export interface DateColumn {
  readonly column: Column;
  readonly form: DateForm;
}

const from = ({ compare }: Conditions, { column, form }: DateColumn, epoch: number): Condition =>
  compare(column, '>=', form.print(clamp(epoch - slack), form.partial));
const until = ({ compare }: Conditions, { column, form }: DateColumn, epoch: number): Condition =>
  compare(column, '<=', form.print(clamp(epoch + slack), false));

/** What begins in one column and ends in another, or in the same one; an end that is absent, or empty, is open. */
export const askRange =
  (around: Conditions, start: DateColumn | undefined, end: DateColumn | undefined) =>
  (asked: Of<'date'>): Condition => {
    const open = ({ column, form }: DateColumn): Condition => around.isEmpty(column, form.empties);
    const isPoint = start !== undefined && start === end;
    const begins = (at: (from: DateColumn) => Condition): Condition =>
      start === undefined || (isPoint ? at(start) : anyOf([open(start), at(start)]));
    const ends = (at: (until: DateColumn) => Condition): Condition =>
      end === undefined || (isPoint ? at(end) : anyOf([open(end), at(end)]));
    switch (asked.prefix) {
      case 'ne':
        return true;
      case 'eq':
      case 'ap':
        return allOf([ends((one) => from(around, one, asked.start)), begins((one) => until(around, one, asked.end))]);
      case 'gt':
      case 'ge':
        return ends((one) => from(around, one, asked.start));
      case 'sa':
        return begins((one) => from(around, one, asked.end));
      case 'lt':
      case 'le':
        return begins((one) => until(around, one, asked.end));
      case 'eb':
        return ends((one) => until(around, one, asked.start));
    }
  };

/** A date that comes from one column, in a form that grows with time. */
export const dateColumn = (around: Conditions, template: Template | 'within' | undefined): DateColumn | undefined => {
  if (template === undefined || template === 'within' || template.kind !== 'columns') return undefined;
  const { form, columns } = template;
  return form.kind === 'date' && form.date.sorts
    ? { column: around.column(columns[0] ?? ''), form: form.date }
    : undefined;
};

export const askDate = (around: Conditions, { type }: SearchPath, template: Template): Ask<Of<'date'>> => {
  if (template.kind === 'constant') {
    const range = dateRange(String(template.value));
    return range && ((asked) => dateMatches(range, asked));
  }
  if (type === 'Period' && template.kind === 'object') {
    const ends = ['start', 'end'].map((name) => leavesAt(template, [{ name }]));
    const [start, end] = ends.map(([leaf]) => dateColumn(around, leaf));
    const isClear = ends.every((leaves, index) => leaves.length === 0 || (leaves.length === 1 && [start, end][index]));
    return isClear && (start ?? end) !== undefined ? askRange(around, start, end) : undefined;
  }
  const column = dateColumn(around, template);
  return column && askRange(around, column, column);
};
