/** Whatever is sent, what reads it answers with a value or a FhirError, in time that grows with its length alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import { arbitraryResource } from '@affinity/core/testing/arbitrary-resource.ts';
import fc from 'fast-check';
import { contentOf, loadContent, loadPatch } from './body.ts';
import { encode } from './format.ts';
import { narrativeFault } from './narrative.ts';
import { contentFormatOf, patchFormatOf, preferencesOf, representationOf } from './negotiation.ts';
import { applyPatch, type PatchBody } from './patch/patch.ts';
import type { PatchLimits } from './patch/work.ts';
import { subsetOf } from './subset.ts';
import { xmlToJson } from './xml/parse.ts';

const limits = { bodyBytes: 100_000, xmlBytes: 100_000, jsonDepth: 32 };
const patchLimits: PatchLimits = { characters: 100_000, depth: 32, operations: 100 };

/** Pieces of XML, JSON and attacks in any order. */
const soup = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...[
          '<Patient xmlns="http://hl7.org/fhir">',
          '</Patient>',
          '<name>',
          '</name>',
          '<given value="a"/>',
          '<active value="true"/>',
        ],
        ...[
          '<div xmlns="http://www.w3.org/1999/xhtml">',
          '</div>',
          '<!--',
          '-->',
          '<![CDATA[',
          ']]>',
          '<?',
          '?>',
          '<!DOCTYPE',
          '&#10;',
          '&a;',
        ],
        ...[
          '{"resourceType":"Patient"',
          '{',
          '}',
          '[',
          ']',
          ',',
          ':',
          '"',
          '\\',
          '1e999',
          'null',
          '"__proto__":',
          '"name":[{}]',
          '\u0000',
          '\ud800',
        ],
      ),
      fc.string({ maxLength: 5, unit: 'binary' }),
    ),
    { maxLength: 12 },
  )
  .map((pieces) => pieces.join(''));
const valueOrError = (value: unknown) => assert.ok(typeof value === 'string' || value instanceof FhirError);
const runs = { numRuns: 2000 };

test('Q24, Q25: bodies of any text', async () => {
  const type = fc.constantFrom(
    'application/fhir+json',
    'application/fhir+xml',
    'application/json-patch+json',
    'application/xml-patch+xml',
    'x/y',
  );
  await fc.assert(
    fc.asyncProperty(soup, type, async (body, contentType) => {
      const request = () =>
        new Request('http://localhost/', { method: 'POST', body, headers: { 'Content-Type': contentType } });
      const loaded = await loadContent(request(), { type: 'Patient' }, limits);
      assert.ok(loaded instanceof FhirError || typeof loaded.content.json === 'string');
      const patch = await loadPatch(request(), limits);
      assert.ok(patch instanceof FhirError || typeof patch.text === 'string');
      xmlToJson(body, { depth: 32 });
      valueOrError(applyPatch('{"resourceType":"Patient"}', { kind: 'xml-patch', text: body }, patchLimits));
      narrativeFault(body);
      narrativeFault(`<div xmlns="http://www.w3.org/1999/xhtml">${body}</div>`);
    }),
    runs,
  );
});

test('N26: any JSON is written as XML, or refused', () => {
  const resource = fc.oneof(
    arbitraryResource(),
    fc.record({
      resourceType: fc.constantFrom('Patient', 'Bundle', 'toString', ''),
      name: fc.jsonValue(),
      _name: fc.jsonValue(),
    }),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(resource, fc.boolean(), (value, pretty) => {
      const xml = encode(JSON.stringify(value), { format: 'xml', pretty });
      valueOrError(xml);
      if (typeof xml === 'string') assert.equal(xmlToJson(xml, { depth: 1000 }).kind, 'ok', xml);
      valueOrError(encode(JSON.stringify(value), { format: 'json', pretty }));
      subsetOf(JSON.stringify(value), 'Patient', { kind: 'summary', which: 'true' });
    }),
    runs,
  );
});

test('Q26, Q36: any patch of any resource', () => {
  const token = fc.constantFrom(
    'name',
    '0',
    '-',
    'given',
    '__proto__',
    'constructor',
    'toString',
    '~0',
    '',
    'x',
    'meta',
  );
  const path = fc.oneof(
    fc.array(token, { maxLength: 4 }).map((tokens) => tokens.map((each) => `/${each}`).join('')),
    fc.string({ maxLength: 5 }),
  );
  const jsonPatch = fc.array(
    fc.record(
      {
        op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'x'),
        path,
        from: path,
        value: fc.jsonValue({ maxDepth: 2 }),
      },
      { requiredKeys: [] },
    ),
    { maxLength: 6 },
  );
  const step = fc.constantFrom(
    ...[
      'Patient',
      'Observation',
      '.name',
      '.given',
      '[0]',
      '.first()',
      '.last()',
      ".where(use='x')",
      ".extension('a')",
    ],
    ...[
      '.__proto__',
      '.meta',
      '.value',
      '.where(',
      "'",
      '(',
      ' ',
      '.contained',
      '.id',
      '.code.coding',
      ".where(text = 'a\\'')",
    ],
  );
  const part = fc.oneof(
    fc.constantFrom('add', 'insert', 'delete', 'replace', 'move').map((valueCode) => ({ name: 'type', valueCode })),
    fc.array(step, { maxLength: 5 }).map((steps) => ({ name: 'path', valueString: steps.join('') })),
    fc
      .constantFrom('name', 'gender', 'value', 'extension', '__proto__')
      .map((valueString) => ({ name: 'name', valueString })),
    fc
      .constantFrom(
        { valueString: 'x' },
        { valueHumanName: { text: 'x' } },
        { part: [{ name: 'url', valueUri: 'u' }] },
        { resource: {} },
        {},
      )
      .map((value) => ({ name: 'value', ...value })),
    fc.nat(3).map((valueInteger) => ({ name: 'index', valueInteger })),
    fc.jsonValue({ maxDepth: 1 }),
  );
  const operation = fc.oneof(
    { weight: 9, arbitrary: fc.array(part, { maxLength: 6 }).map((parts) => ({ name: 'operation', part: parts })) },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 1 }) },
  );
  const patch = fc.oneof(
    jsonPatch.map((operations): PatchBody => ({ kind: 'json-patch', text: JSON.stringify(operations) })),
    fc.array(operation, { maxLength: 4 }).map(
      (parameter): PatchBody => ({
        kind: 'fhirpath-patch',
        text: JSON.stringify({ resourceType: 'Parameters', parameter }),
      }),
    ),
    soup.map((text): PatchBody => ({ kind: 'json-patch', text })),
    soup.map((text): PatchBody => ({ kind: 'fhirpath-patch', text })),
  );
  fc.assert(
    fc.property(arbitraryResource(), patch, (resource, given) => {
      const patched = applyPatch(JSON.stringify(resource), given, patchLimits);
      valueOrError(patched);
      if (typeof patched === 'string') contentOf(patched, { type: resource.resourceType }, limits);
    }),
    { numRuns: 5000 },
  );
  assert.equal(Reflect.get({}, 'polluted'), undefined);
  assert.deepEqual(Object.keys(Object.prototype), []);
});

test('N21: any headers', () => {
  const piece = fc.constantFrom(
    'application/fhir+json',
    'text/xml',
    '*/*',
    ';',
    ',',
    'q=',
    '0.5',
    '=',
    '"',
    'fhirVersion=4.0',
    ' ',
    'x',
  );
  const header = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(header, header, fc.option(header, { nil: undefined }), (accept, type, format) => {
      const headers = new Headers({ Accept: accept, 'Content-Type': type, Prefer: accept });
      const query = new URLSearchParams(format === undefined ? {} : { _format: format });
      const found = representationOf(headers, query);
      assert.ok(found instanceof FhirError || found.format === 'json' || found.format === 'xml');
      valueOrError(contentFormatOf(headers));
      valueOrError(patchFormatOf(headers));
      preferencesOf(headers);
    }),
    runs,
  );
});

/** Work in a unit that no other process disturbs does not exist in JavaScript: a text of a million pieces only has to end. */
test('Q24, Q28: hostile texts of megabytes end', () => {
  const many = 300_000;
  for (const piece of [
    ...[
      '<',
      '<a',
      '<a>',
      '</a>',
      '&',
      '&#',
      '&lt;',
      '<!--',
      '<!-',
      '<![CDATA[',
      ']]>',
      '<?',
      '<!DOCTYPE a [',
      'a="',
      ' a="b"',
    ],
    ...[
      '<Patient xmlns="http://hl7.org/fhir">',
      '<div xmlns="http://www.w3.org/1999/xhtml">',
      "'",
      '\n',
      ' ',
      '\ud83d',
    ],
  ]) {
    const text = piece.repeat(many);
    xmlToJson(text, { depth: 64 });
    xmlToJson(`<Patient xmlns="http://hl7.org/fhir">${text}`, { depth: 64 });
    xmlToJson(`<Patient xmlns="http://hl7.org/fhir" ${text}`, { depth: 64 });
    narrativeFault(`<div xmlns="http://www.w3.org/1999/xhtml">${text}`);
  }
  const attributes = Array.from({ length: 100_000 }, (_, i) => ` a${i}="x"`).join('');
  xmlToJson(`<Patient xmlns="http://hl7.org/fhir"${attributes}/>`, { depth: 64 });
  const names = '<name><given value="a"/></name>'.repeat(100_000);
  assert.equal(xmlToJson(`<Patient xmlns="http://hl7.org/fhir">${names}</Patient>`, { depth: 64 }).kind, 'ok');
  for (const path of ['/a', '~0', "'", 'where(', ".where(a='", '.a', ' ']) {
    const text = JSON.stringify([{ op: 'add', path: path.repeat(many), value: 1 }]);
    applyPatch('{"resourceType":"Patient"}', { kind: 'json-patch', text }, patchLimits);
    const part = [
      { name: 'type', valueCode: 'delete' },
      { name: 'path', valueString: `Patient${path.repeat(many)}` },
    ];
    const parameters = JSON.stringify({ resourceType: 'Parameters', parameter: [{ name: 'operation', part }] });
    applyPatch('{"resourceType":"Patient"}', { kind: 'fhirpath-patch', text: parameters }, patchLimits);
    const diff = `<diff><remove sel="Patient${path.repeat(many)}"/></diff>`;
    applyPatch('{"resourceType":"Patient"}', { kind: 'xml-patch', text: diff }, patchLimits);
  }
});
