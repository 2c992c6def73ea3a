/** Tokens as conditions on columns: codes through the code map the other way round. FHIR R4 search.html#token. */
import type { SearchPath } from '@affinity/core/fhir/search-path.ts';
import type { Of } from '@affinity/core/fhir/value-match.ts';
import { type LocalCodes, localCodesOf, localsOfPlain } from './code-map.ts';
import { allOf, anyOf, type Condition, type Conditions } from './condition.ts';
import type { FromColumns, Template } from './mapping.ts';
import { leavesAt } from './template-path.ts';

/** What one piece of a template says to a value; undefined: it cannot be asked by. */
export type Ask<Value> = ((value: Value) => Condition) | undefined;

/** All of them, or undefined where one cannot be asked by: it might have what is wanted. */
export const eachOf = <Value>(asks: readonly Ask<Value>[]): Ask<Value> => {
  const known = asks.flatMap((ask) => ask ?? []);
  return known.length < asks.length ? undefined : (value) => anyOf(known.map((ask) => ask(value)));
};

const inColumn = ({ column, among }: Conditions, { columns }: FromColumns, codes: LocalCodes): Condition =>
  codes.kind === 'any' || among(column(columns[0] ?? ''), codes.codes);

/** A primitive that is equal to a text. */
export const equals = (around: Conditions, template: Template): Ask<string> => {
  if (template.kind === 'constant') return (text) => String(template.value) === text;
  if (template.kind !== 'columns' || template.columns.length !== 1) return undefined;
  const { form, type } = template;
  const column = around.column(template.columns[0] ?? '');
  if (form.kind === 'codes') {
    const { map } = form;
    return type === 'boolean' ? undefined : (text) => inColumn(around, template, localsOfPlain(map, text));
  }
  if (form.kind !== 'plain' || (type === 'boolean' && column.kind !== 'boolean')) return undefined;
  return (text) => around.compare(column, '=', text);
};

/** Whatever stands at a member of an object, or in a branch of it. */
const members = (template: Template, ...names: readonly string[]) =>
  leavesAt(
    template,
    names.map((name) => ({ name })),
  );

type Wanted = Pick<Of<'token'>, 'system' | 'code'>;

/** `system` and `code` (or `value`) of an object. */
const pair = (around: Conditions, template: Template, codeName: string, ofSystem: boolean): Ask<Wanted> => {
  const ask = (name: string): readonly Ask<string>[] =>
    members(template, name).map((leaf) => (leaf === 'within' ? undefined : equals(around, leaf)));
  const [systems, codes] = [ofSystem ? ask('system') : [], ask(codeName)];
  const system = eachOf(systems);
  const code = eachOf(codes);
  if (system === undefined || code === undefined) return undefined;
  return (wanted) =>
    allOf([
      codes.length > 0,
      wanted.code === undefined || code(wanted.code),
      wanted.system === undefined ||
        (wanted.system === '' ? true : ofSystem && systems.length > 0 && system(wanted.system)),
    ]);
};

const coding = (around: Conditions, template: Template): Ask<Wanted> => {
  if (template.kind === 'object') return pair(around, template, 'code', true);
  if (template.kind !== 'columns' || template.form.kind !== 'codes') return undefined;
  const { map } = template.form;
  return (wanted) => inColumn(around, template, localCodesOf(map, wanted));
};

/** A value of this FHIR type, whatever stands for it in the template. */
export const askToken = (around: Conditions, { type, system = '' }: SearchPath, template: Template): Ask<Wanted> => {
  switch (type) {
    case 'CodeableConcept':
      if (template.kind !== 'object') return coding(around, template);
      return eachOf(members(template, 'coding').map((leaf) => (leaf === 'within' ? undefined : coding(around, leaf))));
    case 'Coding':
      return coding(around, template);
    case 'Identifier':
      return template.kind === 'object' ? pair(around, template, 'value', true) : undefined;
    case 'ContactPoint':
      return template.kind === 'object' ? pair(around, template, 'value', false) : undefined;
    case 'code':
    case 'boolean':
    case 'string':
    case 'id': {
      const ask = equals(around, template);
      return (
        ask &&
        (({ system: asked, code }) => (asked === undefined || asked === system) && (code === undefined || ask(code)))
      );
    }
    default:
      return undefined;
  }
};
