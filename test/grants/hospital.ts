/** A second resource server of the same domain, with records of its own in memory, behind the same guard. RFC 8707. */
import { hospital, issuer } from '@affinity/authorization-server/testing/domain.ts';
import { createMemoryBackend } from '@affinity/core/testing/memory-backend.ts';
import { evaluate } from '@affinity/policy/filter.ts';
import { wholeFacts } from '@affinity/policy/testing/whole-facts.ts';
import { createResourceServer } from '@affinity/resource-server/resource-server.ts';
import { observation, patient } from '@affinity/resource-server/testing/clinic.ts';
import type { GrantStage } from './stage.ts';

/** With the patients `h1` and, somebody else under an id of the clinic, `p1`; each has one observation. */
export const openHospital = async ({ server, grants }: GrantStage) => {
  const backend = createMemoryBackend({ ownBases: [hospital], now: Date.now, evaluate });
  for (const id of ['h1', 'p1']) {
    for (const resource of [patient(id), observation(`of-${id}`, id, 'laboratory')]) {
      const content = { resource, json: JSON.stringify(resource) };
      await backend.create({ type: resource.resourceType, id: resource.id, content });
    }
  }
  const made = createResourceServer({
    name: 'hospital',
    base: hospital,
    issuer,
    backend,
    audit: { append: async () => {} },
    keys: () => server.keys(),
    grants,
    introspect: (token) => server.introspect(token, hospital),
    authorizationMetadata: () => server.metadata(),
    smartCapabilities: [],
    facts: wholeFacts,
    pageKey: new Uint8Array(32).fill(7),
    allowsOrigin: () => false,
    now: Date.now,
    log: () => {},
  });
  return {
    status: async (path: string, token: string): Promise<number> => {
      const headers = { authorization: `Bearer ${token}` };
      return (await made.fetch(new Request(`${hospital}/${path}`, { headers }), { address: '192.0.2.1' })).status;
    },
  };
};
