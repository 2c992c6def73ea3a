/**
 * What FHIR's JSON form demands of every resource, and what HL7's definitions say of its elements at every depth: names,
 * cardinalities and kinds of value. FHIR R4 json.html, datatypes.html, validation.html.
 */
import type { Issue, IssueType } from './outcome.ts';
import { isPrimitiveType, primitiveFault } from './primitive-format.ts';
import { isResourceId } from './resource.ts';
import { isResourceType, type TypeFacts, typeFacts } from './resource-type.ts';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * FHIR R4 datatypes.html: no control characters but tab, line feed and carriage return; nor half a surrogate pair, nor
 * what XML cannot hold (XML 1.0 §2.2).
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

type Report = (code: IssueType, path: string, diagnostics: string) => void;

/** `content`: where the elements of a nested element are found, otherwise those of its type. */
const checkElement = (
  type: string,
  content: string | undefined,
  value: unknown,
  path: string,
  report: Report,
): void => {
  if (isPrimitiveType(type)) {
    const fault = primitiveFault(type, value);
    if (fault !== undefined) report(fault.code, path, fault.diagnostics);
    return;
  }
  if (!isObject(value)) {
    report('structure', path, 'an object is expected');
    return;
  }
  const facts = typeFacts(content ?? type);
  if (facts !== undefined) checkElements(facts, value, path, report);
};

/** What stands beside a primitive under `_name`. FHIR R4 json.html#primitive. */
const besideFacts: TypeFacts = {
  elements: new Map([
    ['id', { type: 'string', repeats: false }],
    ['extension', { type: 'Extension', repeats: true }],
  ]),
  required: [],
};
const checkBeside = (value: unknown, path: string, report: Report): void => {
  if (isObject(value)) checkElements(besideFacts, value, path, report);
  else report('structure', path, 'an object with id or extension is expected');
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
    // `_name` holds id and extensions of a primitive.
    if (fact === undefined || (plain !== name && !isPrimitiveType(fact.type))) {
      report('structure', at, 'this type has no such element');
      continue;
    }
    if (Array.isArray(value) !== fact.repeats)
      report(
        'structure',
        at,
        fact.repeats ? 'an array is expected: the element repeats' : 'the element does not repeat',
      );
    else if (fact.type !== 'Resource')
      for (const [i, one] of (Array.isArray(value) ? value : [value]).entries()) {
        const place = fact.repeats ? `${at}[${i}]` : at;
        if (one === null) continue;
        if (plain === name) checkElement(fact.type, fact.content, one, place, report);
        else checkBeside(one, place, report);
      }
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
