/** From a folder of files to a guarded FHIR server as its guide says: the settings, the start, a bad row and a bad message, an app of a patient. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { bearer, clientsYaml, obtainTokens } from '../hostile/caller.ts';
import { type Domain, makeDirectory, removeDirectory, runCommand, startDomain } from './domain.ts';

const guide = readFileSync(resolve(import.meta.dirname, '../../docs/guides/connect-files.md'), 'utf8');
const block = (holds: string): string => {
  const blocks = [...guide.matchAll(/^```\w*\n(.*?)^```/gmsu)].map(([, text = '']) => text);
  return blocks.find((text) => text.includes(holds)) ?? assert.fail(holds);
};

const directory = makeDirectory();
let domain: Domain | undefined;
after(async () => {
  await domain?.stop();
  removeDirectory(directory);
});
const at = (...path: readonly string[]): string => join(directory, 'city-files', ...path);
const taken = async (): Promise<void> => {
  while (readdirSync(at('inbox')).length + readdirSync(at('work')).length > 0) await sleep(50);
};
const reasons = (): string =>
  readdirSync(at('quarantine'))
    .filter((name) => name.endsWith('.reason.txt'))
    .map((name) => readFileSync(at('quarantine', name), 'utf8'))
    .join('');

test('E83, Q25: a folder of messages and extracts becomes a guarded FHIR server; what is refused says why; a patient’s app sees that patient’s', async () => {
  writeFileSync(join(directory, 'city-messages.yaml'), block('patient: HOSP'));
  writeFileSync(join(directory, 'city-extracts.yaml'), block('resources:\n'));
  domain = await startDomain({ directory, yaml: `${clientsYaml}${block('resource_servers:')}` });
  const { origin } = domain;
  assert.ok(['inbox', 'work', 'done', 'quarantine'].every((name) => existsSync(at(name))));
  writeFileSync(join(directory, 'glucose.hl7'), block('MSH|'));
  execFileSync('sh', ['-ec', block('printf')], { cwd: directory });
  await taken();
  for (const told of ['no date can be made', 'OBX-11 (segment 5)']) {
    const line = block(told).split('\n')[1] ?? '';
    assert.ok(reasons().includes(line), `${line} in ${reasons()}`);
  }
  writeFileSync(at('inbox', 'mended.hl7'), block('MSH|').replace('||?', '||F'));
  await taken();

  await runCommand(domain, ['patients', 'link', 'patient-0001', '--server', 'city', '0047113'], {});
  const base = `${origin}/city/fhir`;
  const scope = 'openid fhirUser launch/patient patient/Patient.rs patient/Observation.rs patient/DiagnosticReport.rs';
  const request = { aud: base, scope, prompt: 'consent' };
  const { patient, access_token: token } = await obtainTokens(origin, { username: 'ana', request });
  assert.equal(patient, '0047113');
  const found = async (path: string): Promise<readonly { readonly id: string; readonly resourceType: string }[]> => {
    const response = await fetch(`${base}/${path}`, { headers: bearer(token) });
    assert.equal(response.status, 200, path);
    const { entry = [] } = (await response.json()) as { entry?: { resource: { id: string; resourceType: string } }[] };
    return entry.map(({ resource }) => resource);
  };
  const [glucose, more] = await found('Observation?code=2345-7');
  assert.ok(glucose !== undefined && more === undefined);
  assert.equal((await found('DiagnosticReport?_include=DiagnosticReport:result')).length, 3);
  assert.deepEqual(
    (await found('Patient')).map(({ id }) => id),
    ['0047113'],
  );
});
