/** M07: `$validate` over the wire, with profiles that were loaded, on real PostgreSQL. FHIR R4 resource-operation-validate.html. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { createValidator, type ValidationLimits, validationLimits } from '@affinity/validation/validator.ts';
import { createValidate } from '../../affinity/validation.ts';
import { assertOutcome, type Caller, clinicFor } from './clinic.ts';

const usCorePatient = 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient';
const text = { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">a</div>' };
const patient = {
  resourceType: 'Patient',
  text,
  identifier: [{ system: 'http://x.example/id', value: '1' }],
  name: [{ family: 'A' }],
  gender: 'female',
};
const faulty = { ...patient, gender: 'f' };

interface Told extends Resource {
  readonly issue: readonly {
    readonly severity: string;
    readonly code: string;
    readonly expression?: readonly string[];
  }[];
}

const open = async (t: TestContext, limits: ValidationLimits = validationLimits): Promise<Caller> => {
  const validator = createValidator(limits);
  t.after(() => validator.close());
  let clinic: Caller | undefined;
  clinic = await clinicFor(t, {
    validate: createValidate(validator, {
      resolveCanonical: async (...asked) => clinic?.backend.resolveCanonical(...asked),
    }),
  });
  return clinic;
};

const errorsOf = ({ issue }: Told): readonly string[] =>
  issue
    .filter(({ severity }) => severity === 'error')
    .map(({ code, expression }) => `${code} ${expression?.[0] ?? ''}`.trim());

test('M07: an invalid resource is answered with 200 and errors with their paths; a valid one with none', async (t) => {
  const { json } = await open(t);
  const told = async (path: string, body: object) => errorsOf(await json<Told>(200, 'POST', path, body));
  assert.deepEqual(await told('/Patient/$validate', patient), []);
  assert.deepEqual(await told('/Patient/$validate', faulty), ['code-invalid Patient.gender']);
  const { identifier, ...without } = patient;
  assert.ok(identifier);
  assert.deepEqual(await told('/Patient/$validate', without), []);
  assert.deepEqual(await told(`/Patient/$validate?profile=${usCorePatient}`, without), ['required Patient.identifier']);
  const claiming = { ...without, meta: { profile: [usCorePatient] } };
  assert.deepEqual(await told('/Patient/$validate', claiming), ['required Patient.identifier']);
  assert.deepEqual(await told('/Patient/$validate?profile=http://x.example/none', patient), ['not-found']);
  assert.deepEqual(await told('/Patient/$validate?mode=update', patient), ['required Patient.id']);
});

test('M07: by Parameters; the stored one by its id, for the modes delete and profile', async (t) => {
  const { json, create, ask } = await open(t);
  const parameters = (...parameter: object[]) => ({ resourceType: 'Parameters', parameter });
  const resource = { name: 'resource', resource: faulty };
  const sent = parameters(
    resource,
    { name: 'mode', valueCode: 'create' },
    { name: 'profile', valueUri: usCorePatient },
  );
  assert.deepEqual(errorsOf(await json<Told>(200, 'POST', '/Patient/$validate', sent)), [
    'code-invalid Patient.gender',
  ]);
  const { identifier, ...without } = patient;
  assert.ok(identifier);
  const { id } = await create(without);
  const at = `/Patient/${id}/$validate`;
  const byProfile = parameters({ name: 'mode', valueCode: 'profile' }, { name: 'profile', valueUri: usCorePatient });
  assert.deepEqual(errorsOf(await json<Told>(200, 'POST', at, byProfile)), ['required Patient.identifier']);
  assert.deepEqual(errorsOf(await json<Told>(200, 'POST', at, parameters({ name: 'mode', valueCode: 'delete' }))), []);
  await ask(400, 'POST', '/Patient/$validate?mode=destroy', patient);
  await ask(400, 'POST', '/Patient/$validate', parameters({ name: 'mode', valueCode: 'create' }));
  await ask(404, 'POST', '/Patient/none/$validate', parameters({ name: 'mode', valueCode: 'delete' }));
});

test('M07: a profile that was loaded counts, its latest active version unless one is named; a differential alone does not', async (t) => {
  const { json, create } = await open(t);
  const url = 'http://x.example/StructureDefinition/named';
  const profile = (version: string, min: number) => ({
    resourceType: 'StructureDefinition',
    url,
    version,
    name: 'Named',
    status: 'active',
    kind: 'resource',
    abstract: false,
    type: 'Patient',
    baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient',
    derivation: 'constraint',
    snapshot: {
      element: [
        { id: 'Patient', path: 'Patient', min: 0, max: '*' },
        { id: 'Patient.telecom', path: 'Patient.telecom', min, max: '*', type: [{ code: 'ContactPoint' }] },
      ],
    },
  });
  await create(profile('1.9.0', 0));
  await create(profile('1.10.0', 1));
  const told = async (canonical: string) =>
    errorsOf(await json<Told>(200, 'POST', `/Patient/$validate?profile=${encodeURIComponent(canonical)}`, patient));
  assert.deepEqual(await told(url), ['required Patient.telecom']);
  assert.deepEqual(await told(`${url}|1.9.0`), []);
  const { snapshot, ...rest } = profile('1', 0);
  const element = snapshot.element.slice(0, 1).map(({ id, path }) => ({ id, path }));
  await create({ ...rest, url: `${url}-differential`, differential: { element } });
  assert.deepEqual(await told(`${url}-differential`), ['not-supported']);
});

test('M07: what takes too long is not answered with 200', async (t) => {
  const { json } = await open(t, { ...validationLimits, timeMs: 1 });
  assertOutcome(await json(422, 'POST', '/Patient/$validate', patient), 'too-costly');
});
