/** The fast stub that the gateway's benchmark stands in front of: a FHIR server in a process of its own that looks nothing up. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generatePopulation } from '../affinity/demo/population.ts';

const patient = 'patient-0001';
const laboratory = generatePopulation({ seed: 2026, patients: 20, today: '2026-11-23' })
  .toArray()
  .filter((resource) => resource.resourceType === 'Observation' && JSON.stringify(resource).includes('"laboratory"'));
const meta = { versionId: '1', lastUpdated: '2026-01-02T03:04:05.678Z' };
const observations = Array.from({ length: 50 }, (_, i) => ({
  ...laboratory[i % laboratory.length],
  id: `laboratory-${i}`,
  meta,
  subject: { reference: `Patient/${patient}` },
}));
const statement = {
  resourceType: 'CapabilityStatement',
  fhirVersion: '4.0.1',
  rest: [
    {
      mode: 'server',
      resource: [
        {
          type: 'Observation',
          interaction: [{ code: 'read' }, { code: 'search-type' }],
          searchParam: [
            { name: 'patient', type: 'reference' },
            { name: 'category', type: 'token' },
            { name: 'code', type: 'token' },
          ],
        },
      ],
    },
  ],
};

const bundle = (base: string, resources: readonly object[]): string =>
  JSON.stringify({
    resourceType: 'Bundle',
    type: 'searchset',
    total: resources.length,
    link: [{ relation: 'self', url: `${base}/Observation?patient=Patient/${patient}&category=laboratory` }],
    entry: resources.map((resource) => ({
      fullUrl: `${base}/Observation/${(resource as { id: string }).id}`,
      resource,
      search: { mode: 'match' },
    })),
  });

const server = createServer((request, response) => {
  const path = request.url ?? '';
  const body = path.includes('large') ? large : path.includes('?') ? page : path.endsWith('metadata') ? known : one;
  response.writeHead(200, { 'content-type': 'application/fhir+json;charset=utf-8', 'content-length': body.length });
  response.end(body);
});
server.listen(0, '127.0.0.1');
await new Promise((done) => server.once('listening', done));
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/fhir`;
const known = Buffer.from(JSON.stringify(statement));
const one = Buffer.from(JSON.stringify(observations[0]));
const page = Buffer.from(bundle(base, observations));
/** 20 MB, asked for by a code of that name */
const large = Buffer.from(
  bundle(
    base,
    Array.from({ length: 50 }, (_, i) => ({
      ...observations[i],
      code: { coding: [{ code: 'large' }] },
      note: [{ text: 'x'.repeat(420_000) }],
    })),
  ),
);
process.send?.({ base, read: `/Observation/${observations[0]?.id}`, bytes: [one.length, page.length, large.length] });
process.once('disconnect', () => process.exit(0));
