/**
 * A resource read from XML into JSON text: the same elements, order and decimals. What the definitions do not know is
 * refused with its path, never passed over. FHIR R4 xml.html, json.html#xml.
 */
import { type Exact, type ExactObject, exactNumber, printExact } from '@affinity/core/fhir/exact-json.ts';
import { isPrimitive, type Property, propertiesOf } from '../properties.ts';
import { isAttribute } from './attribute.ts';
import { readXml, XmlFault, type XmlTag } from './sax.ts';
import { readXhtml, xhtmlNamespace } from './xhtml.ts';

export const fhirNamespace = 'http://hl7.org/fhir';
const declarations = 'http://www.w3.org/2000/xmlns/';
const numbers = new Set(['decimal', 'integer', 'positiveInt', 'unsignedInt']);

/** An element that is open: what has been read of it so far, and what it becomes when it closes. */
interface Level {
  /** absent inside a narrative */
  readonly path?: string;
  /** `end`: offset behind its last `>` */
  readonly close: (end: number) => void;
  readonly child: (tag: XmlTag, start: number) => Level;
}

/** The value of the attribute `value`, as JSON has it. */
const primitiveOf = (type: string, text: string, path: string): Exact => {
  if (numbers.has(type)) {
    const number = type === 'decimal' || /^-?\d+$/.test(text) ? exactNumber(text) : undefined;
    if (number === undefined) throw new XmlFault(`not a valid ${type}`, path);
    return number;
  }
  if (type !== 'boolean') return text;
  if (text !== 'true' && text !== 'false') throw new XmlFault('not a valid boolean', path);
  return text === 'true';
};

/** The attributes by name; those that an element may not have are refused. */
const attributesOf = (tag: XmlTag, allowed: (name: string) => boolean, path: string): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  for (const { name, uri, value } of Object.values(tag.attributes)) {
    if (uri === declarations) continue;
    if (uri !== '' || !allowed(name)) throw new XmlFault('an attribute that this element does not have', path);
    if (value === '') throw new XmlFault('an attribute must not be empty', path);
    found.set(name, value);
  }
  return found;
};

/** The elements of a type, each set in `object` when it closes. */
const members = (
  xml: string,
  object: ExactObject,
  typePath: string,
  path: string,
  ofResource: boolean,
): Pick<Level, 'child'> => {
  const properties = propertiesOf(typePath);
  let lastOrder = -1;
  let lastName = '';
  return {
    child: (tag, start) => {
      const name = tag.local;
      const property = properties?.get(name);
      const expected = property?.type === 'xhtml' ? xhtmlNamespace : fhirNamespace;
      const at = `${path}.${name}`.slice(0, 256);
      if (tag.uri !== expected) throw new XmlFault('an element of another namespace', at);
      if (property === undefined || isAttribute(name, typePath, ofResource))
        throw new XmlFault('this type has no such element', at);
      const again = name === lastName;
      if (property.order < lastOrder)
        throw new XmlFault('the element stands too late: the order is that of its type', at);
      if (property.order === lastOrder && !again)
        throw new XmlFault(`only one form of ${property.element.name}[x] may be given`, at);
      if (again && !property.element.repeats) throw new XmlFault('the element does not repeat', at);
      lastOrder = property.order;
      lastName = name;
      return opened(xml, object, name, property, tag, start, at);
    },
  };
};

/** Puts a value at its place, alone or at the end of its array, and what stands beside a primitive under `_name`. */
const put = (object: ExactObject, name: string, property: Property, value: Exact, beside: Exact): void => {
  if (!property.element.repeats) {
    if (value !== null) object[name] = value;
    if (beside !== null) object[`_${name}`] = beside;
    return;
  }
  append(object, name, value);
  if (isPrimitive(property)) append(object, `_${name}`, beside);
};
const append = (object: ExactObject, name: string, value: Exact): void => {
  const array = object[name];
  if (Array.isArray(array)) array.push(value);
  else object[name] = [value];
};

/** Arrays of which every place is empty are no elements of JSON. */
const dropEmpty = (object: ExactObject): void => {
  for (const [key, value] of Object.entries(object))
    if (Array.isArray(value) && value.every((one) => one === null)) delete object[key];
};

const opened = (
  xml: string,
  parent: ExactObject,
  name: string,
  property: Property,
  tag: XmlTag,
  start: number,
  at: string,
): Level => {
  const before = parent[name] ?? parent[`_${name}`];
  const path = property.element.repeats ? `${at}[${Array.isArray(before) ? before.length : 0}]` : at;
  if (property.type === 'xhtml') return xhtml(xml, parent, name, start, path);
  if (property.type === 'Resource') return holder(xml, parent, name, property, tag, path);
  const own: ExactObject = {};
  const primitive = isPrimitive(property);
  const typePath = primitive ? 'Element' : property.path;
  const attributes = attributesOf(
    tag,
    (each) => isAttribute(each, typePath, false) || (primitive && each === 'value'),
    path,
  );
  for (const [key, value] of attributes) if (key !== 'value') own[key] = value;
  const text = primitive ? attributes.get('value') : undefined;
  const value = text === undefined ? null : primitiveOf(property.type, text, path);
  return {
    path,
    ...members(xml, own, typePath, path, false),
    close: () => {
      const empty = Object.keys(own).length === 0;
      if (empty && value === null) throw new XmlFault('an element must not be empty', path);
      dropEmpty(own);
      if (primitive) put(parent, name, property, value, empty ? null : own);
      else put(parent, name, property, own, null);
    },
  };
};

/** `contained`, `Bundle.entry.resource` and their like: an element that holds one resource. */
const holder = (
  xml: string,
  parent: ExactObject,
  name: string,
  property: Property,
  tag: XmlTag,
  path: string,
): Level => {
  attributesOf(tag, () => false, path);
  let resource: ExactObject | undefined;
  return {
    path,
    child: (inner) => {
      if (resource !== undefined) throw new XmlFault('one resource is expected', path);
      resource = {};
      return resourceLevel(xml, resource, inner, path);
    },
    close: () => {
      if (resource === undefined) throw new XmlFault('one resource is expected', path);
      put(parent, name, property, resource, null);
    },
  };
};

const resourceLevel = (xml: string, resource: ExactObject, tag: XmlTag, path: string): Level => {
  if (tag.uri !== fhirNamespace) throw new XmlFault(`a resource is of the namespace ${fhirNamespace}`, path);
  // Whether there is such a type is judged with the rest of the resource.
  if (propertiesOf(tag.local) === undefined) throw new XmlFault('not a resource type of FHIR R4', path);
  attributesOf(tag, () => false, path);
  resource.resourceType = tag.local;
  return { path, ...members(xml, resource, tag.local, path, true), close: () => dropEmpty(resource) };
};

/** The narrative is kept as the text that it is; whether it may stand so is judged with the rest of the resource. */
const xhtml = (xml: string, parent: ExactObject, name: string, start: number, path: string): Level => {
  const inside: Level = { child: () => inside, close: () => undefined };
  return {
    child: () => inside,
    close: (end) => {
      const div = xml.slice(start, end);
      const fault = readXhtml(div);
      if (fault !== undefined) throw new XmlFault(fault.message, path);
      parent[name] = div;
    },
  };
};

export type XmlAsJson =
  | { readonly kind: 'ok'; readonly json: string }
  | { readonly kind: 'fault'; readonly fault: XmlFault };

/** Time and memory are proportional to the length of the text, whatever it holds; it never throws. */
export const xmlToJson = (xml: string, limits: { readonly depth: number }): XmlAsJson => {
  const resource: ExactObject = {};
  const levels: Level[] = [];
  /** how many elements of a narrative are open: text may stand in them alone */
  let narrative = 0;
  const text = (given: string): void => {
    if (narrative === 0 && /[^ \t\r\n]/.test(given))
      throw new XmlFault('text stands where only elements may: values are attributes', levels.at(-1)?.path);
  };
  const fault = readXml(xml, limits.depth, {
    open: (tag, start) => {
      const parent = levels.at(-1);
      levels.push(parent === undefined ? resourceLevel(xml, resource, tag, tag.local) : parent.child(tag, start));
      if (narrative > 0 || tag.uri === xhtmlNamespace) narrative += 1;
    },
    close: (_, end) => {
      levels.pop()?.close(end);
      if (narrative > 0) narrative -= 1;
    },
    text,
    cdata: text,
  });
  return fault === undefined ? { kind: 'ok', json: printExact(resource) } : { kind: 'fault', fault };
};
