/** A resource printed as XML: elements in the order of their definitions, decimals as they were written. FHIR R4 xml.html. */
import {
  type Exact,
  type ExactObject,
  isExactNumber,
  isExactObject,
  numberText,
} from '@affinity/core/fhir/exact-json.ts';
import { isPrimitive, type Property, propertiesOf } from '../properties.ts';
import { isAttribute } from './attribute.ts';
import { escapeXml } from './escape.ts';
import { embeddableXhtml } from './xhtml.ts';

export type PrintedXml =
  | { readonly kind: 'ok'; readonly xml: string }
  /** an element that the definitions do not know, or whose value is not of their kind */
  | { readonly kind: 'fault'; readonly path: string };

/** Thrown and caught in this file alone. */
class Unprintable extends Error {
  readonly path: string;
  constructor(path: string) {
    super('no place in XML');
    this.path = path;
  }
}

interface Printer {
  readonly out: string[];
  /** what stands before each tag: nothing, or a line end and the indentation of its level */
  readonly lead: (level: number) => string;
}

const attribute = (name: string, value: Exact | undefined, path: string): string => {
  if (value === undefined) return '';
  if (typeof value !== 'string') throw new Unprintable(`${path}.${name}`);
  return ` ${name}="${escapeXml(value)}"`;
};

const primitiveText = (value: Exact, path: string): string => {
  if (typeof value === 'string') return escapeXml(value);
  if (typeof value === 'boolean') return String(value);
  if (isExactNumber(value)) return numberText(value);
  throw new Unprintable(path);
};

/** A primitive: its value and what stands beside it under `_name`, either of which may be missing. */
const printPrimitive = (
  printer: Printer,
  name: string,
  value: Exact,
  beside: Exact,
  path: string,
  level: number,
): void => {
  if (beside !== null && !isExactObject(beside)) throw new Unprintable(path);
  const { id, ...rest } = beside ?? {};
  const head = `${printer.lead(level)}<${name}${attribute('id', id, path)}${value === null ? '' : ` value="${primitiveText(value, path)}"`}`;
  if (Object.keys(rest).length === 0) {
    printer.out.push(`${head}/>`);
    return;
  }
  printer.out.push(`${head}>`);
  printMembers(printer, rest, 'Element', path, level + 1, false);
  printer.out.push(`${printer.lead(level)}</${name}>`);
};

const printComplex = (
  printer: Printer,
  name: string,
  property: Property,
  value: Exact,
  path: string,
  level: number,
): void => {
  // An element holds something (FHIR R4 xml.html): what is empty would not be read again.
  if (!isExactObject(value) || Object.keys(value).length === 0) throw new Unprintable(path);
  const { out, lead } = printer;
  if (property.type === 'Resource') {
    out.push(`${lead(level)}<${name}>`);
    printResource(printer, value, path, level + 1, '');
    out.push(`${lead(level)}</${name}>`);
    return;
  }
  const attributes = Object.keys(value).filter((each) => isAttribute(each, property.path, false));
  const head = attributes.map((each) => attribute(each, value[each], path)).join('');
  if (attributes.length === Object.keys(value).length) {
    out.push(`${lead(level)}<${name}${head}/>`);
    return;
  }
  out.push(`${lead(level)}<${name}${head}>`);
  printMembers(printer, value, property.path, path, level + 1, false);
  out.push(`${lead(level)}</${name}>`);
};

const printElement = (
  printer: Printer,
  name: string,
  property: Property,
  value: Exact,
  beside: Exact,
  path: string,
  level: number,
): void => {
  if (property.type === 'xhtml') {
    if (typeof value !== 'string') throw new Unprintable(path);
    printer.out.push(printer.lead(level) + embeddableXhtml(value));
  } else if (isPrimitive(property)) printPrimitive(printer, name, value, beside, path, level);
  else if (beside === null) printComplex(printer, name, property, value, path, level);
  else throw new Unprintable(path);
};

const printMembers = (
  printer: Printer,
  object: ExactObject,
  typePath: string,
  path: string,
  level: number,
  ofResource: boolean,
): void => {
  const properties = propertiesOf(typePath);
  if (properties === undefined) throw new Unprintable(path);
  const names = new Set<string>();
  for (const key of Object.keys(object)) {
    const name = key.startsWith('_') ? key.slice(1) : key;
    if (isAttribute(key, typePath, ofResource) || (ofResource && key === 'resourceType')) continue;
    if (!properties.has(name)) throw new Unprintable(`${path}.${key}`);
    names.add(name);
  }
  const inOrder = [...names].sort((a, b) => (properties.get(a)?.order ?? 0) - (properties.get(b)?.order ?? 0));
  for (const name of inOrder) {
    const property = properties.get(name);
    if (property === undefined) continue;
    const value = object[name] ?? null;
    const beside = object[`_${name}`] ?? null;
    if (!property.element.repeats) {
      printElement(printer, name, property, value, beside, `${path}.${name}`, level);
      continue;
    }
    const values = value ?? [];
    const besides = beside ?? [];
    if (!Array.isArray(values) || !Array.isArray(besides)) throw new Unprintable(`${path}.${name}`);
    for (let i = 0; i < Math.max(values.length, besides.length); i += 1)
      printElement(printer, name, property, values[i] ?? null, besides[i] ?? null, `${path}.${name}[${i}]`, level);
  }
};

const printResource = (
  printer: Printer,
  resource: ExactObject,
  path: string,
  level: number,
  declaration: string,
): void => {
  const type = resource.resourceType;
  if (typeof type !== 'string' || !/^[A-Z]\w*$/.test(type)) throw new Unprintable(`${path}.resourceType`);
  const { out, lead } = printer;
  out.push(`${lead(level)}<${type}${declaration}>`);
  printMembers(printer, resource, type, path, level + 1, true);
  out.push(`${lead(level)}</${type}>`);
};

/** `pretty`: each element on a line of its own. The narrative stands as it was written. */
export const printXml = (value: Exact, pretty: boolean): PrintedXml => {
  const out: string[] = ['<?xml version="1.0" encoding="UTF-8"?>'];
  const lead = pretty ? (level: number) => `\n${'  '.repeat(level)}` : () => '';
  try {
    if (!isExactObject(value)) throw new Unprintable('$');
    const type = typeof value.resourceType === 'string' ? value.resourceType : '$';
    printResource({ out, lead }, value, type, 0, ' xmlns="http://hl7.org/fhir"');
    return { kind: 'ok', xml: out.join('') };
  } catch (error) {
    if (error instanceof Unprintable) return { kind: 'fault', path: error.path };
    throw error;
  }
};
