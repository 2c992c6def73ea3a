/**
 * SQL built from fragments: whatever stands in `${…}` is a bound parameter or another fragment, never text of the statement.
 * Names of tables and columns come from the mapping alone, quoted. ISO/IEC 9075-2, 5.2 (delimited identifier).
 */
const fragment = Symbol('sql');

/** What is bound; a big integer only where SQLite is asked. */
export type Bound = string | number | bigint;

/** `texts` has one element more than `values`, and each value stands between two texts. */
export interface Sql {
  readonly [fragment]: true;
  readonly texts: readonly string[];
  readonly values: readonly Bound[];
}

const isSql = (part: Sql | Bound): part is Sql => typeof part === 'object';

const build = (strings: readonly string[], parts: readonly (Sql | Bound)[]): Sql => {
  const texts: string[] = [strings[0] ?? ''];
  const values: Bound[] = [];
  parts.forEach((part, index) => {
    const after = strings[index + 1] ?? '';
    if (!isSql(part)) {
      values.push(part);
      texts.push(after);
      return;
    }
    texts[texts.length - 1] += part.texts[0] ?? '';
    part.values.forEach((value, at) => {
      values.push(value);
      texts.push(part.texts[at + 1] ?? '');
    });
    texts[texts.length - 1] += after;
  });
  return { [fragment]: true, texts, values };
};

/** A fragment: `` sql`${column} = ${value}` ``. */
export const sql = (strings: TemplateStringsArray, ...parts: readonly (Sql | Bound)[]): Sql => build(strings, parts);

/** `separator` is text of ours. */
export const joinSql = (parts: readonly Sql[], separator: ' and ' | ' or ' | ', '): Sql =>
  build(['', ...parts.map((_, index) => (index === parts.length - 1 ? '' : separator))], parts);

/** The name of a table or a column, as the mapping has it. */
export const name = (text: string): Sql => build([`"${text.replaceAll('"', '""').replaceAll('\u0000', '')}"`], []);

/** The name of a table within its schema. */
export const qualified = (names: readonly string[]): Sql =>
  build([names.map((one) => name(one).texts.join('')).join('.')], []);

/** A SELECT that the mapping holds: text of whoever runs the gateway, never of a request. */
export const fromMapping = (select: string): Sql => build([`(${select}\n)`], []);

export interface Statement {
  readonly text: string;
  readonly values: readonly Bound[];
}

/** No text in a database holds NUL: it stands for nothing that is there. */
const withoutNul = (value: Bound): Bound => (typeof value === 'string' ? value.replaceAll('\u0000', '\uFFFD') : value);

/** @param place how the engine writes the place of parameter number `n`, from 1 */
export const toStatement = ({ texts, values }: Sql, place: (n: number) => string): Statement => ({
  text: texts.reduce((text, next, index) => `${text}${place(index)}${next}`),
  values: values.map(withoutNul),
});
