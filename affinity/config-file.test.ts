import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { checkFile, type Fault } from './config-file.ts';

const guide = readFileSync(join(import.meta.dirname, '../docs/guides/settings.md'), 'utf8');

const defaults = () => {
  const faults: Fault[] = [];
  return checkFile({}, faults) ?? assert.fail(JSON.stringify(faults));
};

test('the guide names every setting of the file, with the default that holds', () => {
  const { tokens, limits, fhir, audit } = defaults();
  for (const [group, values] of Object.entries({ tokens, limits, fhir, audit })) {
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
  assert.equal(clients.length, 3);
  assert.deepEqual(checkClients(clients), []);
});
