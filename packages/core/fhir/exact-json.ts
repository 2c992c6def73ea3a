/**
 * JSON whose numbers keep their text: a tree that can be changed and printed again, `0.10` still being `0.10` and
 * 9007199254740993 not rounded. FHIR R4 json.html#primitive; ECMA-262 JSON.parse source text access and JSON.rawJSON.
 */

/** A number as it was written. Opaque: made by `parseExact` and `exactNumber`, read by `numberText`. */
export interface ExactNumber {
  readonly rawJSON: string;
}
export type ExactObject = { [name: string]: Exact };
export type Exact = null | boolean | string | ExactNumber | ExactObject | Exact[];

/** What the engine offers and the type library does not know yet. */
interface ExactJson {
  readonly rawJSON: (text: string) => ExactNumber;
  readonly isRawJSON: (value: unknown) => value is ExactNumber;
  readonly parse: (
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ) => Exact;
  readonly stringify: (value: Exact, replacer: null, indent: number) => string;
}
const engine = JSON as unknown as ExactJson;

export const isExactNumber = (value: Exact | undefined): value is ExactNumber => engine.isRawJSON(value);
export const numberText = (value: ExactNumber): string => value.rawJSON;

/** RFC 8259 §6, which is also FHIR's grammar of a decimal. */
const numberGrammar = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** Undefined: the text is no number. */
export const exactNumber = (text: string): ExactNumber | undefined =>
  numberGrammar.test(text) ? engine.rawJSON(text) : undefined;

export const isExactObject = (value: Exact | undefined): value is ExactObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !engine.isRawJSON(value);

/** The text must have passed `parseJson`, which bounds its depth and refuses names that reach a prototype. */
export const parseExact = (text: string): Exact =>
  engine.parse(text, (_, value, { source }) =>
    typeof value === 'number' && source !== undefined ? engine.rawJSON(source) : value,
  );

/** Members stand in the order in which they were set. `indent`: spaces for each level; 0 writes one line. */
export const printExact = (value: Exact, indent = 0): string => engine.stringify(value, null, indent);
