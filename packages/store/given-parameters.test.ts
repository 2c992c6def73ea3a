/** A SearchParameter that another store gives works here, and is taken back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everything } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { createBackend } from './backend.ts';
import { activeParameters, giveParameters, parameterGeneration } from './given-parameters.ts';
import { createIndexing } from './reindexing.ts';
import { testDatabase } from './testing/database.ts';

const url = 'http://x.example/SearchParameter/serial';
const definition: Resource = {
  resourceType: 'SearchParameter',
  id: 'serial',
  url,
  version: '1.0.0',
  name: 'Serial',
  status: 'active',
  code: 'sensor-serial',
  base: ['Observation'],
  type: 'string',
  expression: "Observation.extension.where(url = 'http://x.example/serial').value",
};
const content = (resource: Resource) => ({ resource, json: JSON.stringify(resource) });

test('M10: a SearchParameter that is active in the registry appears elsewhere and finds what was stored before, once it is indexed', async (t) => {
  const [registry, clinic] = await Promise.all([testDatabase(t), testDatabase(t)]);
  const of = createBackend({ pool: registry.pool, ownBases: [] });
  const indexing = createIndexing({ pool: clinic.pool, ownBases: [], log: () => {} });
  const backend = createBackend({ pool: clinic.pool, ownBases: [], parameters: indexing.parameters });
  const observation: Resource = {
    resourceType: 'Observation',
    id: 'o',
    status: 'final',
    code: { text: 'x' },
    extension: [{ url: 'http://x.example/serial', valueString: 'SN-1' }],
  };
  await backend.create({ type: 'Observation', id: 'o', content: content(observation) });
  const offered = () =>
    backend.capabilities
      .find(({ type }) => type === 'Observation')
      ?.searchParams.find(({ name }) => name === 'sensor-serial')?.definition;
  const before = await parameterGeneration(registry.pool);
  await of.create({ type: 'SearchParameter', id: 'serial', content: content({ ...definition, status: 'draft' }) });
  assert.notEqual(await parameterGeneration(registry.pool), before);
  assert.deepEqual(await activeParameters(registry.pool), [], 'a draft gives nothing');
  await of.update({ type: 'SearchParameter', id: 'serial', content: content(definition) }, everything);

  assert.equal(await giveParameters(clinic.pool, await activeParameters(registry.pool)), true);
  assert.equal(await giveParameters(clinic.pool, await activeParameters(registry.pool)), false, 'the same again');
  await indexing.parameters.refresh();
  assert.equal(offered(), undefined, 'not before everything is indexed by it');
  await indexing.catchUp();
  assert.equal(offered(), url);
  const query = {
    type: 'Observation',
    clauses: [{ param: 'sensor-serial', values: [{ kind: 'string', text: 'sn-1' }] }],
    count: 5,
    sort: [],
    total: 'none',
    understood: [],
  } as const;
  assert.equal((await backend.searchType(query, everything)).matches.length, 1);

  const wild = { ...definition, expression: "Observation.repeat(extension).where(url.matches('(a+)+$')).value" };
  const body = JSON.stringify(wild);
  assert.equal(await giveParameters(clinic.pool, [{ url, version: 2, body }]), true);
  await indexing.catchUp();
  assert.equal(offered(), undefined, 'what is past the limits of FHIRPath adds nothing');
  assert.equal(await giveParameters(clinic.pool, []), true);
});
