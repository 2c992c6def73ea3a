/**
 * What FHIR's JSON form demands of every resource, and what HL7's definitions say of the elements at its top and of the
 * data types in them: names, cardinalities and kinds of value. Elements that a type nests by itself (backbone elements)
 * are checked for form only. FHIR R4 json.html, validation.html.
 */
import type { Issue, IssueType } from './outcome.ts';
import { isResourceId } from './resource.ts';
import { isResourceType, type TypeFacts, typeFacts } from './resource-type.ts';

const numbers = new Set(['decimal', 'integer', 'positiveInt', 'unsignedInt']);
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** FHIR R4 datatypes.html: no control characters but tab, line feed and carriage return; nor half a surrogate pair. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;

const formats: Readonly<Record<string, RegExp>> = {
  code: /^[^\s]+(\s[^\s]+)*$/,
  id: /^[A-Za-z0-9\-.]{1,64}$/,
  date: /^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$/,
  dateTime:
    /^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])(T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00)))?)?)?$/,
  instant:
    /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00))$/,
  uri: /^\S*$/,
  url: /^\S*$/,
  canonical: /^\S*$/,
};

type Report = (code: IssueType, path: string, diagnostics: string) => void;

/** What an element of this type is in JSON, in words; undefined where the value is of that kind. */
const kindFault = (type: string, value: unknown): string | undefined => {
  if (type === 'boolean') return typeof value === 'boolean' ? undefined : 'true or false is expected';
  if (numbers.has(type)) return typeof value === 'number' ? undefined : 'a number is expected';
  if (/^[a-z]/.test(type)) return typeof value === 'string' ? undefined : 'a string is expected';
  return isObject(value) ? undefined : 'an object is expected';
};

const checkElement = (type: string, value: unknown, path: string, report: Report): void => {
  const fault = kindFault(type, value);
  if (fault !== undefined) {
    report('structure', path, fault);
    return;
  }
  if (typeof value === 'string' && value !== '' && formats[type]?.test(value) === false)
    report('value', path, `not a valid ${type}`);
  if (typeof value === 'number' && type !== 'decimal' && !Number.isInteger(value))
    report('value', path, 'a whole number is expected');
  const facts = isObject(value) ? typeFacts(type) : undefined;
  if (isObject(value) && facts !== undefined) checkElements(facts, value, path, report);
};

const checkElements = (
  facts: TypeFacts,
  resource: Readonly<Record<string, unknown>>,
  path: string,
  report: Report,
): void => {
  const choices = new Map<string, string>();
  for (const [name, value] of Object.entries(resource)) {
    if (name === 'resourceType' && facts.elements.has('implicitRules')) continue;
    const plain = name.startsWith('_') ? name.slice(1) : name;
    const fact = facts.elements.get(plain);
    const at = `${path}.${name}`;
    // `_name` holds id and extensions of a primitive, which has a lower-case type.
    if (fact === undefined || (plain !== name && !/^[a-z]/.test(fact.type))) {
      report('structure', at, 'this type has no such element');
      continue;
    }
    if (Array.isArray(value) !== fact.repeats)
      report(
        'structure',
        at,
        fact.repeats ? 'an array is expected: the element repeats' : 'the element does not repeat',
      );
    else if (plain === name && fact.type !== 'Resource')
      for (const [i, one] of (Array.isArray(value) ? value : [value]).entries())
        if (one !== null) checkElement(fact.type, one, fact.repeats ? `${at}[${i}]` : at, report);
    if (fact.choice !== undefined) {
      const other = choices.get(fact.choice);
      if (other !== undefined && other !== plain)
        report('structure', at, `only one form of ${fact.choice}[x] may be given`);
      choices.set(fact.choice, plain);
    }
  }
  for (const { name, forms } of facts.required)
    if (!forms.some((form) => resource[form] !== undefined || resource[`_${form}`] !== undefined))
      report('required', `${path}.${name}`, 'the element is required');
};

/** Nulls hold the places of primitives whose value or extensions stand in the sibling array `x` or `_x`. */
const nullAllowed = (key: string, array: readonly unknown[], siblings: Readonly<Record<string, unknown>>): boolean =>
  array.some((one) => one !== null) && Array.isArray(siblings[key.startsWith('_') ? key.slice(1) : `_${key}`]);

const checkValue = (value: unknown, path: string, report: Report): void => {
  if (value === null) report('structure', path, 'null is not allowed here');
  else if (typeof value === 'string') {
    if (value === '') report('structure', path, 'a string must not be empty');
    else if (controls.test(value) || !value.isWellFormed())
      report('value', path, 'the string holds characters that FHIR does not allow');
  } else if (Array.isArray(value)) {
    if (value.length === 0) report('structure', path, 'an array must not be empty');
    for (const [i, one] of value.entries()) {
      if (Array.isArray(one)) report('structure', `${path}[${i}]`, 'an array must not hold an array');
      else checkValue(one, `${path}[${i}]`, report);
    }
  } else if (isObject(value)) checkObject(value, path, report);
};

const checkObject = (object: Readonly<Record<string, unknown>>, path: string, report: Report): void => {
  const entries = Object.entries(object);
  if (entries.length === 0) {
    report('structure', path, 'an object must not be empty');
    return;
  }
  if (object.resourceType !== undefined) checkResource(object, path, report);
  for (const [key, value] of entries) {
    if (Array.isArray(value) && value.includes(null) && nullAllowed(key, value, object)) {
      for (const [i, one] of value.entries()) if (one !== null) checkValue(one, `${path}.${key}[${i}]`, report);
    } else checkValue(value, `${path}.${key}`, report);
  }
};

const checkResource = (resource: Readonly<Record<string, unknown>>, path: string, report: Report): void => {
  const type = resource.resourceType;
  const facts = typeof type === 'string' && isResourceType(type) ? typeFacts(type) : undefined;
  if (facts === undefined) {
    report('structure', `${path}.resourceType`, 'not a resource type of FHIR R4');
    return;
  }
  checkElements(facts, resource, path, report);
};

/** How many issues are told: a body of a megabyte of faults is not answered with more. */
const mostIssues = 20;
/** A path holds names that the sender chose. */
const longestPath = 256;

/**
 * The faults of a parsed resource, at most 20; empty: none was found. It must come from `parseJson`, whose limit of depth
 * bounds the recursion. Issue `structure` is a matter of 400, the others of 422. No value of the record is repeated.
 */
export const checkShape = (value: unknown): readonly Issue[] => {
  const issues: Issue[] = [];
  const seen = new Set<string>();
  const report: Report = (code, path, diagnostics) => {
    const expression = path.slice(0, longestPath);
    if (issues.length >= mostIssues || seen.has(expression)) return;
    seen.add(expression);
    issues.push({ severity: 'error', code, diagnostics, expression: [expression] });
  };
  if (!isObject(value)) {
    report('structure', '$', 'a resource is a JSON object');
    return issues;
  }
  const type = value.resourceType;
  if (type === undefined) report('structure', 'resourceType', 'a resource names its resourceType');
  const path = typeof type === 'string' && isResourceType(type) ? type : '$';
  checkObject(value, path, report);
  const { id } = value;
  if (typeof id === 'string' && !isResourceId(id)) report('value', `${path}.id`, 'not a valid id');
  return issues;
};
