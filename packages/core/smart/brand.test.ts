import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Brand, brandBundle, identifierOfWebsite } from './brand.ts';

const base = 'https://records.example/fhir';
const brand = (more: Partial<Brand> = {}): Brand => ({
  name: 'Example Hospital',
  aliases: ['EH'],
  website: 'https://www.hospital.example/',
  identifiers: [identifierOfWebsite('https://www.hospital.example/')],
  categories: ['clinical'],
  portal: { name: 'My record', url: 'https://records.example/' },
  ...more,
});
const made = (brands: readonly Brand[]) =>
  brandBundle(
    brands,
    { base, name: 'Records', contact: 'https://records.example/developers' },
    '2026-11-28T00:00:00Z',
  ) as unknown as {
    type: string;
    timestamp: string;
    entry: { fullUrl: string; resource: Record<string, unknown> }[];
  };

test('P10: a brand is named by its website: no www, no path', () => {
  assert.deepEqual(identifierOfWebsite('https://www.hospital.example/en/home?x=1'), {
    system: 'urn:ietf:rfc:3986',
    value: 'https://hospital.example',
  });
});

test('P11: a collection with its time, brands that point to the endpoint, and the endpoint of the server', () => {
  const bundle = made([brand(), brand({ name: 'Example Clinic', logo: 'https://hospital.example/logo.svg' })]);
  assert.deepEqual([bundle.type, bundle.timestamp], ['collection', '2026-11-28T00:00:00Z']);
  const types = bundle.entry.map(({ resource }) => resource.resourceType);
  assert.deepEqual(types, ['Organization', 'Organization', 'Endpoint']);
  const [first, second, last] = bundle.entry.map(({ resource }) => resource);
  assert.equal(last?.address, base);
  for (const one of [first, second]) assert.deepEqual(one?.endpoint, [{ reference: `Endpoint/${last?.id}` }]);
  assert.deepEqual(last?.managingOrganization, { reference: `Organization/${first?.id}` });
  assert.match(JSON.stringify(second?.extension), /brandLogo/);
  assert.doesNotMatch(JSON.stringify(first?.extension), /brandLogo/);
  assert.equal(new Set(bundle.entry.map(({ fullUrl }) => fullUrl)).size, 3);
});
