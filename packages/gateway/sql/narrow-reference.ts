/** References as conditions on the columns that hold the key of what is referred to. FHIR R4 search.html#reference. */
import type { SearchPath } from '@affinity/core/fhir/search-path.ts';
import type { SearchValue } from '@affinity/core/fhir/search-query.ts';
import { allOf, type Conditions } from './condition.ts';
import { keyOf } from './local-id.ts';
import type { Template } from './mapping.ts';
import { type Ask, eachOf } from './narrow-token.ts';
import { leavesAt } from './template-path.ts';

const literal = (around: Conditions, { target }: SearchPath, template: Template): Ask<SearchValue> => {
  if (template.kind === 'constant') {
    const [, type, id] = /^(\w+)\/([\w.-]+)$/.exec(String(template.value)) ?? [];
    if (type === undefined) return undefined;
    return (value) =>
      value.kind === 'reference' && value.id === id && (value.type ?? type) === type && (target ?? type) === type;
  }
  if (template.kind !== 'columns' || template.form.kind !== 'reference') return undefined;
  const { columns, form } = template;
  if (target !== undefined && target !== form.type) return () => false;
  return (value) => {
    if (value.kind !== 'reference' || (value.type ?? form.type) !== form.type) return false;
    const key = keyOf(value.id, columns.length, form.prefix);
    return key !== undefined && allOf(key.map((text, i) => around.compare(around.column(columns[i] ?? ''), '=', text)));
  };
};

export const askReference = (around: Conditions, path: SearchPath, template: Template): Ask<SearchValue> => {
  if (path.type !== 'Reference') return undefined;
  if (template.kind !== 'object') return literal(around, path, template);
  const leaves = leavesAt(template, [{ name: 'reference' }]);
  return eachOf(leaves.map((leaf) => (leaf === 'within' ? undefined : literal(around, path, leaf))));
};
