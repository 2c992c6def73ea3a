/**
 * The elements of a resource as a mapping file writes them: in the shape of the resource, with a constant, or the columns
 * that they come from, where a value stands. Names and kinds are checked against FHIR's definitions. FHIR R4 json.html.
 */
import { isPrimitiveType, primitiveFault } from '@affinity/core/fhir/primitive-format.ts';
import { type ElementFact, typeFacts } from '@affinity/core/fhir/resource-type.ts';
import type { Template } from './mapping.ts';
import { oneOf, type Reader } from './mapping-reader.ts';
import type { Tree } from './mapping-tree.ts';
import { type ColumnsAround, readColumns } from './read-columns.ts';

export interface TemplateAround extends ColumnsAround {
  readonly reader: Reader;
}

/** `id`, `meta.versionId` and the like are the gateway's to say. */
const ours: Readonly<Record<string, readonly string[]>> = { Meta: ['versionId', 'lastUpdated'] };

const letters = (name: string): string => [...name.toLowerCase()].toSorted().join('');
/** The same letters in another order, or the same beginning. */
const isAlike = (one: string, other: string): boolean =>
  letters(one) === letters(other) || one.toLowerCase().startsWith(other.toLowerCase().slice(0, 3));

const readObject = (
  around: TemplateAround,
  tree: Tree,
  type: string,
  withheld: readonly string[],
): (Template & { kind: 'object' }) | undefined => {
  const { reader } = around;
  const facts = typeFacts(type);
  if (tree.kind !== 'map') return reader.fault(tree, `the elements of ${type} are expected here, or its column`);
  if (facts === undefined) return reader.fault(tree, `${type} cannot be mapped`);
  const members = new Map<string, Template>();
  for (const [name, child] of tree.entries) {
    const fact = facts.elements.get(name);
    if (fact === undefined || fact.type === 'Resource') {
      const alike = [...facts.elements.keys()].filter((one) => isAlike(one, name));
      reader.fault(child, `${type} has no element “${name}”${alike.length === 0 ? '' : `; is it ${oneOf(alike)}?`}`);
    } else if (withheld.includes(name)) reader.fault(child, `“${name}” is made by the gateway and cannot be mapped`);
    else {
      const member = readElement(around, child, fact);
      if (member !== undefined) members.set(name, member);
    }
  }
  return { kind: 'object', line: tree.line, path: tree.path, members };
};

/** What may stand at an element that repeats: a list, or one value, which is then a list of one. */
const readElement = (around: TemplateAround, tree: Tree, fact: ElementFact): Template | undefined => {
  const { line, path } = tree;
  if (!fact.repeats) {
    if (tree.kind === 'list') return around.reader.fault(tree, 'this element does not repeat: one value is expected');
    return readValue(around, tree, fact);
  }
  const items = (tree.kind === 'list' ? tree.items : [tree]).flatMap((item) => readValue(around, item, fact) ?? []);
  return { kind: 'list', line, path, items };
};

const readConstant = (
  { reader }: TemplateAround,
  tree: Tree & { kind: 'value' },
  type: string,
): Template | undefined => {
  if (!isPrimitiveType(type))
    return reader.fault(tree, `${type} is more than a text: its elements, or its column, are expected`);
  if (tree.value === null) return reader.fault(tree, 'a value is expected here');
  const isText = !['boolean', 'integer', 'decimal', 'unsignedInt', 'positiveInt'].includes(type);
  const value = isText ? tree.text : tree.value;
  const wrong = primitiveFault(type, value);
  return wrong === undefined
    ? { kind: 'constant', line: tree.line, path: tree.path, value }
    : reader.fault(tree, `this cannot be a ${type}: ${wrong.diagnostics}`);
};

const readChoice = (around: TemplateAround, tree: Tree & { kind: 'map' }, fact: ElementFact): Template | undefined => {
  const { reader } = around;
  const { line, path } = tree;
  reader.map(tree, ['if', 'then', 'else']);
  const asked = reader.need(tree.entries, 'if', tree);
  const so = reader.need(tree.entries, 'then', tree);
  const condition = asked && reader.map(asked, ['column', 'is']);
  const column = condition && asked && reader.text(reader.need(condition, 'column', asked));
  const is = condition && asked && reader.need(condition, 'is', asked);
  const whenSo = so && readValue(around, so, fact);
  const other = tree.entries.get('else');
  const otherwise = other && readValue(around, other, fact);
  if (column === undefined || is === undefined || whenSo === undefined || asked === undefined) return undefined;
  around.uses({ name: column, line: asked.line, path: asked.path });
  const values = (is.kind === 'list' ? is.items : [is]).flatMap((one) =>
    one.kind === 'value' ? [one.text] : (reader.fault(one, 'a text or null is expected here') ?? []),
  );
  return { kind: 'choice', line, path, column, is: values, whenSo, ...(otherwise === undefined ? {} : { otherwise }) };
};

const readValue = (around: TemplateAround, tree: Tree, fact: ElementFact): Template | undefined => {
  const { reader } = around;
  if (tree.kind === 'list') return reader.fault(tree, 'a list within a list cannot stand here');
  if (tree.kind === 'value') return readConstant(around, tree, fact.type);
  if (tree.entries.has('if')) return readChoice(around, tree, fact);
  if (tree.entries.has('column') || tree.entries.has('columns')) return readColumns(around, tree, fact.type);
  if (isPrimitiveType(fact.type))
    return reader.fault(tree, `a ${fact.type} is one value: a constant, or {column: …}, is expected`);
  return readObject(around, tree, fact.content ?? fact.type, ours[fact.type] ?? []);
};

/** The elements of a resource type. */
export const readTemplate = (
  around: TemplateAround,
  tree: Tree,
  type: string,
): (Template & { kind: 'object' }) | undefined => {
  const template = readObject(around, tree, type, ['id']);
  for (const { name, forms } of typeFacts(type)?.required ?? [])
    if (template !== undefined && !forms.some((form) => tree.kind === 'map' && tree.entries.has(form)))
      around.reader.fault(tree, `${type} must have ${oneOf(forms)}, and “${name}” is not mapped`);
  return template;
};
