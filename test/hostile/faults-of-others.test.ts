/**
 * Faults that were seen in other servers, each as a test of this one. What concerns refreshed tokens and page links is in
 * side-paths.test.ts and single-use.test.ts, over the whole domain. SMART App Launch 2.2, scopes; FHIR R4 security.html.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wholeFacts } from '@affinity/policy/testing/whole-facts.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { openClinic, patientClaims, type StandingClinic, sending } from '../clinic/clinic.ts';

const categories = 'http://terminology.hl7.org/CodeSystem/observation-category';
const of = (patient: string) => ({ subject: { reference: `Patient/${patient}` } });
const observation = (id: string, patient: string, category: string, more: object = {}) => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ system: 'urn:codes', code: id }] },
  category: [{ coding: [{ system: categories, code: category }] }],
  performer: [{ reference: 'Practitioner/d' }],
  ...of(patient),
  ...more,
});
const records = [
  { resourceType: 'Patient', id: 'a', name: [{ family: 'Adler' }] },
  { resourceType: 'Patient', id: 'b', name: [{ family: 'Biber' }] },
  { resourceType: 'Practitioner', id: 'd', name: [{ family: 'Dachs' }] },
  observation('lab', 'a', 'laboratory'),
  observation('vital', 'a', 'vital-signs', { hasMember: [{ reference: 'Observation/theirs' }] }),
  observation('theirs', 'b', 'laboratory', { hasMember: [{ reference: 'Observation/vital' }] }),
];
const types = ['Patient', 'Practitioner', 'Observation'];

interface Bundle {
  readonly total?: number;
  readonly entry?: readonly {
    readonly resource?: { readonly resourceType: string; readonly id: string };
    readonly response?: { readonly status: string };
  }[];
}

test('seen in others', async (t) => {
  const { url } = await testDatabase(t);
  const clinic = await openClinic(url, { facts: wholeFacts });
  for (const resource of records) {
    const { resourceType: type, id } = resource;
    await clinic.backend.create({ type, id, content: { resource, json: JSON.stringify(resource) } });
  }
  const bundleOf = async (answer: Response): Promise<Bundle> => {
    assert.equal(answer.status, 200);
    return (await answer.json()) as Bundle;
  };
  const idsAt = async (path: string, token: string): Promise<readonly string[]> => {
    const { entry = [] } = await bundleOf(await clinic.send(path, token));
    return entry.flatMap(({ resource }) => (resource === undefined ? [] : [resource.id])).sort();
  };
  const tokenOf = (scope: string, more: object = {}) => clinic.token({ ...patientClaims('a', scope), ...more });
  const opensNothing = async (from: StandingClinic, token: string, why: string): Promise<void> => {
    const each = types.flatMap((type) => [`/${type}`, `/${type}/${type === 'Observation' ? 'lab' : 'a'}`]);
    for (const path of [...each, '/_history', '/?_type=Observation', '/Patient/a/$everything']) {
      const { status } = await from.send(path, token);
      assert.ok([401, 403].includes(status), `${why}: ${path} answers ${status}`);
    }
  };

  await t.test('D01: a token with no SMART scope leaves the policy as it was: it opens nothing', async () => {
    for (const scope of ['openid fhirUser launch/patient offline_access', 'anything', 'patient', '*/*.*', 'launch'])
      await opensNothing(clinic, await tokenOf(scope), scope);
  });

  await t.test('D05: every scope for a type counts, not the first alone', async () => {
    const granular = (category: string): string => `patient/Observation.rs?category=${categories}|${category}`;
    assert.deepEqual(await idsAt('/Observation', await tokenOf(granular('laboratory'))), ['lab']);
    const both = `${granular('laboratory')} ${granular('vital-signs')}`;
    assert.deepEqual(await idsAt('/Observation', await tokenOf(both)), ['lab', 'vital']);
    const apart = await tokenOf('patient/Observation.r patient/Observation.s');
    assert.deepEqual(await idsAt('/Observation', apart), ['lab', 'vital']);
    assert.equal((await clinic.send('/Observation/lab', apart)).status, 200);
  });

  await t.test('D01: an empty permission, or letters out of order, is no scope', async () => {
    for (const scope of ['patient/Observation.', 'patient/*.', 'patient/Observation', 'patient/*.sr', 'patient/*.rr'])
      await opensNothing(clinic, await tokenOf(scope), scope);
  });

  await t.test('E40, E41: includes and _has answer as if the records of others did not exist', async () => {
    const token = await tokenOf('patient/*.rs');
    const paths = [
      '/Observation?_include=Observation:has-member&_include:iterate=Observation:subject',
      '/Observation?_revinclude=Observation:has-member&_revinclude:iterate=Observation:has-member',
      '/Patient?_revinclude=Observation:subject',
    ];
    for (const path of paths) {
      const found = await idsAt(path, token);
      assert.ok(!found.includes('theirs') && !found.includes('b'), `${path}: ${found}`);
    }
    assert.deepEqual(await idsAt('/Observation?_has:Observation:has-member:code=theirs', token), []);
    assert.deepEqual(await idsAt('/Observation?has-member.code=theirs', token), []);
    assert.deepEqual(await idsAt('/Patient?_has:Observation:subject:code=theirs', token), []);
    const one = await tokenOf('patient/Observation.rs');
    assert.deepEqual(await idsAt('/Observation?_include=Observation:performer', one), ['lab', 'vital']);
    const { status } = await clinic.send('/Observation?subject.family=Adler', one);
    assert.equal(status, 403, 'a chain leads through a type that was not granted');
  });

  await t.test('D14: a missing claim does not skip the compartment', async () => {
    const claims = patientClaims('a', 'patient/*.cruds user/*.cruds');
    for (const missing of ['patient', 'grant_id']) {
      const left = Object.fromEntries(Object.entries(claims).filter(([name]) => name !== missing));
      await opensNothing(clinic, await clinic.token({ ...left, [missing]: undefined }), `without ${missing}`);
    }
  });

  await t.test('E52, E53: an entry of a Bundle is asked as it would be by itself', async () => {
    const token = await tokenOf('patient/Observation.rs');
    const get = (path: string) => ({ request: { method: 'GET', url: path } });
    const put = { resource: observation('lab', 'a', 'laboratory'), request: { method: 'PUT', url: 'Observation/lab' } };
    const bundle = (type: string, entry: readonly object[]) =>
      clinic.send('/', token, sending('POST', { resourceType: 'Bundle', type, entry }));
    const entries = [get('Patient/a'), get('Observation/theirs'), get('Observation/lab'), put];
    const { entry = [] } = await bundleOf(await bundle('batch', entries));
    const statuses = entry.map(({ response }) => response?.status.slice(0, 3));
    assert.deepEqual(statuses, ['403', '404', '200', '403']);
    for (const denied of [get('Patient/a'), put])
      assert.equal((await bundle('transaction', [get('Observation/lab'), denied])).status, 403);
  });

  await t.test('E47: a page link opens for nobody but who was given it', async () => {
    const scope = 'patient/Observation.rs';
    const given = await tokenOf(scope);
    const answer = (await (await clinic.send('/Observation?_count=1', given)).json()) as {
      readonly link: readonly { readonly relation: string; readonly url: string }[];
    };
    const next = answer.link.find(({ relation }) => relation === 'next')?.url ?? assert.fail('no next page');
    const path = next.slice(next.indexOf('/Observation?'));
    assert.equal((await clinic.send(path, given)).status, 200);
    for (const other of [{ grant_id: 'grant-2' }, { client_id: 'app-2' }, { sub: 'user-2' }])
      assert.equal((await clinic.send(path, await tokenOf(scope, other))).status, 404, JSON.stringify(other));
    assert.equal((await clinic.send(path, await tokenOf('patient/Patient.rs'))).status, 403);
  });

  await t.test('E01, E03: a denial is recorded before it is told', async () => {
    const token = await tokenOf('patient/Observation.rs', { jti: 'denied-once' });
    assert.equal((await clinic.send('/Patient/a', token)).status, 403);
    const { rows } = await clinic.pool.query<{ records: string }>('select records from audit_segment');
    const told = rows.flatMap(({ records: lines }) => lines.split('\n')).filter((line) => line.includes('denied-once'));
    assert.ok(told.length > 0 && told.every((line) => line.includes('"denied"')), told.join('\n'));
  });
  await clinic.close();
});
