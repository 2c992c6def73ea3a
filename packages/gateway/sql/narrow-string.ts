/** Strings as conditions on columns. FHIR R4 search.html#string. */
import { fold } from '@affinity/core/fhir/extract.ts';
import type { SearchPath } from '@affinity/core/fhir/search-path.ts';
import { textMatches } from '@affinity/core/fhir/value-match.ts';
import type { Conditions } from './condition.ts';
import type { Template } from './mapping.ts';
import { type Ask, eachOf } from './narrow-token.ts';
import { leavesAt } from './template-path.ts';

export interface AskedText {
  readonly text: string;
  readonly modifier: string | undefined;
}

const parts: Readonly<Record<string, readonly string[]>> = {
  HumanName: ['family', 'given', 'prefix', 'suffix', 'text'],
  Address: ['line', 'city', 'district', 'state', 'postalCode', 'country', 'text'],
};

const primitive = (around: Conditions, template: Template): Ask<AskedText> => {
  if (template.kind === 'constant') {
    const text = String(template.value);
    return (asked) => textMatches({ text, folded: fold(text) }, asked.text, asked.modifier);
  }
  if (template.kind !== 'columns' || template.columns.length !== 1 || template.form.kind !== 'plain') return undefined;
  const column = around.column(template.columns[0] ?? '');
  return ({ text, modifier }) =>
    modifier === 'exact'
      ? around.compare(column, '=', text)
      : around.dialect.like(column, text, modifier === 'contains');
};

export const askString = (around: Conditions, { type }: SearchPath, template: Template): Ask<AskedText> => {
  const names = parts[type];
  if (names === undefined) return primitive(around, template);
  const leaves = names.flatMap((name) => leavesAt(template, [{ name }]));
  return eachOf(leaves.map((leaf) => (leaf === 'within' ? undefined : primitive(around, leaf))));
};
