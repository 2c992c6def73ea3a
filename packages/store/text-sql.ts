/** How texts compare: as they begin, as a whole, or anywhere. FHIR R4 search.html#string. */
import { fold } from '@affinity/core/fhir/extract.ts';
import { type Sql, sql } from './sql.ts';

/** LIKE takes these three characters for itself. */
const escapeLike = (text: string): string => text.replace(/[\\%_]/g, '\\$&');

/** As many characters as the indexes hold. */
const indexedLength = 128;
const indexedText = (text: string): string => [...text].slice(0, indexedLength).join('');

/**
 * The text begins with `start`; `indexed` is the expression that the index is on. The last text of the length that begins
 * so makes it a range, which any plan can look up, where LIKE needs to know the value.
 */
export const beginsSql = (column: Sql, indexed: Sql, start: string): Sql => {
  const first = indexedText(start);
  const last = first + '\u{10ffff}'.repeat(indexedLength - [...first].length);
  return sql`${indexed} between ${first} and ${last} and starts_with(${column}, ${start})`;
};

/** On rows that hold a text and its folded form. */
export const stringSql = (
  columns: { readonly folded: Sql; readonly text: Sql },
  text: string,
  modifier?: string,
): Sql => {
  const { folded } = columns;
  const indexed = sql`left(${folded}, 128)`;
  if (modifier === 'exact') return sql`${indexed} = ${indexedText(fold(text))} and ${columns.text} = ${text}`;
  return modifier === 'contains'
    ? sql`${folded} like ${`%${escapeLike(fold(text))}%`}`
    : beginsSql(folded, indexed, fold(text));
};
