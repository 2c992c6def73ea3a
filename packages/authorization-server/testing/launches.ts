/** Records as far as launches ask about them, in memory; and a record system that launches an app. SMART App Launch 2.2. */
import assert from 'node:assert/strict';
import type { AuthorizationServer } from '../authorization-server.ts';
import type { LaunchRecords } from '../launch-records.ts';
import type { EncounterView } from '../page-views.ts';

export interface TestRecords extends LaunchRecords {
  /** `Practitioner/d1 p1`: who reaches whose record */
  readonly reached: Set<string>;
  /** by patient, newest first */
  readonly visits: Map<string, readonly EncounterView[]>;
}

export const createTestRecords = (): TestRecords => {
  const reached = new Set(['Practitioner/d1 p1', 'Practitioner/d1 p2', 'Practitioner/n1 p1', 'Patient/p1 p1']);
  const visits = new Map<string, readonly EncounterView[]>([['p1', [{ id: 'e1', title: 'Check-up' }]]]);
  const reaches = (fhirUser: string | undefined, patient: string): boolean =>
    reached.has(`${fhirUser?.replace(/^.*\/fhir\//, '')} ${patient}`);
  return {
    reached,
    visits,
    shows: async ({ fhirUser }, _, { patient, encounter }) => {
      if (!reaches(fhirUser, patient)) return 'no-patient';
      const known = encounter === undefined || visits.get(patient)?.some(({ id }) => id === encounter);
      return known ? 'shown' : 'no-encounter';
    },
    reaches: async ({ fhirUser }, _, patient) => reaches(fhirUser, patient),
    encounters: async (_, __, ___, patient, most) => (visits.get(patient) ?? []).slice(0, most),
  };
};

/** What the record system posts, as it stands. */
export const postLaunch = (
  server: AuthorizationServer,
  issuer: string,
  token: string | undefined,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> =>
  server.fetch(
    new Request(`${issuer}/launch`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
    { address: '192.0.2.7' },
  );

export interface Launched {
  readonly launch: string;
  readonly launch_url: string;
  readonly expires_in: number;
}

export const readLaunch = async (response: Response): Promise<Launched> => {
  assert.equal(response.status, 201, await response.clone().text());
  return (await response.json()) as Launched;
};
