import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { brandBundle } from '@affinity/core/smart/brand.ts';
import { createClinic as createTestClinic } from '@affinity/resource-server/testing/clinic.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { createValidator } from '@affinity/validation/validator.ts';
import { brandSetting } from './brand-setting.ts';
import { loadBrands } from './brands.ts';
import { type Config, readConfig } from './config.ts';

const configOf = (brands: readonly unknown[] = [], demo = 'off'): Config => {
  const read = readConfig({ AFFINITY_DEMO: demo }, tmpdir());
  if (read.kind !== 'config') throw new Error('not a configuration');
  const { config } = read;
  return { ...config, file: { ...config.file, brands: brands.map((brand) => brandSetting.parse(brand)) } };
};
const hospital = {
  name: 'Example Hospital',
  website: 'https://www.hospital.example/',
  address: { city: 'Exampleton', state: 'EX' },
  categories: ['clinical', 'lab'],
  portal: { name: 'My record', url: 'https://records.example/' },
};

test('P10, P11: brands have one time until they change; nothing is published where nobody says who it is', async (t) => {
  const { pool } = await testDatabase(t);
  assert.equal(await loadBrands(pool, configOf(), new Date(1)), undefined);
  assert.equal((await loadBrands(pool, configOf([], 'on'), new Date(1)))?.list.length, 1);
  const first = await loadBrands(pool, configOf([hospital]), new Date(2));
  assert.equal(first?.changed, new Date(2).toISOString());
  assert.equal((await loadBrands(pool, configOf([hospital]), new Date(3)))?.changed, first?.changed);
  const renamed = await loadBrands(pool, configOf([{ ...hospital, name: 'Hospital' }]), new Date(4));
  assert.equal(renamed?.changed, new Date(4).toISOString());
});

test('P10, P11: the Bundle is read from any origin with a tag; smart-configuration names it and which brand it is', async (t) => {
  const { pool } = await testDatabase(t);
  const brands = (await loadBrands(pool, configOf([hospital]), new Date(2))) ?? assert.fail('no brands');
  const clinic = await createTestClinic({ brands });
  const configuration = await (await clinic.send('/.well-known/smart-configuration')).json();
  const { user_access_brand_bundle: address, user_access_brand_identifier: identifier } = configuration as {
    user_access_brand_bundle: string;
    user_access_brand_identifier: object;
  };
  const from = { origin: 'https://any.example' };
  const response = await clinic.server.fetch(new Request(address, { headers: from }), {});
  assert.equal(response.headers.get('access-control-allow-origin'), '*');
  const tag = response.headers.get('etag') ?? '';
  assert.match(tag, /^W\//);
  const again = await clinic.server.fetch(new Request(address, { headers: { 'if-none-match': tag } }), {});
  assert.equal(again.status, 304);
  const bundle = (await response.json()) as { entry: { resource: { identifier?: object[] } }[] };
  const named = bundle.entry.filter(({ resource }) =>
    resource.identifier?.some((one) => JSON.stringify(one) === JSON.stringify(identifier)),
  );
  assert.equal(named.length, 1, 'exactly one of them is ours');
  const without = await (await createTestClinic()).send('/.well-known/smart-configuration');
  assert.doesNotMatch(await without.text(), /brand/);
});

test('P11: the Bundle holds to the definitions of HL7', async (t) => {
  const { pool } = await testDatabase(t);
  const brands = (await loadBrands(pool, configOf([hospital]), new Date(2))) ?? assert.fail('no brands');
  const server = { base: 'https://records.example/fhir', name: 'clinic', contact: brands.contact };
  const validator = createValidator();
  t.after(() => validator.close());
  for (const { resource } of brandBundle(brands.list, server, brands.changed).entry as { resource: object }[]) {
    const result = await validator.validate({ resource } as never);
    const severe = JSON.stringify(result).match(/"severity":"(error|fatal)"/);
    assert.equal(severe, null, JSON.stringify(result).slice(0, 2000));
  }
});
