/**
 * Our own clinic as a foreign FHIR server behind the gateway, on a real socket: the suite that every Backend runs, and the
 * same answers through both. FHIR R4 http.html.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describeBackend } from '@affinity/core/testing/backend.ts';
import { createMemoryBackend } from '@affinity/core/testing/memory-backend.ts';
import { createRemoteFhir } from '@affinity/gateway/remote-fhir/remote-fhir.ts';
import { createSourceBackend } from '@affinity/gateway/source-backend.ts';
import { evaluate } from '@affinity/policy/filter.ts';
import { base, createClinic } from '@affinity/resource-server/testing/clinic.ts';
import { createAdaptorServer } from '@hono/node-server';

/** A service that may do everything there, and the clinic that knows it. */
const openClinic = async () => {
  const memory = createMemoryBackend({ evaluate, ownBases: [base] });
  const clinic = await createClinic({ backend: memory, updateCreate: true });
  const token = await clinic.token({
    sub: 'gateway',
    client_id: 'gateway',
    grant_id: undefined,
    patient: undefined,
    scope: 'system/*.cruds',
    clearance: 'V',
  });
  const server = createAdaptorServer({ fetch: (request) => clinic.server.fetch(request, {}) });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const remote = await createRemoteFhir({
    name: 'clinic',
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/fhir`,
    aliases: [base],
    publicBase: 'https://gateway.example/fhir',
    credentials: { kind: 'header', name: 'Authorization', value: `Bearer ${token}` },
    sort: ['_lastUpdated', '_id', 'date'],
    modifiers: ['not', 'exact', 'contains', 'missing', 'text', 'of-type', 'identifier', 'above', 'below'],
    writes: true,
    create: 'put',
    report: ({ kind, detail }) => {
      throw new Error(`reported: ${kind} ${detail}`);
    },
  });
  return {
    memory,
    clinic,
    remote,
    close: async () => {
      await remote.close();
      server.close();
    },
  };
};

describeBackend('our own clinic behind the gateway', async () => {
  const { remote, close } = await openClinic();
  return {
    backend: createSourceBackend({ source: remote, ownBases: [] }),
    evaluate,
    share: 0.25,
    keepsCanonicals: false as const,
    tellsVersionsWithin: false as const,
    close,
  };
});
