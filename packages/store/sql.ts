/**
 * SQL built from fragments: whatever stands in `${…}` is a bound parameter or another fragment, never text of the
 * statement. PostgreSQL 18 documentation, 54.2.3 (extended query).
 */
import { hash } from 'node:crypto';

const fragment = Symbol('sql');

/** A piece of a statement: `texts` has one element more than `values`, and each value stands between two texts. */
export interface Sql {
  readonly [fragment]: true;
  readonly texts: readonly string[];
  readonly values: readonly unknown[];
}

const isSql = (part: unknown): part is Sql => typeof part === 'object' && part !== null && fragment in part;

const build = (strings: readonly string[], parts: readonly unknown[]): Sql => {
  const texts: string[] = [strings[0] ?? ''];
  const values: unknown[] = [];
  const append = (text: string): void => {
    texts[texts.length - 1] += text;
  };
  parts.forEach((part, index) => {
    const after = strings[index + 1] ?? '';
    if (!isSql(part)) {
      values.push(part);
      texts.push(after);
      return;
    }
    append(part.texts[0] ?? '');
    part.values.forEach((value, at) => {
      values.push(value);
      texts.push(part.texts[at + 1] ?? '');
    });
    append(after);
  });
  return { [fragment]: true, texts, values };
};

/** A fragment: `` sql`f.owner = ${id}` ``. */
export const sql = (strings: TemplateStringsArray, ...parts: readonly unknown[]): Sql => build(strings, parts);

/** The fragments one after another with `separator` between them; `separator` is text of ours. */
export const joinSql = (parts: readonly Sql[], separator: ' and ' | ' or ' | ', '): Sql =>
  build(['', ...parts.map((_, index) => (index === parts.length - 1 ? '' : separator))], parts);

/** All of the conditions, true when there are none. */
export const andSql = (conditions: readonly Sql[]): Sql =>
  conditions.length === 0 ? sql`true` : sql`(${joinSql(conditions, ' and ')})`;

/** Any of the conditions, false when there are none. */
export const orSql = (conditions: readonly Sql[]): Sql =>
  conditions.length === 0 ? sql`false` : sql`(${joinSql(conditions, ' or ')})`;

export interface Statement {
  readonly text: string;
  readonly values: unknown[];
}

/** PostgreSQL holds no NUL, and FHIR allows none in a string: it stands for nothing that is stored. */
export const withoutNul = (text: string): string => text.replaceAll('\u0000', '\uFFFD');

/** The statement as `pg` takes it, with `$1`, `$2`… where the values stand. */
export const toStatement = ({ texts, values }: Sql): Statement => ({
  text: texts.reduce((text, next, index) => `${text}$${index}${next}`),
  values: values.map((value) => (typeof value === 'string' ? withoutNul(value) : value)),
});

/** Statements that get a name, and so are parsed once per connection; the others go unnamed. */
const namesKept = 200;
/** Characters of a text that gets a name: the plans of longer ones, over a hundred types, would fill every connection. */
const longestNamed = 16_000;

/**
 * Names statements by their text, so that a connection parses each once. A name is a hash of the text, because several
 * parts may share a connection. Bounded, because every connection keeps what has a name: what comes after the first 200
 * texts goes unnamed.
 */
export const createStatementNames = (): ((statement: Statement) => Statement & { readonly name?: string }) => {
  const names = new Map<string, string>();
  return (statement) => {
    const known = names.get(statement.text);
    if (known !== undefined) return { ...statement, name: known };
    if (names.size >= namesKept || statement.text.length > longestNamed) return statement;
    const name = `store-${hash('sha256', statement.text).slice(0, 32)}`;
    names.set(statement.text, name);
    return { ...statement, name };
  };
};
