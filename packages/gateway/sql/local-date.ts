/**
 * Dates as databases hold them, in a form that the mapping names, and as FHIR writes them. A part that is `00` is one that
 * nobody knows, where the mapping says that this happens. FHIR R4 datatypes.html#date, #dateTime, #instant.
 */
export interface DateForm {
  /** as the mapping names it */
  readonly name: string;
  /** there may be a time of the day in it */
  readonly timed: boolean;
  /** later dates are greater, as texts or as numbers */
  readonly sorts: boolean;
  /** months and days may be unknown */
  readonly partial: boolean;
  /** undefined: it is no date; `empty`: it says that there is none */
  readonly read: (text: string, zone: (wall: number) => string) => string | 'empty' | undefined;
  /** an instant in this form; `floor`: the first of those whose month and day are unknown, in its year */
  readonly print: (epoch: number, floor: boolean) => string;
  /** texts that say that there is no date */
  readonly empties: readonly string[];
}

const tokens: Readonly<Record<string, { readonly field: Field; readonly digits: number }>> = {
  YYYY: { field: 'year', digits: 4 },
  MM: { field: 'month', digits: 2 },
  DD: { field: 'day', digits: 2 },
  HH: { field: 'hour', digits: 2 },
  mm: { field: 'minute', digits: 2 },
  ss: { field: 'second', digits: 2 },
};
type Field = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second';
const order: readonly Field[] = ['year', 'month', 'day', 'hour', 'minute', 'second'];

type Fields = { readonly [field in Field]?: string } & { readonly fraction?: string; readonly offset?: string };

/** FHIR's text of the parts; whether there is such a day is looked at by whoever checks the resource. */
const fhirText = (fields: Fields, partial: boolean, zone: (wall: number) => string): string | undefined => {
  const { year = '', month, day, hour, minute = '00', second = '00', fraction, offset } = fields;
  if (!/^\d{4}$/.test(year) || year === '0000') return undefined;
  if (month === undefined || month === '00') return partial && (day ?? '00') === '00' ? year : undefined;
  if (day === undefined || day === '00') return partial ? `${year}-${month}` : undefined;
  const date = `${year}-${month}-${day}`;
  if (hour === undefined) return date;
  const wall = Date.parse(`${date}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(wall)) return undefined;
  const milliseconds = fraction === undefined || /^0*$/.test(fraction) ? '' : `.${fraction}`;
  return `${date}T${hour}:${minute}:${second}${milliseconds}${offset ?? zone(wall)}`;
};

const isoPattern =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?)?)?$/;
const isoOffset = (text: string | undefined): string | undefined => {
  if (text === undefined || text === 'Z') return text;
  const hours = text.slice(0, 3);
  const minutes = text.slice(3).replace(':', '') || '00';
  return `${hours}:${minutes}` === '+00:00' ? 'Z' : `${hours}:${minutes}`;
};

const isoForm = (partial: boolean): DateForm => ({
  name: 'iso',
  timed: true,
  sorts: true,
  partial,
  read: (text, zone) => {
    if (text === '') return 'empty';
    const match = isoPattern.exec(text);
    if (match === null) return undefined;
    const [, year, month, day, hour, minute, second, fraction, offset] = match;
    const zoned = isoOffset(offset);
    const fields = { year, month, day, hour, minute, second, fraction, offset: zoned };
    return fhirText(Object.fromEntries(Object.entries(fields).filter(([, one]) => one !== undefined)), partial, zone);
  },
  print: (epoch, floor) => new Date(epoch).toISOString().slice(0, floor ? 4 : 10),
  empties: [''],
});

const epochForm = (name: string, unit: number): DateForm => ({
  name,
  timed: true,
  sorts: true,
  partial: false,
  read: (text) => {
    if (text === '') return 'empty';
    const epoch = /^-?\d{1,14}$/.test(text) ? Number(text) * unit : Number.NaN;
    return Math.abs(epoch) < 2e14 ? new Date(epoch).toISOString() : undefined;
  },
  print: (epoch) => String(Math.floor(epoch / unit)),
  empties: [''],
});

const partsOf = (pattern: string): readonly string[] => pattern.match(/YYYY|MM|DD|HH|mm|ss|[^A-Za-z0-9]/g) ?? [];

const patternForm = (pattern: string, partial: boolean): DateForm | undefined => {
  const parts = partsOf(pattern);
  const fields = parts.flatMap((part) => tokens[part]?.field ?? []);
  const isWhole = parts.join('') === pattern && new Set(fields).size === fields.length;
  const known = order.slice(0, fields.length);
  if (!isWhole || !known.every((field) => fields.includes(field)) || !fields.includes('year')) return undefined;
  const expression = new RegExp(
    `^${parts.map((part) => (tokens[part] === undefined ? `\\${part}` : `(\\d{${tokens[part].digits}})`)).join('')}$`,
  );
  const zeros = parts.map((part) => (tokens[part] === undefined ? part : '0'.repeat(part.length))).join('');
  const empties = ['', '0', zeros];
  return {
    name: pattern,
    timed: fields.includes('hour'),
    sorts: fields.every((field, index) => field === known[index]),
    partial,
    empties,
    read: (text, zone) => {
      if (empties.includes(text)) return 'empty';
      const values = expression.exec(text)?.slice(1);
      if (values === undefined) return undefined;
      return fhirText(Object.fromEntries(fields.map((field, index) => [field, values[index]])), partial, zone);
    },
    print: (epoch, floor) => {
      const digits = new Date(epoch).toISOString();
      const at: Readonly<Record<Field, string>> = {
        year: digits.slice(0, 4),
        month: floor ? '00' : digits.slice(5, 7),
        day: floor ? '00' : digits.slice(8, 10),
        hour: floor ? '00' : digits.slice(11, 13),
        minute: floor ? '00' : digits.slice(14, 16),
        second: floor ? '00' : digits.slice(17, 19),
      };
      return parts.map((part) => (tokens[part] === undefined ? part : at[tokens[part].field])).join('');
    },
  };
};

/** What a mapping may write for `date:`; undefined: none of them. */
export const dateForm = (name: string, partial = false): DateForm | undefined => {
  if (name === 'iso') return isoForm(partial);
  if (name === 'epoch-seconds') return epochForm(name, 1000);
  if (name === 'epoch-milliseconds') return epochForm(name, 1);
  return patternForm(name, partial);
};
