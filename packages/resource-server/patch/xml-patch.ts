/** XML Patch on a resource: its XML is patched and read again, so that decimals keep their text. RFC 5261; RFC 7351; FHIR R4 http.html#patch. */
import { type Exact, parseExact } from '@affinity/core/fhir/exact-json.ts';
import { fhirNamespace, xmlToJson } from '../xml/parse.ts';
import { printXml } from '../xml/print.ts';
import { printTree, readTree, type XmlElement } from '../xml/tree.ts';
import { xhtmlNamespace } from '../xml/xhtml.ts';
import { parseSelector, type Selector, selectOne, type Target } from './selector.ts';
import { inapplicable, malformed, type PatchLimits, type Work } from './work.ts';

/** RFC 7351 §3 names the root `patch`; RFC 5261 calls it `diff` in its examples and leaves its namespace open. */
const patchNamespace = 'urn:ietf:rfc:7351';
const isPatchRoot = ({ name, namespace }: XmlElement): boolean =>
  (name === 'patch' && namespace === patchNamespace) || name === 'diff';

const attributesAllowed: Readonly<Record<string, readonly string[]>> = {
  add: ['sel', 'type', 'pos'],
  replace: ['sel'],
  // White space around what is removed is none of a resource's.
  remove: ['sel', 'ws'],
};

/** What an operation brings is FHIR, or the `div` of a narrative, by name or by having no namespace of its own. */
const isOfFhir = ({ namespace, children }: XmlElement): boolean =>
  ['', fhirNamespace, xhtmlNamespace].includes(namespace) && children.every(isOfFhir);
const contentOf = (operation: XmlElement): readonly XmlElement[] => {
  if (/\S/.test(operation.text)) throw malformed('an element is expected, and no text');
  if (!operation.children.every(isOfFhir)) throw malformed('what is added is of the namespace of FHIR');
  return operation.children;
};
const textOf = (operation: XmlElement): string => {
  if (operation.children.length > 0 || operation.text.trim() === '')
    throw malformed('the value of an attribute is given as text');
  return operation.text.trim();
};

const setAttribute = ({ element }: Target, name: string, value: string): void => {
  if (element.verbatim !== undefined) throw inapplicable('a narrative is replaced as a whole');
  element.attributes.set(name, value);
};

const addElements = (target: Target, operation: XmlElement): void => {
  const { element, parent } = target;
  const content = contentOf(operation);
  if (content.length === 0) throw malformed('there is nothing to add');
  const pos = operation.attributes.get('pos');
  if (pos === undefined || pos === 'prepend') {
    if (element.verbatim !== undefined) throw inapplicable('a narrative is replaced as a whole');
    element.children.splice(pos === 'prepend' ? 0 : element.children.length, 0, ...content);
    return;
  }
  if (pos !== 'before' && pos !== 'after') throw malformed('pos is before, after or prepend');
  if (parent === undefined) throw inapplicable('beside the resource there is nothing');
  parent.children.splice(parent.children.indexOf(element) + (pos === 'after' ? 1 : 0), 0, ...content);
};

const add = (target: Target, selector: Selector, operation: XmlElement): void => {
  if (selector.attribute !== undefined) throw malformed('what is added to is an element');
  const type = operation.attributes.get('type');
  if (type === undefined) {
    addElements(target, operation);
    return;
  }
  const name = /^@(\w+)$/.exec(type)?.[1];
  if (name === undefined) throw malformed('type is the name of an attribute, such as @value');
  if (target.element.attributes.has(name)) throw inapplicable('the attribute is there already: it can be replaced');
  setAttribute(target, name, textOf(operation));
};

const replace = (target: Target, { attribute }: Selector, operation: XmlElement): void => {
  const { element, parent } = target;
  if (attribute !== undefined) {
    if (!element.attributes.has(attribute)) throw inapplicable('a selector selects nothing');
    setAttribute(target, attribute, textOf(operation));
    return;
  }
  const [content, second] = contentOf(operation);
  if (content === undefined || second !== undefined) throw malformed('an element is replaced by one element');
  if (parent === undefined) throw malformed('the resource as a whole is not replaced by a patch');
  parent.children.splice(parent.children.indexOf(element), 1, content);
};

const remove = ({ element, parent }: Target, { attribute }: Selector, operation: XmlElement): void => {
  if (operation.children.length > 0) throw malformed('what is removed is only named');
  if (attribute !== undefined) {
    if (!element.attributes.delete(attribute)) throw inapplicable('a selector selects nothing');
  } else if (parent === undefined) throw malformed('the resource as a whole is not taken away by a patch');
  else parent.children.splice(parent.children.indexOf(element), 1);
};

const apply = (resource: XmlElement, patch: XmlElement, operation: XmlElement, work: Work): void => {
  const { name, namespace, attributes } = operation;
  const allowed = Object.hasOwn(attributesAllowed, name) ? attributesAllowed[name] : undefined;
  if (allowed === undefined || namespace !== patch.namespace) throw malformed('an operation is add, replace or remove');
  for (const each of attributes.keys())
    if (!allowed.includes(each)) throw malformed(`the attributes of ${name} are ${allowed.join(', ')}`);
  const sel = attributes.get('sel');
  if (sel === undefined) throw malformed('sel is missing');
  const selector = parseSelector(sel, (prefix) => {
    const bound = operation.declared.get(prefix) ?? patch.declared.get(prefix);
    return bound === fhirNamespace || bound === xhtmlNamespace;
  });
  const target = selectOne(resource, selector, work);
  if (name === 'add') add(target, selector, operation);
  else if (name === 'replace') replace(target, selector, operation);
  else remove(target, selector, operation);
};

/** Throws `PatchFault`. `patchText` is XML of any kind; nothing of it has been judged. */
export const xmlPatched = (resource: Exact, patchText: string, limits: PatchLimits, work: Work): Exact => {
  const patch = readTree(patchText, limits.depth);
  if (patch.kind === 'fault') throw malformed(patch.fault.message);
  if (!isPatchRoot(patch.root)) throw malformed(`an XML Patch is an element patch of ${patchNamespace}, or diff`);
  if (patch.root.children.length > limits.operations)
    throw malformed(`a patch has at most ${limits.operations} operations`);
  const printed = printXml(resource, false);
  if (printed.kind === 'fault') throw inapplicable('the resource cannot be given as XML', printed.path);
  const tree = readTree(printed.xml, limits.depth * 2);
  if (tree.kind === 'fault') throw inapplicable('the resource cannot be given as XML');
  for (const operation of patch.root.children) apply(tree.root, patch.root, operation, work);
  const read = xmlToJson(printTree(tree.root, fhirNamespace), { depth: limits.depth });
  if (read.kind === 'fault') throw inapplicable(read.fault.message, read.fault.path);
  return parseExact(read.json);
};
