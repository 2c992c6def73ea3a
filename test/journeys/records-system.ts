/** An existing records system on a real socket that passes over every parameter of a search: it gives all it has of the type. */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { startUpstream, type Upstream } from '@affinity/gateway/remote-fhir/testing/upstream.ts';

/** By which its statement says that it can be asked. */
const parameters: Readonly<Record<string, readonly (readonly [name: string, type: string])[]>> = {
  Observation: [['patient', 'reference']],
  DocumentReference: [['patient', 'reference']],
  CareTeam: [
    ['participant', 'reference'],
    ['status', 'token'],
  ],
};

export const startRecordsSystem = async (
  t: Parameters<typeof startUpstream>[0],
  records: readonly Resource[],
): Promise<Upstream> => {
  const upstream = await startUpstream(t);
  const types = [...new Set(records.map(({ resourceType }) => resourceType))];
  upstream.statement = {
    resourceType: 'CapabilityStatement',
    status: 'active',
    kind: 'instance',
    fhirVersion: '4.0.1',
    format: ['json'],
    rest: [
      {
        mode: 'server',
        resource: types.map((type) => ({
          type,
          interaction: [{ code: 'read' }, { code: 'search-type' }],
          searchParam: [...(parameters[type] ?? []), ['_lastUpdated', 'date']].map(([name, kind]) => ({
            name,
            type: kind,
          })),
        })),
      },
    ],
  };
  const held = records.map((resource) => ({
    ...resource,
    meta: { ...(resource.meta as object | undefined), versionId: '1', lastUpdated: '2026-05-01T10:00:00.000Z' },
  }));
  upstream.say = ({ path }) => {
    const [, type = '', id] = /^\/fhir\/([A-Za-z]+)(?:\/([A-Za-z0-9._-]+))?/.exec(path) ?? [];
    const all = held.filter(({ resourceType }) => resourceType === type);
    if (id === undefined || id === '_search') {
      const entry = all.map((resource) => ({ resource, search: { mode: 'match' } }));
      return { body: { resourceType: 'Bundle', type: 'searchset', entry } };
    }
    const found = all.find((one) => one.id === id);
    const issue = [{ severity: 'error', code: 'not-found' }];
    return found === undefined ? { status: 404, body: { resourceType: 'OperationOutcome', issue } } : { body: found };
  };
  return upstream;
};
