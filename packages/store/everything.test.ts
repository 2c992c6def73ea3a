/** `$everything` shows one record and what it needs to be understood, each once over all pages, and nothing of another's. (N12, J03) */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EverythingOf, FilterOf } from '@affinity/core/fhir/backend.ts';
import { everything, nothing } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { createBackend } from './backend.ts';
import { testDatabase } from './testing/database.ts';

const to = (reference: string) => ({ reference });
const patient = to('Patient/p');
const observation = (more: Readonly<Record<string, unknown>>): Resource => ({
  resourceType: 'Observation',
  status: 'final',
  ...more,
});
const types = ['Patient', 'Observation', 'Condition', 'Device', 'Practitioner', 'Organization', 'Questionnaire'];
const resources: Readonly<Record<string, Resource>> = {
  p: { resourceType: 'Patient', managingOrganization: to('Organization/own') },
  q: { resourceType: 'Patient', managingOrganization: to('Organization/other') },
  'in-2020': observation({
    subject: patient,
    effectiveDateTime: '2020-05-01',
    performer: [to('Practitioner/of-2020')],
    device: to('Device/of-q'),
  }),
  'in-2022': observation({
    subject: patient,
    effectiveDateTime: '2022-05-01',
    performer: [to('Practitioner/of-2022')],
  }),
  'all-2021': observation({
    subject: patient,
    effectivePeriod: { start: '2021-01-01', end: '2021-12-31' },
    device: to('Device/of-p'),
  }),
  undated: observation({ subject: patient }),
  'about-q': observation({ subject: to('Patient/q'), focus: [patient], performer: [to('Practitioner/of-q')] }),
  'onset-2020': { resourceType: 'Condition', subject: patient, onsetDateTime: '2020-02-02' },
  'of-p': { resourceType: 'Device', patient },
  'of-q': { resourceType: 'Device', patient: to('Patient/q') },
  own: { resourceType: 'Organization', name: 'own' },
  other: { resourceType: 'Organization', name: 'other' },
};
const practitioners = ['of-2020', 'of-2022', 'of-q'];

test('everything of a patient', async (t) => {
  const { pool } = await testDatabase(t);
  let clock = Date.parse('2026-01-01T00:00:00Z');
  const backend = createBackend({ pool, ownBases: [], now: () => clock });
  const put = async (id: string, resource: Resource) => {
    const content = { resource, json: JSON.stringify(resource) };
    assert.equal((await backend.create({ type: resource.resourceType, id, content })).kind, 'created');
  };
  for (const [id, resource] of Object.entries(resources)) await put(id, resource);
  for (const id of practitioners) await put(id, { resourceType: 'Practitioner' });
  const shown = async (more: Partial<EverythingOf> = {}, filterOf: FilterOf = () => everything) => {
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const of = { patient: 'p', types, count: 3, ...more, ...(cursor === undefined ? {} : { cursor }) };
      const page = await backend.everything(of, filterOf);
      assert.ok(page.matches.length <= of.count);
      found.push(...page.matches.map(({ type, id }) => `${type}/${id}`));
      cursor = page.next;
    } while (cursor !== undefined);
    assert.equal(new Set(found).size, found.length, 'each once');
    return found;
  };
  const record = [
    'Condition/onset-2020',
    'Device/of-p',
    'Observation/all-2021',
    'Observation/in-2020',
    'Observation/in-2022',
    'Observation/undated',
  ];
  const whole = ['Patient/p', ...record, 'Organization/own', 'Practitioner/of-2020', 'Practitioner/of-2022'];

  await t.test('the patient first, the record, and what it refers to; pages of any size have one order', async () => {
    const found = await shown();
    assert.equal(found[0], 'Patient/p');
    assert.deepEqual(found.slice(1, 7).toSorted(), record);
    assert.deepEqual(found.toSorted(), whole.toSorted());
    for (const count of [1, 4, 100]) assert.deepEqual(await shown({ count }), found);
  });
  await t.test('care of a range of dates; what has no date stays', async () => {
    const in2020 = { start: Date.UTC(2020, 0, 1), end: Date.UTC(2021, 0, 1) };
    assert.deepEqual((await shown(in2020)).toSorted(), [
      'Condition/onset-2020',
      'Device/of-p',
      'Observation/in-2020',
      'Observation/undated',
      'Organization/own',
      'Patient/p',
      'Practitioner/of-2020',
    ]);
    const since2021 = await shown({ start: Date.UTC(2021, 5, 1) });
    assert.ok(since2021.includes('Observation/all-2021') && since2021.includes('Observation/in-2022'));
    assert.ok(!since2021.includes('Condition/onset-2020') && !since2021.includes('Practitioner/of-2020'));
  });
  await t.test('only these types', async () => {
    assert.deepEqual(await shown({ types: ['Condition'] }), ['Condition/onset-2020']);
    assert.deepEqual(await shown({ types: [] }), []);
  });
  await t.test('what is hidden is not shown, and leads to nothing', async () => {
    const without = (hidden: string) => shown({}, (type) => (type === hidden ? nothing : everything));
    assert.ok(!(await without('Patient')).includes('Organization/own'));
    const found = await without('Observation');
    assert.deepEqual(found.toSorted(), ['Condition/onset-2020', 'Device/of-p', 'Organization/own', 'Patient/p']);
    const late = await shown({}, (type) =>
      type === 'Observation' ? { kind: 'instance', type, id: 'in-2022' } : everything,
    );
    assert.ok(late.includes('Practitioner/of-2022') && !late.includes('Practitioner/of-2020'));
    assert.deepEqual(await shown({ patient: 'nobody' }), []);
  });
  await t.test('what was updated at or after an instant', async () => {
    clock = Date.parse('2026-02-01T00:00:00Z');
    await put(
      'new',
      observation({ subject: patient, effectiveDateTime: '2019', performer: [to('Practitioner/of-q')] }),
    );
    assert.deepEqual(await shown({ since: '2026-02-01T00:00:00Z' }), ['Observation/new']);
    assert.ok((await shown()).includes('Practitioner/of-q'));
  });
});
