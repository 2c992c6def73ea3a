/** K03: identifiers that other servers gave, on real PostgreSQL, by an index of persons. IHE PIXm; FHIR R4 search.html#chaining. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelOf } from '@affinity/core/fhir/security-label.ts';
import { createPatientsIdentified } from '../../affinity/patients-identified.ts';
import { base, openAgain, patientClaims, sending } from '../clinic/clinic.ts';
import { type Bundle, clinicFor, matchIds } from './clinic.ts';

type Clinic = Awaited<ReturnType<typeof clinicFor>>;

const hospital = 'http://localhost:4000/hospital/fhir';

/** Ana is `a` at the clinic and 4711 at the hospital, Bea is `b` and 4712; 4713 is known to the hospital alone. */
const persons: Readonly<Record<string, readonly string[]>> = {
  'urn:hospital|4711': ['a'],
  'urn:hospital|4712': ['b'],
  'urn:hospital|4713': [],
  'urn:mrn|1': ['a'],
};
const patientsIdentified = createPatientsIdentified(
  {
    personByIdentifier: async ({ system, value }) =>
      persons[`${system}|${value}`] === undefined ? undefined : `${system}|${value}`,
    placesOf: async (person) => [
      { base: hospital, patient: 'b' },
      ...(persons[person] ?? []).map((patient) => ({ base, patient })),
    ],
  },
  base,
  ['urn:apart'],
);

const fill = async ({ ask }: Clinic): Promise<void> => {
  const put = (resource: { readonly resourceType: string; readonly id: string }): Promise<Response> =>
    ask(201, 'PUT', `/${resource.resourceType}/${resource.id}`, resource);
  for (const [id, value] of [
    ['a', '1'],
    ['b', '2'],
  ] as const) {
    await put({ resourceType: 'Patient', id, identifier: [{ system: 'urn:mrn', value }] } as never);
    const subject = { reference: `Patient/${id}` };
    await put({ resourceType: 'Condition', id: `condition-${id}`, code: { text: 'x' }, subject } as never);
    const report = { status: 'final', code: { text: 'x' }, subject };
    await put({ resourceType: 'Observation', id: `observation-${id}`, ...report } as never);
    const result = [{ reference: `Observation/observation-${id}` }];
    await put({ resourceType: 'DiagnosticReport', id: `report-${id}`, ...report, result } as never);
  }
  const logical = { identifier: { system: 'urn:hospital', value: '4711' } };
  await put({ resourceType: 'Condition', id: 'logical', code: { text: 'x' }, subject: logical } as never);
};

test('K03: patient.identifier takes an identifier that another server gave; subject:identifier stays literal', async (t) => {
  const clinic = await clinicFor(t, { patientsIdentified, updateCreate: true });
  await fill(clinic);
  for (const [search, ids] of Object.entries({
    'Condition?patient.identifier=urn:hospital|4711': ['condition-a'],
    'Condition?subject.identifier=urn:hospital|4711': ['condition-a'],
    'Condition?subject:Patient.identifier=urn:hospital|4711': ['condition-a'],
    'Condition?patient.identifier=urn:mrn|1': ['condition-a'],
    'Condition?patient.identifier=urn:hospital|4711,urn:mrn|2': ['condition-a', 'condition-b'],
    'Condition?patient.identifier=urn:hospital|4711&patient.identifier=urn:mrn|1': ['condition-a'],
    'Condition?patient.identifier=urn:hospital|4711&patient.identifier=urn:mrn|2': [],
    'DiagnosticReport?result.patient.identifier=urn:hospital|4712': ['report-b'],
    'Patient?_has:DiagnosticReport:patient:result.patient.identifier=urn:hospital|4712': ['b'],
    // exactly, and whole
    'Condition?patient.identifier=urn:hospital|04711': [],
    'Condition?patient.identifier=URN:hospital|4711': [],
    'Condition?patient.identifier=4711': [],
    'Condition?patient.identifier=urn:hospital|': [],
    'Condition?patient.identifier=urn:hospital|4713': [],
    // K02: the reference itself, as it stands
    'Condition?subject:identifier=urn:hospital|4711': ['logical'],
    'Condition?subject:identifier=urn:mrn|1': [],
    'Patient?identifier=urn:hospital|4711': [],
  }))
    assert.deepEqual(await clinic.found(`/${search}`), ids, search);
  const bundle = await clinic.json<Bundle>(200, 'GET', '/Condition?patient.identifier=urn:hospital|4711');
  const self = bundle.link?.find(({ relation }) => relation === 'self')?.url ?? '';
  assert.match(decodeURIComponent(self), /patient\.identifier=urn:hospital\|4711/, 'the question as it was asked');
  assert.ok(!self.includes('_id'));
});

test('K03: it is declared where it is so, and only there; a system may be kept apart', async (t) => {
  const clinic = await clinicFor(t, { patientsIdentified, updateCreate: true });
  const statement = JSON.stringify(await clinic.json(200, 'GET', '/metadata'));
  assert.match(statement, /any identifier of the person/);
  const plain = openAgain(clinic);
  const without = await plain.send('/metadata');
  assert.doesNotMatch(await without.text(), /any identifier of the person/);
  assert.deepEqual(await patientsIdentified({ system: 'urn:mrn', value: '1' }), ['a']);
  const apart = createPatientsIdentified(
    { personByIdentifier: async () => 'one', placesOf: async () => [{ base, patient: 'a' }] },
    base,
    ['urn:apart'],
  );
  assert.deepEqual(await apart({ system: 'urn:apart', value: '1' }), []);
});

test('K03: nobody learns of a person whom they may not see: the answer is that to an identifier that nobody has', async (t) => {
  const clinic = await clinicFor(t, { patientsIdentified, updateCreate: true });
  await fill(clinic);
  const ana = await clinic.token(patientClaims('a'));
  const ask = async (identifier: string, type = 'Condition', token = ana) => {
    const answer = await clinic.send(`/${type}?patient.identifier=urn:hospital|${identifier}&_total=accurate`, token);
    const text = await answer.text();
    return [answer.status, text.replaceAll(identifier, 'N').replaceAll(/"(timestamp|lastUpdated|id)":"[^"]*"/g, '')];
  };
  assert.deepEqual(await ask('4712'), await ask('9999'));
  assert.deepEqual(await ask('4713'), await ask('9999'));
  assert.notDeepEqual(await ask('4711'), await ask('9999'));
  // The Patient herself may not be seen: by her number, nothing of hers is found.
  const confidential = { resourceType: 'Patient', id: 'a', meta: { security: [labelOf('V')] } };
  const cleared = await clinic.token({ clearance: 'V' });
  assert.equal((await clinic.send('/Patient/a', cleared, sending('PUT', confidential))).status, 200);
  assert.deepEqual(await ask('4711'), await ask('9999'));
  // Without the right to search for Patients the chain is refused, whoever it is about.
  const narrow = await clinic.token(patientClaims('a', 'patient/Condition.rs'));
  assert.deepEqual(await ask('4711', 'Condition', narrow), await ask('9999', 'Condition', narrow));
  assert.equal((await ask('4711', 'Condition', narrow))[0], 403);
});

test('K03: an index that cannot be asked is no answer, never a smaller one', async (t) => {
  const clinic = await clinicFor(t, {
    updateCreate: true,
    patientsIdentified: async () => {
      throw new Error('away');
    },
  });
  await fill(clinic);
  const token = await clinic.token();
  const answer = await clinic.send('/Condition?patient.identifier=urn:mrn|1', token);
  assert.ok(answer.status >= 500, String(answer.status));
  assert.deepEqual(matchIds(await clinic.json<Bundle>(200, 'GET', '/Condition?patient=b')), ['condition-b']);
});
