/** The compiled paths of every search parameter find what HL7's own expression finds. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { examples } from '../testing/example-resources.ts';
import { evaluate } from '../testing/fhirpath.ts';
import expressions from './definitions/search-expressions.json' with { type: 'json' };
import { extract } from './extract.ts';
import { valuesAt } from './path-values.ts';
import type { Resource } from './resource.ts';
import { type SearchParameter, searchParameter, searchParametersOf } from './search-parameter.ts';

type Expressions = Readonly<Record<string, string | readonly string[]>>;
const byType = new Map<string, Expressions>(Object.entries(expressions));
const sorted = (values: readonly unknown[]) =>
  [...new Set(values.map((value) => (typeof value === 'object' ? JSON.stringify(value) : String(value))))].sort();

/** References that count: the type test is part of extraction, so that it is asked. */
const kept = (resource: Resource, { code }: SearchParameter, target: string, values: readonly unknown[]) => {
  const { references, foreignReferences } = extract(resource, []);
  const found = new Set([
    ...references.filter(({ param }) => param === code).map(({ type, id }) => `${type}/${id}`),
    ...foreignReferences.filter(({ param }) => param === code).map(({ url }) => url),
  ]);
  return values.filter((value) => {
    const { reference, type } = value as { reference?: string; type?: string };
    return reference === undefined ? type === target : found.has(reference);
  });
};

/** What the paths of a parameter find. */
const actualOf = (resource: Resource, parameter: SearchParameter): readonly unknown[] => {
  const { code, paths } = parameter;
  if (paths.some(({ type }) => type === 'exists'))
    return extract(resource, [])
      .tokens.filter(({ param }) => param === code)
      .map((token) => token.code);
  return paths.flatMap((path) => {
    const values = valuesAt(resource, path);
    return path.target === undefined ? values : kept(resource, parameter, path.target, values);
  });
};

/** For each element of a composite, what each component finds in it, by its paths and by its expression. */
const compareComponents = (resource: Resource, parameter: SearchParameter, own: readonly string[]): void => {
  const [expression = '', ...parts] = own;
  const elements = parameter.paths.flatMap((path) => valuesAt(resource, path)) as Resource[];
  assert.equal(parameter.components?.length, parts.length);
  for (const [at, part] of parts.entries()) {
    const component: SearchParameter | undefined = parameter.components?.[at];
    const actual: string[][] = elements.map((element) =>
      sorted(
        (component?.paths ?? []).flatMap((path) => valuesAt(path.fromResource === true ? resource : element, path)),
      ),
    );
    const inside = /^%resource\./.test(part) ? part : `(${expression}).select(${part})`;
    assert.deepEqual(sorted(actual.flat()), sorted(evaluate(inside, resource)), `${parameter.code} ${inside}`);
  }
};

/** Compares all parameters of the resource's type; answers how many had a value. */
const compare = (resource: Resource): number => {
  let found = 0;
  for (const parameter of searchParametersOf(resource.resourceType)) {
    const { code } = parameter;
    const of = byType.get(resource.resourceType)?.[code];
    if (of === undefined) continue;
    const expression = typeof of === 'string' ? of : (of[0] ?? '');
    const expected = sorted(evaluate(expression, resource));
    assert.deepEqual(
      sorted(actualOf(resource, parameter)),
      expected,
      `${resource.resourceType}.${code}: ${expression}`,
    );
    if (typeof of !== 'string') compareComponents(resource, parameter, of);
    if (expected.length > 0) found += 1;
  }
  return found;
};

test('on inline examples', () => {
  for (const example of examples) compare(example);
  assert.ok(examples.reduce((sum, example) => sum + compare(example), 0) > 110);
});

test('every indexed parameter of HL7 is compiled, and compares on an empty resource', () => {
  let count = 0;
  for (const [type, own] of byType) {
    for (const code of Object.keys(own)) {
      assert.equal(searchParameter(type, code).kind, 'indexed', `${type}.${code}`);
      count += 1;
    }
    compare({ resourceType: type });
  }
  assert.ok(count > 1300, `${count}`);
});

/** Files of a gzipped tar archive. */
const untar = function* (path: string): Generator<{ name: string; text: string }> {
  const bytes = gunzipSync(readFileSync(path));
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0; ) {
    const name = bytes.toString('utf8', at, at + 100).replace(/\0.*$/s, '');
    const size = Number.parseInt(bytes.toString('latin1', at + 124, at + 136), 8);
    yield { name, text: bytes.toString('utf8', at + 512, at + 512 + size) };
    at += 512 + Math.ceil(size / 512) * 512;
  }
};
const archive = process.env.AFFINITY_FHIR_PACKAGE;

test('on the examples of a FHIR package', {
  skip: archive === undefined ? 'AFFINITY_FHIR_PACKAGE names no package (.tgz)' : false,
}, () => {
  let count = 0;
  for (const { name, text } of untar(archive ?? '')) {
    if (!name.includes('/example/') || !name.endsWith('.json')) continue;
    const resource = JSON.parse(text) as Resource;
    if (resource.resourceType === undefined) continue;
    compare(resource);
    count += 1;
  }
  assert.ok(count > 0);
});
