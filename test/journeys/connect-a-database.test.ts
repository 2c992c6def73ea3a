/** From a database to a guarded FHIR server as its guide says: the files, the start, who is who, and an app of a patient. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { bearer, clientsYaml, obtainTokens } from '../hostile/caller.ts';
import { type Domain, makeDirectory, removeDirectory, runCommand, startDomain } from './domain.ts';

const guide = readFileSync(resolve(import.meta.dirname, '../../docs/guides/connect-a-database.md'), 'utf8');
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

test('E83, Q29: a database becomes a guarded FHIR server in one file; a patient’s app sees that patient’s rows', async () => {
  const database = new DatabaseSync(join(directory, 'hospital.db'));
  database.exec(block('create table PAT'));
  database.close();
  const yaml = `${clientsYaml}${block('resource_servers:')}`;
  writeFileSync(join(directory, 'hospital.yaml'), block('resources:\n'));
  domain = await startDomain({ directory, yaml });
  const { origin } = domain;
  const linked = await runCommand(domain, ['patients', 'link', 'patient-0001', '--server', 'city', '0047113'], {});
  assert.match(JSON.stringify(linked), /0047113/);
  const base = `${origin}/city/fhir`;
  const request = {
    aud: base,
    scope: 'openid fhirUser launch/patient patient/Patient.rs patient/Observation.rs',
    prompt: 'consent',
  };
  const { patient, access_token: token } = await obtainTokens(origin, { username: 'ana', request });
  assert.equal(patient, '0047113');
  const ask = async (path: string): Promise<{ status: number; text: string }> => {
    const response = await fetch(`${base}/${path}`, { headers: bearer(token) });
    return { status: response.status, text: await response.text() };
  };
  const idsOf = ({ text }: { text: string }) =>
    ((JSON.parse(text) as { entry?: { resource: { id: string } }[] }).entry ?? []).map(({ resource }) => resource.id);
  assert.deepEqual(idsOf(await ask('Observation?code=2345-7')), ['lab-1']);
  assert.deepEqual(idsOf(await ask('Observation?_sort=-date')).toSorted(), ['lab-1', 'lab-2']);
  assert.deepEqual(idsOf(await ask('Patient')), ['0047113']);
  assert.equal((await ask('Patient/0047150')).status, 404, 'Ben');
  const hostile = await ask(`Observation?code=${encodeURIComponent("' or '1'='1")}`);
  assert.deepEqual([hostile.status, idsOf(hostile)], [200, []]);
  const tagged = await fetch(`${base}/Observation/lab-1`, { headers: bearer(token) });
  const etag = tagged.headers.get('etag') ?? assert.fail();
  const again = await fetch(`${base}/Observation/lab-1`, { headers: { ...bearer(token), 'if-none-match': etag } });
  assert.equal(again.status, 304);
});
