/** A real HAPI server with records of two patients, and a domain of ours that was put in front of it by one command. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { clientsYaml } from '../../test/hostile/caller.ts';
import { type Domain, removeDirectory, startDomain } from '../../test/journeys/domain.ts';
import { buildHapi, type Hapi, startHapi } from './hapi-server.ts';

const bin = resolve(import.meta.dirname, '../../affinity/bin.mjs');
const fhirJson = { 'content-type': 'application/fhir+json' };

const categoryOf = (code: string) => [
  { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code }] },
];
export const observation = (
  id: string,
  patient: string,
  category: string,
  day: number,
  more: object = {},
): Resource => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  category: categoryOf(category),
  code: { coding: [{ system: 'http://loinc.org', code: '718-7' }], text: 'Hemoglobin' },
  subject: { reference: `Patient/${patient}` },
  effectiveDateTime: `2026-03-${String(day).padStart(2, '0')}`,
  valueQuantity: { value: 13.5, unit: 'g/dL', system: 'http://unitsofmeasure.org', code: 'g/dL' },
  ...more,
});

const restricted = { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' };

/** `pa` has 24 laboratory results and one vital sign, one of them restricted; `pb` three results. Both are cared for by `dr`. */
const records: readonly Resource[] = [
  { resourceType: 'Practitioner', id: 'dr', active: true, name: [{ family: 'Okafor' }] },
  {
    resourceType: 'Patient',
    id: 'pa',
    name: [{ family: 'Adeyemi' }],
    birthDate: '1980-02-03',
    generalPractitioner: [{ reference: 'Practitioner/dr' }],
  },
  { resourceType: 'Patient', id: 'pb', name: [{ family: 'Brandt' }], birthDate: '1975-07-01' },
  ...Array.from({ length: 24 }, (_, i) => observation(`a${i + 1}`, 'pa', 'laboratory', i + 1)),
  observation('a-pulse', 'pa', 'vital-signs', 25, { performer: [{ reference: 'Practitioner/dr' }] }),
  observation('a-hidden', 'pa', 'laboratory', 26, { meta: { security: [restricted] } }),
  ...Array.from({ length: 3 }, (_, i) => observation(`b${i + 1}`, 'pb', 'laboratory', i + 1)),
  { resourceType: 'Condition', id: 'a-asthma', code: { text: 'Asthma' }, subject: { reference: 'Patient/pa' } },
];

const seed = async (url: string): Promise<void> => {
  const entry = records.map((resource) => ({
    resource,
    request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` },
  }));
  const body = JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry });
  const response = await fetch(url, { method: 'POST', headers: fhirJson, body });
  assert.equal(response.status, 200, await response.clone().text());
};

/** What is kept in the domain's directory, beside the domain that runs. @param input for standard input */
const command = (domain: Domain, args: readonly string[], input: string): Promise<void> =>
  new Promise((done, fail) => {
    const env = { PATH: process.env.PATH, AFFINITY_PORT: new URL(domain.origin).port };
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: domain.directory,
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
    child.once('close', (code) => (code === 0 ? done() : fail(new Error(`${args.join(' ')}: ${output}`))));
    child.stdin.end(`${input}\n`);
  });

export interface GuardedHapi {
  readonly hapi: Hapi;
  readonly domain: Domain;
  /** of the gateway */
  readonly base: string;
  close(): Promise<void>;
}

export const startGuardedHapi = async (): Promise<GuardedHapi> => {
  buildHapi();
  const hapi = await startHapi();
  await seed(hapi.url);
  const domain = await startDomain({ args: ['protect', hapi.url], yaml: clientsYaml });
  await command(domain, ['people', 'add', 'ana', '--name', 'Ana Adeyemi', '--patient', 'pa'], 'ana-demo-2026');
  await command(domain, ['people', 'add', 'ben', '--name', 'Ben Brandt', '--patient', 'pb'], 'ben-demo-2026');
  await command(domain, ['people', 'add', 'okafor', '--name', 'Dr Okafor', '--practitioner', 'dr'], 'okafor-demo-2026');
  return {
    hapi,
    domain,
    base: `${domain.origin}/fhir`,
    close: async () => {
      await domain.stop();
      removeDirectory(domain.directory);
      await hapi.stop();
    },
  };
};
