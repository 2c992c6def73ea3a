/** `$expand`: compositions, filters, pages, limits and hostile artefacts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { expand } from './expand.ts';
import { animalSystem, animals, filtered, numberSystem, numbers, valueSet } from './testing/animals.ts';
import { given, type Held, hold, refusal } from './testing/held.ts';

interface Expansion {
  readonly identifier: string;
  readonly timestamp: string;
  readonly total: number;
  readonly offset?: number;
  readonly parameter: readonly Readonly<Record<string, unknown>>[];
  readonly contains?: readonly Contained[];
}
interface Contained {
  readonly code: string;
  readonly display?: string;
  readonly abstract?: boolean;
  readonly inactive?: boolean;
  readonly designation?: readonly unknown[];
  readonly contains?: readonly Contained[];
}

const ask = async (held: Held, values: Readonly<Record<string, unknown>>) =>
  (await expand(given(values), {}, held.terminology, () => 0)).expansion as Expansion;
const flat = (contains: readonly Contained[] = []): readonly string[] =>
  contains.flatMap(({ code, contains: below }) => [code, ...flat(below)]);
const codes = async (valueSetOf: Resource, ...others: readonly Resource[]) =>
  flat((await ask(hold([animalSystem, valueSetOf, ...others]), { url: valueSetOf.url })).contains).join(' ');

test('M04: filters on the hierarchy and on properties', async () => {
  const cases: readonly (readonly [string, string, string, string])[] = [
    ['concept', 'is-a', 'mammal', 'mammal dog cat aurochs bat'],
    ['concept', 'descendent-of', 'mammal', 'dog cat aurochs bat'],
    ['concept', 'is-not-a', 'mammal', 'animal bird hen'],
    ['concept', 'generalizes', 'hen', 'animal bird hen'],
    ['concept', 'in', 'dog, hen', 'dog hen'],
    ['concept', 'not-in', 'animal,mammal,bird,bat', 'dog cat aurochs hen'],
    ['home', '=', 'house', 'dog cat'],
    ['home', 'exists', 'true', 'dog cat bat'],
    ['legs', 'exists', 'false', 'animal cat aurochs bat'],
    ['legs', '=', '2', 'bird hen'],
    ['code', 'regex', '(d|c).*', 'dog cat'],
    ['display', 'regex', 'Hen.*', 'hen'],
    ['parent', '=', 'mammal', 'dog cat aurochs bat'],
  ];
  for (const [property, op, value, expected] of cases)
    assert.equal(await codes(filtered('f', [property, op, value])), expected, `${property} ${op} ${value}`);
  assert.equal(await codes(filtered('f', ['concept', 'is-a', 'mammal'], ['home', '=', 'house'])), 'dog cat');
});

test('M04: a filter that cannot be evaluated is an error, never a larger or smaller set', async () => {
  for (const filter of [
    ['home', 'is-a', 'house'],
    ['nothing', '=', 'x'],
    ['concept', 'child-of', 'mammal'],
    ['home', 'exists', 'perhaps'],
    ['code', 'regex', '('],
  ] as const)
    assert.equal(await refusal(codes(filtered('f', filter))), '422 processing', filter.join(' '));
  const unknown = valueSet('u', [{ system: 'http://a.example/unknown' }]);
  assert.equal(await refusal(codes(unknown)), '422 not-found');
});

test('M04: lists, exclusions and imported ValueSets', async () => {
  const list = valueSet('list', [
    { system: animals, concept: [{ code: 'cat', display: 'Moggy' }, { code: 'dog' }] },
    { system: 'http://a.example/unknown', concept: [{ code: 'x', display: 'Unknown here' }] },
  ]);
  const { contains = [] } = await ask(hold([animalSystem, list]), { url: list.url });
  assert.deepEqual(
    contains.map(({ code, display }) => `${code} ${display}`),
    ['cat Moggy', 'dog Dog', 'x Unknown here'],
  );
  const mammals = filtered('mammals', ['concept', 'is-a', 'mammal']);
  const pets = filtered('pets', ['home', '=', 'house']);
  const both = valueSet('both', [{ valueSet: [mammals.url, pets.url] }]);
  assert.equal(await codes(both, mammals, pets), 'dog cat');
  const within = valueSet('within', [
    { system: animals, concept: [{ code: 'dog' }, { code: 'hen' }], valueSet: [mammals.url] },
  ]);
  assert.equal(await codes(within, mammals), 'dog');
  const without = valueSet('without', [{ valueSet: [mammals.url] }], {
    compose: { exclude: [{ system: animals, concept: [{ code: 'cat' }] }] },
  });
  assert.equal(await codes(without, mammals), 'mammal dog aurochs bat');
  const active = valueSet('active', [{ valueSet: [mammals.url] }], { compose: { inactive: false } });
  assert.equal(await codes(active, mammals), 'mammal dog cat bat');
  assert.equal(await refusal(codes(both, mammals)), '422 not-found');
});

test('M04: one that has only an expansion is told as it was expanded', async () => {
  const expanded: Resource = {
    resourceType: 'ValueSet',
    url: 'http://a.example/ValueSet/e',
    status: 'active',
    expansion: { contains: [{ system: 's', code: 'a', abstract: true, contains: [{ system: 's', code: 'b' }] }] },
  };
  assert.equal(await codes(expanded), 'a b');
});

test('M04: a hierarchy is told as one, and flat where a page or a flat list is asked for', async () => {
  const all = valueSet('all', [{ system: animals }]);
  const held = hold([animalSystem, all]);
  const tree = await ask(held, { url: all.url });
  assert.equal(tree.total, 8);
  assert.deepEqual(
    tree.contains?.map(({ code }) => code),
    ['animal'],
  );
  assert.equal(tree.contains?.[0]?.abstract, true);
  assert.deepEqual(
    tree.contains?.[0]?.contains?.map(({ code }) => code),
    ['mammal', 'bird'],
  );
  assert.deepEqual(flat(tree.contains), ['animal', 'mammal', 'dog', 'cat', 'aurochs', 'bat', 'bird', 'hen']);
  const list = await ask(held, { url: all.url, excludeNested: 'true', excludeNotForUI: 'true', activeOnly: 'true' });
  assert.deepEqual(
    list.contains?.map(({ code }) => code),
    ['mammal', 'dog', 'cat', 'bird', 'hen', 'bat'],
  );
});

test('M04: pages together are the whole, with one identifier; the parameters are told back', async () => {
  const held = hold([numberSystem(25), numbers]);
  const pages: string[] = [];
  const identifiers = new Set<string>();
  for (let offset = 0; offset < 30; offset += 10) {
    const page = await ask(held, { url: numbers.url, offset: `${offset}`, count: '10' });
    assert.equal(page.total, 25);
    assert.equal(page.offset, offset);
    identifiers.add(page.identifier);
    pages.push(...flat(page.contains));
  }
  assert.deepEqual(
    pages,
    Array.from({ length: 25 }, (_, i) => `n${i}`),
  );
  assert.equal(identifiers.size, 1);
  assert.match([...identifiers].join(), /^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  const { parameter, timestamp, identifier } = await ask(held, { url: numbers.url, filter: 'number 2', count: '0' });
  assert.deepEqual(parameter.slice(0, 2), [
    { name: 'filter', valueString: 'number 2' },
    { name: 'count', valueInteger: 0 },
  ]);
  assert.ok(!identifiers.has(identifier));
  assert.equal(timestamp, '1970-01-01T00:00:00.000Z');
  assert.ok(
    (
      await ask(hold([animalSystem, filtered('f', ['concept', 'is-a', 'dog'])]), { url: 'http://a.example/ValueSet/f' })
    ).parameter.some(({ valueUri }) => valueUri === `${animals}|1.0.0`),
  );
});

test('M04: filter finds words of display, designation and code, whatever their case and accents', async () => {
  const held = hold([animalSystem, valueSet('all', [{ system: animals }])]);
  const found = async (filter: string) =>
    flat((await ask(held, { url: 'http://a.example/ValueSet/all', filter })).contains).join(' ');
  assert.equal(await found('COMMON hen'), 'hen');
  assert.equal(await found('hünd'), 'dog');
  assert.equal(await found('aur'), 'aurochs');
  assert.equal(await found('zebra'), '');
});

test('M04: designations and languages, and what a supplement adds', async () => {
  const supplement: Resource = {
    resourceType: 'CodeSystem',
    url: 'http://a.example/CodeSystem/animals-fr',
    status: 'active',
    content: 'supplement',
    supplements: `${animals}|1.0.0`,
    concept: [{ code: 'dog', designation: [{ language: 'fr', value: 'Chien' }] }, { code: 'unicorn' }],
  };
  const one = filtered('one', ['concept', 'is-a', 'dog']);
  const held = hold([animalSystem, supplement, one]);
  const first = async (values: object) => (await ask(held, { url: one.url, ...values })).contains?.[0];
  assert.equal((await first({ displayLanguage: 'fr' }))?.display, 'Chien');
  assert.equal((await first({ displayLanguage: 'de' }))?.display, 'Hund');
  assert.equal((await first({ displayLanguage: 'it' }))?.display, 'Dog');
  assert.deepEqual((await first({ includeDesignations: 'true' }))?.designation, [
    { value: 'Hund', language: 'de' },
    { value: 'Chien', language: 'fr' },
  ]);
  assert.deepEqual((await first({ designation: 'urn:ietf:bcp:47|fr' }))?.designation, [
    { value: 'Chien', language: 'fr' },
  ]);
  assert.equal((await first({}))?.designation, undefined);
});

test('M04: editions of a code system are chosen, forced and checked', async () => {
  const later = { ...animalSystem, version: '1.10.0', concept: [{ code: 'yeti' }] };
  const earlier = { ...animalSystem, version: '1.9.0', concept: [{ code: 'dodo' }] };
  const any = valueSet('any', [{ system: animals }]);
  const old = valueSet('old', [{ system: animals, version: '1.9.0' }]);
  const held = hold([later, earlier, any, old]);
  const found = async (url: unknown, values: object = {}) =>
    flat((await ask(held, { url, ...values })).contains).join(' ');
  assert.equal(await found(any.url), 'yeti');
  assert.equal(await found(any.url, { 'system-version': `${animals}|1.9.0` }), 'dodo');
  assert.equal(await found(old.url, { 'system-version': `${animals}|1.10.0` }), 'dodo');
  assert.equal(await found(old.url, { 'force-system-version': `${animals}|1.10.0` }), 'yeti');
  assert.equal(await refusal(found(old.url, { 'check-system-version': `${animals}|1.10.0` })), '422 processing');
  assert.equal(await refusal(found(any.url, { 'system-version': animals })), '400 invalid');
  assert.equal(await found(any.url, { 'exclude-system': animals }), '');
});

test('M04: the ValueSet is named by url, sent along, or bound at an element of a profile', async () => {
  const sent = filtered('sent', ['concept', 'is-a', 'dog']);
  const profile: Resource = {
    resourceType: 'StructureDefinition',
    url: 'http://a.example/StructureDefinition/pet',
    differential: {
      element: [{ id: 'Basic.code', path: 'Basic.code', binding: { strength: 'required', valueSet: sent.url } }],
    },
  };
  const held = hold([animalSystem, sent, profile]);
  assert.deepEqual(flat((await ask(hold([animalSystem]), { valueSet: sent })).contains), ['dog']);
  assert.deepEqual(flat((await ask(held, { context: `${profile.url}#Basic.code` })).contains), ['dog']);
  assert.equal(await refusal(ask(held, { context: `${profile.url}#Basic.subject` })), '404 not-found');
  assert.equal(await refusal(ask(held, { url: 'http://a.example/none' })), '404 not-found');
  assert.equal(await refusal(ask(held, { url: sent.url, valueSetVersion: '9' })), '404 not-found');
  assert.equal(await refusal(ask(held, {})), '400 required');
  assert.equal(await refusal(ask(held, { url: sent.url, valueSet: sent })), '400 invalid');
  assert.equal(await refusal(ask(held, { url: [sent.url, sent.url] })), '400 invalid');
  assert.equal(await refusal(ask(held, { url: sent.url, count: '-1' })), '400 invalid');
});

test('M04: what is too big is too costly, at each limit and one past it', async () => {
  const at = { expansionCodes: 10, valueSetCodes: 10 };
  assert.equal((await ask(hold([numberSystem(10), numbers], at), { url: numbers.url })).total, 10);
  const past = hold([numberSystem(11), numbers], { expansionCodes: 10 });
  assert.equal(await refusal(ask(past, { url: numbers.url })), '422 too-costly');
  assert.equal(flat((await ask(past, { url: numbers.url, count: '50' })).contains).length, 10);
  assert.equal(
    await refusal(ask(hold([numberSystem(11), numbers], at), { url: numbers.url, count: '1' })),
    '422 too-costly',
  );
  const listed = (count: number) =>
    valueSet('l', [{ system: 's', concept: Array.from({ length: count }, (_, i) => ({ code: `${i}` })) }]);
  assert.equal(flat((await ask(hold([listed(10)], at), { url: listed(1).url })).contains).length, 10);
  assert.equal(await refusal(ask(hold([listed(11)], at), { url: listed(1).url, count: '1' })), '422 too-costly');
  const two = filtered('two', ['concept', 'exists', 'true'], ['concept', 'exists', 'true']);
  assert.equal((await ask(hold([animalSystem, two], { filters: 2 }), { url: two.url })).total, 8);
  assert.equal(await refusal(ask(hold([animalSystem, two], { filters: 1 }), { url: two.url })), '422 too-costly');
  const regex = filtered('r', ['code', 'regex', 'd.*']);
  assert.equal((await ask(hold([animalSystem, regex], { patternCharacters: 3 }), { url: regex.url })).total, 1);
  assert.equal(
    await refusal(ask(hold([animalSystem, regex], { patternCharacters: 2 }), { url: regex.url })),
    '422 too-costly',
  );
  const text = hold([numberSystem(3), numbers], { textCharacters: 2 });
  assert.equal((await ask(text, { url: numbers.url, filter: 'n1' })).total, 1);
  assert.equal(await refusal(ask(text, { url: numbers.url, filter: 'num' })), '422 too-costly');
});

/** `a` of the ValueSets 0 to n, each made of the next one, twice; the last is `end`. */
const chain = (length: number, end: Resource): readonly Resource[] =>
  Array.from({ length }, (_, i) => {
    const next = i === length - 1 ? end.url : `http://a.example/ValueSet/c${i + 1}`;
    return valueSet(`c${i}`, [{ valueSet: [next] }, { valueSet: [next] }]);
  });

test('M04: a ValueSet that is made of itself, by whatever way, is told and not followed', async () => {
  const self = valueSet('self', [{ valueSet: ['http://a.example/ValueSet/self'] }]);
  assert.equal(await refusal(codes(self)), '422 processing');
  const [first = self, ...others] = chain(5, valueSet('c0', []));
  assert.equal(await refusal(codes(first, ...others)), '422 processing');
  const hidden = valueSet('c0', [{ system: animals }], {
    compose: { exclude: [{ valueSet: ['http://a.example/ValueSet/c0'] }] },
  });
  assert.equal(await refusal(codes(hidden)), '422 processing');
});

test('M04: imports have a depth and a number, at each limit and one past it', async () => {
  const end = filtered('end', ['concept', 'is-a', 'dog']);
  const total = async (length: number, limits: object) =>
    (await ask(hold([animalSystem, end, ...chain(length, end)], limits), { url: 'http://a.example/ValueSet/c0' }))
      .total;
  assert.equal(await total(3, { depth: 3 }), 1);
  assert.equal(await refusal(total(4, { depth: 3 })), '422 too-costly');
  assert.equal(await total(3, { artefacts: 4 }), 1);
  assert.equal(await refusal(total(4, { artefacts: 4 })), '422 too-costly');
  // Each names the next one twice: made once each, or 2^16 times.
  assert.equal(await total(16, { depth: 16 }), 1);
});

test('M04: a composition that repeats itself without end stops at its number of steps', async () => {
  const again = valueSet(
    'again',
    Array.from({ length: 400 }, () => ({ system: 'http://a.example/CodeSystem/numbers' })),
  );
  assert.equal(
    await refusal(ask(hold([numberSystem(100), again], { valueSetCodes: 100 }), { url: again.url })),
    '422 too-costly',
  );
});

test('M04: a regular expression made to take for ever is evaluated in linear time', async () => {
  const trap = numberSystem(1);
  const concept = [{ code: 'a'.repeat(50_000) }];
  const held = hold([
    { ...trap, concept },
    valueSet('trap', [{ system: trap.url, filter: [{ property: 'code', op: 'regex', value: '(a+)+b' }] }]),
  ]);
  assert.equal((await ask(held, { url: 'http://a.example/ValueSet/trap' })).total, 0);
});

test('M04: concepts that stand above each other in a circle, and artefacts without form, end in an answer', async () => {
  const circle: Resource = {
    ...animalSystem,
    concept: [
      { code: 'a', property: [{ code: 'parent', valueCode: 'b' }] },
      { code: 'b', property: [{ code: 'parent', valueCode: 'a' }] },
    ],
  };
  const below = filtered('below', ['concept', 'is-a', 'a']);
  assert.deepEqual(flat((await ask(hold([circle, below]), { url: below.url })).contains).toSorted(), ['a', 'b']);
  for (const compose of [
    null,
    5,
    { include: 'x' },
    { include: [null, 3] },
    { include: [{}] },
    { include: [{ system: animals, filter: [{}] }] },
  ]) {
    const poisoned = { ...below, compose };
    assert.equal(
      await refusal(ask(hold([animalSystem, poisoned]), { url: below.url })),
      '422 processing',
      JSON.stringify(compose),
    );
  }
  const deep = {
    ...animalSystem,
    concept: [
      Array.from({ length: 3000 }).reduce<object>((inner, _, i) => ({ code: `d${i}`, concept: [inner] }), {
        code: 'end',
      }),
    ],
  };
  const all = valueSet('all', [{ system: animals }]);
  assert.equal(flat((await ask(hold([deep, all]), { url: all.url })).contains).length, 3001);
});
