import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { checkFile, type Fault, policyNotices } from './config-file.ts';

const guide = readFileSync(join(import.meta.dirname, '../docs/guides/settings.md'), 'utf8');

const defaults = () => {
  const faults: Fault[] = [];
  return checkFile({}, faults) ?? assert.fail(JSON.stringify(faults));
};

test('the guide names every setting of the file, with the default that holds', () => {
  const { tokens, sessions, limits, locator, fhir, audit, policy } = defaults();
  for (const [group, values] of Object.entries({ tokens, sessions, limits, locator, fhir, audit, policy })) {
    for (const [name, value] of Object.entries(values)) {
      const row = guide.split('\n').find((line) => line.includes(`\`${group}.${name}\``)) ?? '';
      assert.match(row, new RegExp(`\\b${value}\\b`), `${group}.${name} with ${value}`);
    }
  }
});

test('the apps of the guide can be used as they stand', async () => {
  const { checkClients } = await import('@affinity/authorization-server/clients.ts');
  const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(guide) ?? [];
  const { clients } = parse(yaml) as { clients: unknown[] };
  assert.equal(clients.length, 4);
  assert.deepEqual(checkClients(clients), []);
});

test('E74: an emergency lasts a minute to half an hour', () => {
  const faultsOf = (emergency_seconds: unknown): readonly string[] => {
    const faults: Fault[] = [];
    checkFile({ tokens: { emergency_seconds } }, faults);
    return faults.map(({ setting }) => setting);
  };
  assert.equal(defaults().tokens.emergency_seconds, 900);
  for (const sound of [60, 1800]) assert.deepEqual(faultsOf(sound), []);
  for (const wrong of [59, 1801, 'long']) assert.deepEqual(faultsOf(wrong), ['tokens.emergency_seconds']);
});

test('C54, C55, L08, L14: how long a device waits, how many codes may be tried, how far a token may go', () => {
  const faultsOf = (given: object): readonly string[] => {
    const faults: Fault[] = [];
    checkFile(given, faults);
    return faults.map(({ setting }) => setting);
  };
  for (const [group, name, sound, wrong] of [
    ['tokens', 'device_code_seconds', [60, 1800], [59, 1801]],
    ['tokens', 'exchange_hops', [1, 5], [0, 6]],
    ['limits', 'device_codes_per_address', [1, 10_000], [0, 10_001]],
    ['limits', 'device_codes_altogether', [1, 100_000], [0, 100_001]],
    ['locator', 'located_days', [1, 3650], [0, 3651]],
    ['locator', 'published_days', [1, 36_500], [0, 36_501]],
    ['locator', 'changes_days', [1, 3650], [0, 3651]],
    ['locator', 'follow_seconds', [1, 3600], [0, 3601]],
    ['locator', 'follow_all_hours', [1, 720], [0, 721]],
    ['locator', 'follow_documents', [1, 1000], [0, 1001]],
    ['locator', 'home_community_id', ['urn:oid:1.2.840.10008'], ['1.2', 'urn:oid:3.1', 'urn:oid:1.02']],
  ] as const) {
    for (const value of sound) assert.deepEqual(faultsOf({ [group]: { [name]: value } }), []);
    for (const value of wrong) assert.deepEqual(faultsOf({ [group]: { [name]: value } }), [`${group}.${name}`]);
  }
});

test('B15: a launch is good for half a minute to ten', () => {
  const faultsOf = (launch_seconds: unknown): readonly string[] => {
    const faults: Fault[] = [];
    checkFile({ tokens: { launch_seconds } }, faults);
    return faults.map(({ setting }) => setting);
  };
  assert.equal(defaults().tokens.launch_seconds, 300);
  for (const sound of [30, 600]) assert.deepEqual(faultsOf(sound), []);
  for (const wrong of [29, 601]) assert.deepEqual(faultsOf(wrong), ['tokens.launch_seconds']);
});

const policyOf = (given: object) => {
  const faults: Fault[] = [];
  return { policy: checkFile({ policy: given }, faults)?.policy, faults: faults.map(({ setting }) => setting) };
};

test('P21: what holds without a Consent is one of three words', () => {
  for (const without_consent of ['permit', 'deny', 'emergency-only'])
    assert.equal(policyOf({ without_consent }).policy?.without_consent, without_consent);
  assert.deepEqual(policyOf({ without_consent: 'allow' }).faults, ['policy.without_consent']);
  assert.deepEqual(policyOf({ care_teams: true }).faults, ['policy.care_teams']);
});

test('facts are remembered for a tenth of a second to a minute', () => {
  assert.equal(policyOf({ facts_seconds: 0.1 }).policy?.facts_seconds, 0.1);
  assert.equal(policyOf({ facts_seconds: 60 }).policy?.facts_seconds, 60);
  assert.deepEqual(policyOf({ facts_seconds: 0.05 }).faults, ['policy.facts_seconds']);
  assert.deepEqual(policyOf({ facts_seconds: 61 }).faults, ['policy.facts_seconds']);
});

test('K03: up to a hundred systems of identifiers are kept apart', () => {
  const many = Array.from({ length: 101 }, (_, at) => `urn:${at}`);
  assert.deepEqual(policyOf({}).policy?.identifiers_apart, []);
  assert.equal(policyOf({ identifiers_apart: many.slice(1) }).policy?.identifiers_apart.length, 100);
  assert.deepEqual(policyOf({ identifiers_apart: many }).faults, ['policy.identifiers_apart']);
  assert.deepEqual(policyOf({ identifiers_apart: [''] }).faults, ['policy.identifiers_apart.0']);
});

test('P20: a service that does not say why it asks is named', () => {
  const noticesOf = (more: object): string => {
    const client = { client_id: 'reports', grant_types: ['client_credentials'], ...more };
    return policyNotices(checkFile({ clients: [client] }, []) ?? assert.fail()).join('\n');
  };
  assert.match(noticesOf({}), /The service reports does not say why it asks/);
  assert.equal(noticesOf({ affinity_purposes: ['HOPERAT'] }), '');
  assert.equal(noticesOf({ grant_types: ['authorization_code'] }), '');
});

test('what widens more than an operator may think announces itself', () => {
  const noticesOf = (given: object): string =>
    policyNotices(checkFile({ policy: given }, []) ?? assert.fail()).join('\n');
  assert.equal(noticesOf({}), '');
  assert.match(noticesOf({ whole_server_practitioners: true }), /every practitioner reaches every record/);
  assert.match(noticesOf({ managing_organization: true }), /every patient of the own organization/);
  assert.match(noticesOf({ facts_seconds: 5 }), /up to 5 s more/);
});

test('C56, B31: a proof is good for five seconds to five minutes, a pushed request for ten to ninety', () => {
  const faultsOf = (tokens: object): readonly string[] => {
    const faults: Fault[] = [];
    checkFile({ tokens }, faults);
    return faults.map(({ setting }) => setting);
  };
  for (const proof_seconds of [5, 300]) assert.deepEqual(faultsOf({ proof_seconds }), []);
  for (const proof_seconds of [4, 301, 7.5]) assert.deepEqual(faultsOf({ proof_seconds }), ['tokens.proof_seconds']);
  for (const pushed_request_seconds of [10, 90]) assert.deepEqual(faultsOf({ pushed_request_seconds }), []);
  for (const pushed_request_seconds of [9, 91])
    assert.deepEqual(faultsOf({ pushed_request_seconds }), ['tokens.pushed_request_seconds']);
});
