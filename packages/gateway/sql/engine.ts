/** What the gateway asks of a database: a few kinds of columns, and SELECT. Nothing here can write. ISO/IEC 9075-2. */
import type { Sql, Statement } from './statement.ts';

/** How a column compares. `other`: as the text that the database prints it as. */
export type ColumnKind =
  | 'text'
  /** filled up with blanks, which do not count */
  | 'padded'
  | 'integer'
  | 'decimal'
  | 'boolean'
  | 'date'
  | 'timestamp'
  /** a timestamp that knows its offset */
  | 'instant'
  | 'uuid'
  | 'other'
  /** bytes: nothing can be made of them */
  | 'binary';

export interface Column {
  /** as the database has it */
  readonly name: string;
  readonly kind: ColumnKind;
}

export type Comparison = '=' | '<' | '<=' | '>' | '>=';

/** Where rows come from: a table or a view, perhaps within a schema, or a SELECT of the mapping. */
export type From =
  | { readonly kind: 'table'; readonly names: readonly string[] }
  | { readonly kind: 'select'; readonly sql: string };

export interface Dialect {
  /** how the place of a parameter is written */
  readonly place: (n: number) => string;
  /** what a column is compared and ordered as */
  readonly operand: (column: Column) => Sql;
  /** a text as a value that the column compares with; undefined: no value of the column's kind, so that it is equal to none */
  readonly bind: (column: Column, text: string) => Sql | undefined;
  /** true for every row whose text begins with this, or holds it, by FHIR's folding of strings; and for others */
  readonly like: (column: Column, text: string, anywhere: boolean) => Sql;
  /** a condition that is always true, and that a statement which is to end fails by; absent: the server can be told to stop */
  readonly goesOn?: Sql;
}

/** A value as text, whatever the database holds it as. */
export type Raw = string | null;

export interface SelectOptions {
  /** the work is given up, and the promise rejects with its reason */
  readonly signal?: AbortSignal;
}

/** A table as it is now, or a sentence for whoever wrote the mapping: what the database says against it. */
export type Columns = { readonly from: From; readonly columns: readonly Column[] } | { readonly fault: string };

/** A database that is open for reading. What goes wrong is told as a Source tells it, and never in the database's words. */
export interface SqlEngine {
  readonly dialect: Dialect;
  /** what stands after FROM */
  readonly source: (from: From) => Sql;
  columns(from: From): Promise<Columns>;
  select(statement: Statement, options?: SelectOptions): Promise<readonly (readonly Raw[])[]>;
  close(): Promise<void>;
}
