/** The validator as its neighbours use it: loaded profiles, modes, limits, and an event loop that goes on. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { createValidator, validationLimits } from './validator.ts';

const loaded: Readonly<Record<string, Resource>> = {
  'http://a.example/StructureDefinition/named': {
    resourceType: 'StructureDefinition',
    url: 'http://a.example/StructureDefinition/named',
    version: '1.0.0',
    name: 'Named',
    status: 'active',
    abstract: false,
    type: 'Basic',
    kind: 'resource',
    derivation: 'constraint',
    snapshot: {
      element: [
        { id: 'Basic', path: 'Basic', min: 0, max: '*' },
        { id: 'Basic.subject', path: 'Basic.subject', min: 1, max: '1', type: [{ code: 'Reference' }] },
        {
          id: 'Basic.code',
          path: 'Basic.code',
          min: 1,
          max: '1',
          type: [{ code: 'CodeableConcept' }],
          binding: { strength: 'required', valueSet: 'http://a.example/ValueSet/colours' },
        },
      ],
    },
  },
  'http://a.example/StructureDefinition/differential': {
    resourceType: 'StructureDefinition',
    url: 'http://a.example/StructureDefinition/differential',
    name: 'Differential',
    status: 'active',
    abstract: false,
    type: 'Basic',
    kind: 'resource',
    derivation: 'constraint',
    differential: { element: [{ id: 'Basic', path: 'Basic' }] },
  },
  'http://a.example/ValueSet/colours': {
    resourceType: 'ValueSet',
    url: 'http://a.example/ValueSet/colours',
    status: 'active',
    compose: { include: [{ system: 'http://a.example/c', concept: [{ code: 'red' }] }] },
  },
};
const validator = createValidator();
const resolve = async (url: string) => loaded[url];
after(() => validator.close());

const basic = {
  resourceType: 'Basic',
  text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">a</div>' },
  code: { coding: [{ system: 'http://a.example/c', code: 'red' }] },
};
const told = async (resource: Resource, profile?: string) =>
  (await validator.validate({ resource, ...(profile === undefined ? {} : { profile }) }, resolve)).map(
    ({ severity, code, expression }) => `${severity} ${code} ${expression?.[0] ?? ''}`.trim(),
  );

test('M07: a profile that was loaded is resolved, and the value set that it is bound to', async () => {
  const profile = 'http://a.example/StructureDefinition/named';
  assert.deepEqual(await told({ ...basic, subject: { reference: 'Patient/1' } }, profile), []);
  assert.deepEqual(await told(basic, `${profile}|1.0.0`), ['error required Basic.subject']);
  const blue = {
    ...basic,
    subject: { display: 'a' },
    code: { coding: [{ system: 'http://a.example/c', code: 'blue' }] },
  };
  assert.deepEqual(await told(blue, profile), ['error code-invalid Basic.code']);
  assert.deepEqual(await told({ ...basic, meta: { profile: [profile] } }), ['error required Basic.subject']);
});

test('M07: a profile that is unknown, has no snapshot or is of another type is an error that says so', async () => {
  assert.deepEqual(await told(basic, 'http://a.example/none'), ['error not-found']);
  assert.deepEqual(await told(basic, 'http://a.example/StructureDefinition/differential'), ['error not-supported']);
  assert.deepEqual(await told(basic, 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient'), [
    'error structure',
  ]);
  assert.deepEqual(await told(basic, 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient|9.9.9'), [
    'error not-found',
  ]);
  assert.deepEqual(await told({ ...basic, meta: { profile: ['http://a.example/none'] } }), [
    'warning not-found Basic.meta.profile',
  ]);
});

test('M07: an update names its id, and what is deleted need not be valid', async () => {
  const issues = await validator.validate({ resource: basic, mode: 'update' });
  assert.deepEqual(
    issues.map(({ expression }) => expression?.[0]),
    ['Basic.id'],
  );
  assert.deepEqual(await validator.validate({ resource: { resourceType: 'Basic' }, mode: 'delete' }), []);
});

test('M07: past its limit of time the thread is ended, and the next resource is validated', async () => {
  const slow = createValidator({ ...validationLimits, timeMs: 1 });
  const isCostly = (error: unknown) => error instanceof FhirError && error.issues[0]?.code === 'too-costly';
  await assert.rejects(slow.validate({ resource: basic }), isCostly);
  await assert.rejects(slow.validate({ resource: basic }), isCostly);
  await slow.close();
  assert.deepEqual(await told(basic), []);
});

test('M07: issues and waiting resources have a limit', async () => {
  const narrow = createValidator({ timeMs: 60_000, issues: 2, waiting: 1 });
  const faulty = { ...basic, identifier: [{ use: 'x' }, { use: 'y' }, { use: 'z' }] };
  const first = narrow.validate({ resource: faulty });
  await assert.rejects(
    narrow.validate({ resource: faulty }),
    (error) => error instanceof FhirError && error.status === 503,
  );
  assert.equal((await first).length, 2);
  assert.equal((await narrow.validate({ resource: faulty })).length, 2);
  await narrow.close();
});

test('M07: a large Bundle does not stop the event loop', async () => {
  const entry = Array.from({ length: 1000 }, (_, i) => ({
    fullUrl: `http://a.example/Basic/${i}`,
    resource: { ...basic, id: `${i}` },
  }));
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  const issues = await validator.validate({ resource: { resourceType: 'Bundle', type: 'collection', entry } });
  clearInterval(timer);
  assert.deepEqual(issues, []);
  assert.ok(turns > 3, `${turns} turns`);
});
