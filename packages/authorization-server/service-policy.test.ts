/** What an operator agrees with a backend service is understood or refused at the start. SMART App Launch 2.2, Backend Services. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkClients, createClientRegistry } from './clients.ts';
import { servicePolicyOf } from './service-policy.ts';

const service = (more: Readonly<Record<string, unknown>> = {}) => ({
  client_id: 'service',
  jwks_uri: 'https://service.example/jwks',
  grant_types: ['client_credentials'],
  scope: 'system/*.rs',
  ...more,
});
const policyOf = async (client: Readonly<Record<string, unknown>>) => {
  const found = (await createClientRegistry([client]).find('service')) ?? assert.fail();
  return servicePolicyOf(found);
};

test('E32: a service that an operator declares reaches everything that is not confidential, unless told', async () => {
  assert.deepEqual(await policyOf(service()), { records: 'all', clearance: 'N' });
  const records = ['Patient/a', 'Group/cohort', 'Organization/ward-2'];
  assert.deepEqual(await policyOf(service({ affinity_records: records, affinity_clearance: 'V' })), {
    records,
    clearance: 'V',
  });
  assert.equal(await policyOf({ client_id: 'service', redirect_uris: ['https://app.example/cb'] }), undefined);
});

test('E32: what is not understood of it is a fault that says what is allowed', async () => {
  const cases: [Readonly<Record<string, unknown>>, RegExp][] = [
    [{ affinity_records: 'everything' }, /all, or a list of 1 to 1000 references/],
    [{ affinity_records: [] }, /list of 1 to 1000/],
    [{ affinity_records: Array.from({ length: 1001 }, (_, i) => `Patient/${i}`) }, /list of 1 to 1000/],
    [{ affinity_records: ['Patient/a', 'Practitioner/b'] }, /"Practitioner\/b" is none of Patient\/…, Group\/…/],
    [{ affinity_records: ['Patient/a/b'] }, /is none of/],
    [{ affinity_records: [7] }, /7 is none of/],
    [{ affinity_clearance: 'U' }, /must be N \(normal\)/],
    [{ affinity_clearance: ['N'] }, /must be N/],
  ];
  for (const [more, expected] of cases) {
    const faults = checkClients([service(more)]);
    assert.match(faults.join('\n'), expected);
    assert.match(faults.join('\n'), /^clients\[0\] \(service\): /);
  }
  assert.deepEqual(
    checkClients([service({ affinity_records: Array.from({ length: 1000 }, (_, i) => `Patient/${i}`) })]),
    [],
  );
});

test('E32: an app with people has no such policy', async () => {
  const app = { client_id: 'app', redirect_uris: ['https://app.example/cb'] };
  const faults = checkClients([{ ...app, affinity_records: 'all', affinity_clearance: 'N' }]).join('\n');
  assert.match(faults, /affinity_records is for backend services/);
  assert.match(faults, /affinity_clearance is for backend services/);
});
