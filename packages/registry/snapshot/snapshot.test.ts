/** Snapshots: what a differential comes to over its base, faults and limits, and HL7's published snapshots as the measure. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { createCoreDefinitions } from '../core-definitions.ts';
import { makeSnapshot, type SnapshotLimits, snapshotLimits } from './snapshot.ts';

const carried = createCoreDefinitions();
const finder = (loaded: readonly Resource[]) => async (canonical: string) => {
  const [url = '', version] = canonical.split('|');
  return loaded.find((each) => each.url === url) ?? carried(url, 'StructureDefinition', version);
};

type Element = Readonly<Record<string, unknown>> & { readonly id: string; readonly path: string };
const own = 'http://a.example/StructureDefinition/';
const profile = (name: string, type: string, element: readonly object[], more: object = {}): Resource => ({
  resourceType: 'StructureDefinition',
  url: own + name,
  type,
  kind: 'resource',
  derivation: 'constraint',
  baseDefinition: `http://hl7.org/fhir/StructureDefinition/${type}`,
  differential: { element },
  ...more,
});
const elementsOf = (made: Resource): readonly Element[] =>
  (made.snapshot as { readonly element: readonly Element[] }).element;
const snapshot = async (of: Resource, loaded: readonly Resource[] = [], limits: Partial<SnapshotLimits> = {}) => {
  const elements = elementsOf(await makeSnapshot(of, finder(loaded), { ...snapshotLimits, ...limits }));
  return { elements, at: (id: string) => elements.find((each) => each.id === id), ids: elements.map(({ id }) => id) };
};
const fault = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'none';
  } catch (error) {
    assert.ok(error instanceof FhirError, String(error));
    return `${error.status} ${error.issues[0]?.code}: ${error.message}`;
  }
};

test('M08: what a differential says is laid over the base, and the rest of the base stays', async () => {
  const { at, ids } = await snapshot(
    profile('p', 'Patient', [
      {
        path: 'Patient',
        constraint: [{ key: 'p-1', severity: 'error', human: 'A name', expression: 'name.exists()' }],
      },
      { path: 'Patient.name', min: 1, definition: '...And one is needed.', alias: ['n'], mustSupport: true },
      { path: 'Patient.gender', binding: { strength: 'required', description: 'ours' } },
    ]),
  );
  assert.ok(ids.length > 40);
  const name = at('Patient.name');
  assert.equal(name?.min, 1);
  assert.equal(name?.max, '*');
  assert.match(String(name?.definition), /^A name associated with the individual\.\r\nAnd one is needed\.$/);
  assert.deepEqual(name?.base, { path: 'Patient.name', min: 0, max: '*' });
  const constraints = at('Patient')?.constraint as readonly { key: string }[];
  assert.deepEqual(
    constraints.map(({ key }) => key),
    ['dom-2', 'dom-3', 'dom-4', 'dom-5', 'dom-6', 'p-1'],
  );
  assert.deepEqual(at('Patient.gender')?.binding, {
    strength: 'required',
    valueSet: 'http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1',
    description: 'ours',
  });
});

test('M08: slices stand behind what they are slices of, with their own content, and do not inherit from each other', async () => {
  const slicing = { discriminator: [{ type: 'value', path: 'code' }], rules: 'open' };
  const { at, ids } = await snapshot(
    profile('o', 'Observation', [
      { path: 'Observation.component', slicing, min: 2 },
      { path: 'Observation.component.code', short: 'of all' },
      { path: 'Observation.component', sliceName: 'a', max: '1' },
      { path: 'Observation.component.code', patternCodeableConcept: { text: 'a' } },
      { path: 'Observation.component', sliceName: 'b', min: 1, max: '1' },
      { path: 'Observation.component.code', patternCodeableConcept: { text: 'b' } },
      { path: 'Observation.component.code.coding', min: 1 },
    ]),
  );
  assert.deepEqual(
    ids.filter((id) => /component(:\w+)?$/.test(id)),
    ['Observation.component', 'Observation.component:a', 'Observation.component:b'],
  );
  assert.equal(at('Observation.component:a')?.min, 0);
  assert.equal(at('Observation.component:a')?.slicing, undefined);
  assert.deepEqual(at('Observation.component:a.code')?.patternCodeableConcept, { text: 'a' });
  assert.deepEqual(at('Observation.component:b.code')?.patternCodeableConcept, { text: 'b' });
  assert.equal(at('Observation.component:b.code.coding')?.min, 1);
  assert.equal(at('Observation.component:a.code.coding'), undefined);
  assert.ok(ids.indexOf('Observation.component:b.code.coding') < ids.indexOf('Observation.component:b.value[x]'));
});

test('M08: an extension is what its own definition says, and slicing by url is understood', async () => {
  const extension = profile('sensor', 'Extension', [
    { path: 'Extension', short: 'The sensor', max: '1' },
    { path: 'Extension.url', fixedUri: `${own}sensor` },
    { path: 'Extension.value[x]', min: 1, type: [{ code: 'string' }] },
  ]);
  const using = profile('with', 'Observation', [
    {
      path: 'Observation.extension',
      sliceName: 'sensor',
      min: 1,
      max: '1',
      type: [{ code: 'Extension', profile: [`${own}sensor`] }],
    },
  ]);
  const { at } = await snapshot(using, [extension]);
  assert.equal(at('Observation.extension:sensor')?.short, 'The sensor');
  assert.equal(at('Observation.extension:sensor')?.min, 1);
  assert.deepEqual((at('Observation.extension')?.slicing as { discriminator: unknown }).discriminator, [
    { type: 'value', path: 'url' },
  ]);
  assert.match(
    await fault(snapshot(using)),
    /^422 not-found: http:\/\/a.example\/StructureDefinition\/sensor is not known here/,
  );
});

test('M08: a choice by the name of its type, and what is behind a content reference', async () => {
  const choice = await snapshot(
    profile('v', 'Observation', [
      { path: 'Observation.valueQuantity', min: 1 },
      { path: 'Observation.valueQuantity.unit', min: 1 },
    ]),
  );
  assert.equal(choice.at('Observation.value[x]')?.min, 1);
  assert.equal((choice.at('Observation.value[x]')?.slicing as { rules: string }).rules, 'closed');
  assert.equal(choice.at('Observation.value[x]:valueQuantity.unit')?.min, 1);
  const behind = await snapshot(profile('q', 'Questionnaire', [{ path: 'Questionnaire.item.item.linkId', max: '0' }]));
  assert.equal(behind.at('Questionnaire.item.item.linkId')?.max, '0');
  assert.equal(behind.at('Questionnaire.item.linkId')?.max, '1');
  assert.equal(behind.at('Questionnaire.item.item')?.contentReference, undefined);
  assert.ok(behind.at('Questionnaire.item.item.item') !== undefined);
});

test('M08: profiles upon profiles, none of them with a snapshot', async () => {
  const first = profile('first', 'Basic', [
    { path: 'Basic.subject', min: 1, constraint: [{ key: 'f-1', severity: 'error', human: 'x', expression: 'true' }] },
  ]);
  const second = profile('second', 'Basic', [{ path: 'Basic.author', max: '0' }], { baseDefinition: first.url });
  const { at } = await snapshot(second, [first]);
  assert.equal(at('Basic.subject')?.min, 1);
  assert.equal(at('Basic.author')?.max, '0');
  const [, constraint] = (at('Basic.subject')?.constraint as readonly { key: string; source: string }[]).toReversed();
  assert.ok(constraint !== undefined);
  assert.ok(
    (at('Basic.subject')?.constraint as readonly { key: string; source: string }[]).some(
      ({ key, source }) => key === 'f-1' && source === first.url,
    ),
  );
});

test('M08: a base that is missing or rests on itself, and a differential that does not fit, are told clearly', async () => {
  const element = [{ path: 'Basic.subject', min: 1 }];
  const missing = profile('m', 'Basic', element, { baseDefinition: `${own}none|1.0` });
  assert.equal(
    await fault(snapshot(missing)),
    '422 not-found: http://a.example/StructureDefinition/none|1.0 is not known here: it is the base of the profile, and must be loaded first',
  );
  const self = profile('self', 'Basic', element, { baseDefinition: `${own}self` });
  assert.match(await fault(snapshot(self, [self])), /^422 processing: .* rests on itself$/);
  const a = profile('a', 'Basic', element, { baseDefinition: `${own}b` });
  const b = profile('b', 'Basic', element, { baseDefinition: `${own}a` });
  assert.match(await fault(snapshot(a, [a, b])), /^422 processing/);
  assert.match(await fault(snapshot(profile('x', 'Basic', [{ path: 'Basic.none' }]))), /^422 structure/);
  assert.match(await fault(snapshot(profile('x', 'Basic', [{ path: 'Patient.name' }]))), /^422 structure/);
  assert.match(
    await fault(snapshot(profile('x', 'Basic', [{ path: 'Basic.identifier', sliceName: 's' }]))),
    /^422 structure/,
  );
  const { baseDefinition: _, ...without } = missing;
  assert.match(await fault(snapshot(without as Resource)), /^422 structure/);
  for (const differential of [null, 'x', { element: [null, 5, {}] }])
    assert.equal((await snapshot({ ...profile('x', 'Basic', []), differential })).at('Basic.subject')?.min, 0);
});

test('M08: elements, differentials and depth have limits: at each, and one past it', async () => {
  const plain = profile('l', 'Basic', [
    { path: 'Basic.subject', min: 1 },
    { path: 'Basic.code', min: 1 },
  ]);
  const base = (await snapshot(plain)).elements.length;
  const opening = profile('l', 'Basic', [{ path: 'Basic.subject.display', min: 1 }]);
  const open = (await snapshot(opening)).elements.length;
  assert.ok(open > base);
  assert.equal((await snapshot(opening, [], { elements: open })).elements.length, open);
  assert.match(await fault(snapshot(opening, [], { elements: open - 1 })), /^422 too-costly/);
  assert.equal((await snapshot(plain, [], { differential: 2 })).elements.length, base);
  assert.match(await fault(snapshot(plain, [], { differential: 1 })), /^422 too-costly/);
  const second = profile('second', 'Basic', [], { baseDefinition: plain.url });
  assert.equal((await snapshot(second, [plain], { depth: 2 })).elements.length, base);
  assert.match(await fault(snapshot(second, [plain], { depth: 1 })), /^422 too-costly/);
});

const archive = join(import.meta.dirname, '../../../../shared/data/us-core-6.1.0.tgz');
const skip = existsSync(archive) ? false : 'needs ../shared/data';

test('M08: the snapshots of US Core 6.1.0 are those that HL7 published', { skip }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'us-core-'));
  t.after(() => rmSync(directory, { recursive: true }));
  execFileSync('tar', ['xzf', archive, '-C', directory, 'package']);
  const loaded = readdirSync(join(directory, 'package'))
    .filter((name) => name.startsWith('StructureDefinition-'))
    .map((name): Resource => JSON.parse(readFileSync(join(directory, 'package', name), 'utf8')));
  const differing: string[] = [];
  for (const published of loaded) {
    const made = await makeSnapshot(published, finder(loaded)).catch((error: unknown) => String(error));
    if (typeof made === 'string' || !isDeepStrictEqual(elementsOf(made), elementsOf(published)))
      differing.push(String(published.id));
  }
  // CarePlan: HL7 names another source of two constraints of Narrative. QuestionnaireResponse rests on a package that is not here.
  assert.equal(loaded.length, 59);
  assert.deepEqual(differing, ['us-core-careplan', 'us-core-questionnaireresponse']);
});
