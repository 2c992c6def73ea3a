/** The registry's pages over a registry that answers as it is told: what is shown, and that nothing of a definition comes to life. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPortal } from '../portal.ts';

const hostile = '<img src=x onerror=alert(1)>"\u202e';
const valueSet = {
  resourceType: 'ValueSet',
  id: 'colours',
  url: 'http://x.example/ValueSet/colours',
  title: `Colours ${hostile}`,
  status: 'active',
  description: 'All **of** [them](http://x.example)',
  compose: { include: [{ system: hostile }] },
};
const profile = {
  resourceType: 'StructureDefinition',
  id: 'reading',
  url: 'http://x.example/StructureDefinition/reading',
  title: 'Reading',
  status: 'draft',
  type: 'Observation',
  differential: { element: [{ id: 'Observation.value[x]', path: 'Observation.value[x]' }] },
  snapshot: {
    element: [
      { id: 'Observation', path: 'Observation', min: 0, max: '*', short: hostile },
      { id: 'Observation.status', path: 'Observation.status', min: 1, max: '1', isModifier: true },
      {
        id: 'Observation.value[x]',
        path: 'Observation.value[x]',
        min: 1,
        max: '1',
        mustSupport: true,
        type: [{ code: 'Quantity', profile: ['http://x.example/StructureDefinition/amount'] }],
        patternQuantity: { code: 'mg/dL' },
        binding: { strength: 'required', valueSet: 'http://x.example/ValueSet/units' },
        constraint: [{ key: 'own-1', human: 'not below zero' }],
      },
    ],
  },
};
const bundle = (resources: readonly object[], next?: string) => ({
  resourceType: 'Bundle',
  entry: resources.map((resource) => ({ resource })),
  link: next === undefined ? [] : [{ relation: 'next', url: next }],
});

const start = (answers: Readonly<Record<string, object | number>>) => {
  const asked: string[] = [];
  const portal = createPortal({
    origin: 'http://localhost:4000',
    apps: [],
    addresses: [],
    version: '0',
    log: () => {},
    registry: {
      base: 'http://localhost:4000/registry/fhir',
      ask: async (path) => {
        asked.push(path);
        const [, answer = 404] = Object.entries(answers).find(([begin]) => path.startsWith(begin)) ?? [];
        return typeof answer === 'number' ? new Response('{}', { status: answer }) : Response.json(answer);
      },
      packages: async () => [
        {
          name: 'x.example',
          version: '1.0.0',
          title: hostile,
          artefacts: 2,
          loadedAt: new Date('2026-01-02'),
          dependencies: [{ name: 'y.example', version: '2', isThere: false }],
        },
      ],
    },
  });
  const get = async (path: string, method = 'GET') => {
    const response = await portal.fetch(new Request(`http://localhost:4000${path}`, { method }));
    const text = await response.text();
    assert.ok(!text.includes('<img src=x') && !text.includes('\u202e'), path);
    assert.ok(!/<script|javascript:/i.test(text), path);
    assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'none'/);
    return { status: response.status, text };
  };
  return { get, asked };
};

test('M03: a list of definitions with a search by words, and the way to the next page', async () => {
  const next = 'http://localhost:4000/registry/fhir/ValueSet?_page=abc';
  const { get, asked } = start({ '/ValueSet?_page': bundle([]), '/ValueSet': bundle([valueSet], next) });
  const list = await get('/registry?type=ValueSet');
  assert.equal(list.status, 200);
  assert.match(list.text, /href="\/registry\/ValueSet\/colours"/);
  assert.match(list.text, /All of them/);
  assert.match(list.text, /href="\/registry\?type=ValueSet&amp;page=_page%3Dabc"/);
  const found = await get('/registry?type=ValueSet&words=rain%26x%2Cy');
  assert.match(found.text, /1 definition has/);
  assert.ok(
    asked.some((path) => path.includes('title:contains=rain%26x%5C%2Cy')),
    asked.join(),
  );
  await get('/registry?type=ValueSet&words=http://x.example/a');
  assert.match(asked.at(-1) ?? '', /&url=http%3A%2F%2Fx\.example%2Fa/);
  await get('/registry?type=Patient');
  assert.ok(
    asked.every((path) => !path.includes('Patient')),
    'only definitions are asked for',
  );
  assert.equal((await get('/registry?type=ValueSet&page=_page%3Dabc')).status, 200);
  assert.equal((await get('/registry', 'POST')).status, 405);
  assert.equal((await start({ '/StructureDefinition': 429 }).get('/registry')).status, 429);
});

test('M03: a profile is a table of its elements, what it changes or everything; a ValueSet is searched page by page', async () => {
  const contains = [{ system: hostile, code: 'red', display: hostile }];
  const { get, asked } = start({
    '/StructureDefinition/reading': profile,
    '/ValueSet/colours/$expand': { resourceType: 'ValueSet', expansion: { total: 120, contains } },
    '/ValueSet/colours': valueSet,
  });
  const own = await get('/registry/StructureDefinition/reading');
  assert.equal(own.status, 200);
  assert.match(own.text, /value\[x\]/);
  assert.match(own.text, /1\.\.1/);
  assert.match(own.text, /must be supported/);
  assert.match(own.text, /own-1: not below zero/);
  assert.match(own.text, /Codes \(required\) from/);
  assert.doesNotMatch(own.text, /class="element">status</);
  assert.match((await get('/registry/StructureDefinition/reading?view=all')).text, /class="element">status</);
  const codes = await get('/registry/ValueSet/colours?filter=re&offset=50');
  assert.match(codes.text, /120 codes/);
  assert.match(codes.text, /offset=0"/);
  assert.match(codes.text, /offset=100"/);
  assert.ok(asked.includes('/ValueSet/colours/$expand?filter=re&offset=50&count=50'), asked.join());
  const unknown = await start({ '/ValueSet/colours/$expand': 422, '/ValueSet/colours': valueSet }).get(
    '/registry/ValueSet/colours',
  );
  assert.match(unknown.text, /Its codes cannot be listed here/);
  for (const path of [
    '/registry/StructureDefinition/none',
    '/registry/Patient/a',
    '/registry/ValueSet/a/b',
    '/registry/ValueSet/..%2f',
  ])
    assert.equal((await get(path)).status, 404, path);
});

test('M14: packages are shown with what they depend on', async () => {
  const { get } = start({});
  const { status, text } = await get('/registry/packages');
  assert.equal(status, 200);
  assert.match(text, /y\.example 2/);
  assert.match(text, /not loaded/);
});
