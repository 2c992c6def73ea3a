/** A profile of the registry that the clinic enforces: the demonstration's own, end to end but for the network. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createArtefacts } from '@affinity/registry/artefacts.ts';
import { createCoreDefinitions } from '@affinity/registry/core-definitions.ts';
import { createLoadedPackages } from '@affinity/registry/packages/loaded-packages.ts';
import { packageLimits } from '@affinity/registry/packages/package-limits.ts';
import { createRelatedArtefacts } from '@affinity/registry/related-artefacts.ts';
import { snapshotLimits } from '@affinity/registry/snapshot/snapshot.ts';
import { terminologyLimits } from '@affinity/registry/terminology/limits.ts';
import { createDefinitionsOfCaller } from '@affinity/registry/terminology-of-caller.ts';
import { createClinic, patient, sending } from '@affinity/resource-server/testing/clinic.ts';
import { createBackend } from '@affinity/store/backend.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { createValidator } from '@affinity/validation/validator.ts';
import {
  demonstrationProfiles,
  glucoseSensorDefinitions,
  glucoseSensorPackage,
  sensorExtension,
  sensorReading,
} from './demo/glucose-sensor.ts';
import { createEnforcement, createRegistryResolver, type EnforcedProfile, supportedWith } from './enforced-profiles.ts';

const reading = (parts: readonly object[], more: object = {}) => ({
  resourceType: 'Observation',
  meta: { profile: [sensorReading] },
  extension: [{ url: sensorExtension, extension: parts }],
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '99504-3' }] },
  subject: { reference: 'Patient/a' },
  effectiveDateTime: '2026-01-15T08:30:00Z',
  valueQuantity: { value: 104, unit: 'mg/dL', system: 'http://unitsofmeasure.org', code: 'mg/dL' },
  ...more,
});
const serial = { url: 'serialNumber', valueString: 'SN-1' };
const site = (valueCode: string) => ({ url: 'site', valueCode });

test('M09: the clinic takes what is valid against a profile that it enforces, refuses what is not with 422 and where, and says so of itself', async (t) => {
  const { pool } = await testDatabase(t);
  const backend = createBackend({ pool, ownBases: [] });
  const changed = () => {};
  const packages = createLoadedPackages({ pool, ownBases: [], limits: packageLimits, changed, now: Date.now });
  const load = () => packages.loadOwn(glucoseSensorPackage, glucoseSensorDefinitions, 'a test');
  assert.equal((await load()).kind, 'loaded');
  const again = await load();
  assert.equal(again.kind === 'loaded' && again.created, 0);
  const artefacts = createArtefacts({
    backend,
    carried: createCoreDefinitions(),
    seconds: 60,
    most: 100,
    now: Date.now,
  });
  const clock = { seconds: 60, now: Date.now };
  const related = createRelatedArtefacts({ backend, artefacts, ...clock });
  const made = createDefinitionsOfCaller({ artefacts, related, limits: terminologyLimits, snapshotLimits, ...clock });
  const everybody = () => made(() => ({ kind: 'everything' }));
  const validator = createValidator();
  t.after(() => validator.close());
  const start = (profiles: readonly EnforcedProfile[]) =>
    createClinic({
      objects: createEnforcement(profiles, validator, createRegistryResolver(everybody)),
      supportedProfiles: supportedWith({ Observation: ['http://x.example/other'] }, profiles),
    });
  const clinic = await start(demonstrationProfiles);
  await clinic.put(patient('a'));
  const token = await clinic.token();
  const send = async (method: string, path: string, body: object) => {
    const response = await clinic.send(path, token, sending(method, body));
    const json = await response.json();
    const wrong = json.issue?.filter(({ severity }: { severity: string }) => severity === 'error') ?? [];
    return { status: response.status, json, at: wrong.map(({ expression = [] }) => expression[0]) };
  };
  const valid = await send('POST', '/Observation', reading([serial, site('left-upper-arm')]));
  assert.deepEqual([valid.status, valid.json.issue], [201, undefined]);

  const faults: readonly (readonly [string, object, RegExp])[] = [
    ['no sensor', reading([], { extension: undefined }), /^Observation/],
    ['no serial number', reading([site('thigh')]), /extension/],
    ['a place that is none', reading([serial, site('left ear')]), /extension\[0\]\.extension\[1\]\.value/],
    [
      'another unit',
      reading([serial], { valueQuantity: { value: 5.8, system: 'http://unitsofmeasure.org', code: 'mmol/L' } }),
      /value/,
    ],
    ['no moment', reading([serial], { effectiveDateTime: undefined }), /^Observation/],
  ];
  for (const [name, body, where] of faults) {
    const refused = await send('POST', '/Observation', body);
    assert.equal(refused.status, 422, name);
    assert.ok(
      refused.at.some((path: string) => where.test(path)),
      `${name}: ${refused.at.join(', ')}`,
    );
  }
  // Neither a change nor a patch gets round it, nor the claim of another version.
  const at = `/Observation/${valid.json.id}`;
  assert.equal((await send('PUT', at, { ...valid.json, extension: undefined })).status, 422);
  const patch = { 'Content-Type': 'application/json-patch+json' };
  const patched = await clinic.send(
    at,
    token,
    sending('PATCH', '[{"op":"remove","path":"/effectiveDateTime"}]', patch),
  );
  assert.equal(patched.status, 422);
  const other = reading([], { extension: undefined, meta: { profile: [`${sensorReading}|9.9`] } });
  assert.equal((await send('POST', '/Observation', other)).status, 422);
  // What does not claim it is no matter of it; where it always holds, everything is.
  const plain = reading([], { extension: undefined, meta: undefined });
  assert.equal((await send('POST', '/Observation', plain)).status, 201);
  const strict = await start(demonstrationProfiles.map((one) => ({ ...one, always: true })));
  await strict.put(patient('a'));
  assert.equal((await strict.send('/Observation', token, sending('POST', plain))).status, 422);
  // A profile that nobody knows lets nothing through.
  const unknown = await start([{ profile: 'http://x.example/none', type: 'Observation', always: true }]);
  await unknown.put(patient('a'));
  assert.equal((await unknown.send('/Observation', token, sending('POST', plain))).status, 422);

  const capability = await (await clinic.send('/metadata')).json();
  const observations = capability.rest[0].resource.find(({ type }: { type: string }) => type === 'Observation');
  assert.deepEqual(observations.supportedProfile, ['http://x.example/other', sensorReading]);
});
