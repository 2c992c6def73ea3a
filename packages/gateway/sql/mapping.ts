/**
 * A mapping, read: how rows of a database are resources. `load-mapping.ts` makes it from YAML. FHIR R4 http.html;
 * docs/guides/connect-a-database.md.
 */
import type { CodeMap } from './code-map.ts';
import type { From } from './engine.ts';
import type { DateForm } from './local-date.ts';
import type { Place } from './mapping-tree.ts';

/** What becomes of the text of a column, or of several with `between` in between. */
export interface FromColumns extends Place {
  readonly kind: 'columns';
  readonly columns: readonly string[];
  readonly between: string;
  /** FHIR type of the element */
  readonly type: string;
  readonly form:
    | { readonly kind: 'plain' }
    | { readonly kind: 'codes'; readonly map: CodeMap }
    | { readonly kind: 'date'; readonly date: DateForm }
    /** each column is a part of the key */
    | { readonly kind: 'reference'; readonly type: string; readonly prefix: string }
    /** a number and perhaps `<` or the like, with this unit of UCUM */
    | { readonly kind: 'quantity'; readonly unit: string };
}

/** What an element is made of. */
export type Template =
  | FromColumns
  | (Place & { readonly kind: 'constant'; readonly value: string | number | boolean })
  | (Place & { readonly kind: 'list'; readonly items: readonly Template[] })
  | (Place & { readonly kind: 'object'; readonly members: ReadonlyMap<string, Template> })
  | (Place & {
      readonly kind: 'choice';
      readonly column: string;
      /** '' : nothing stands there */
      readonly is: readonly string[];
      readonly whenSo: Template;
      readonly otherwise?: Template;
    });

/** One table, view or SELECT whose rows are resources of a type. */
export interface Part extends Place {
  readonly type: string;
  readonly from: From;
  readonly id: { readonly columns: readonly string[]; readonly prefix: string };
  /** the instant of a row's last change; absent: the mapping's one for all */
  readonly updated?: { readonly column: string; readonly date: DateForm };
  readonly content:
    | { readonly kind: 'elements'; readonly template: Template & { readonly kind: 'object' } }
    /** the resource stands as JSON in a column */
    | { readonly kind: 'body'; readonly column: string };
  /** the parameters that it may be asked by, where the mapping names them */
  readonly search?: readonly (Place & { readonly param: string })[];
  /** every column that is named, and where */
  readonly columns: readonly (Place & { readonly name: string })[];
}

export interface Mapping {
  /** IANA name; dates of the database without an offset are of this zone */
  readonly timeZone: string;
  /** the instant of rows that tell of none */
  readonly updated: string;
  readonly parts: readonly Part[];
}
