/** Who is who: the identity service at `/identity/fhir`, patients and providers of the whole domain. IHE PIXm, PDQm, mCSD. */
import { countEvidence, readDemographics } from '@affinity/identity/matching/demographics.ts';
import { createIhePix } from '@affinity/identity/operations/ihe-pix.ts';
import { createMatch } from '@affinity/identity/operations/match.ts';
import { withPatientSearch } from '@affinity/identity/patient-search.ts';
import { otherRecordsOf } from '@affinity/identity/persons.ts';
import { createSourceRule } from '@affinity/identity/source-rule.ts';
import { openIndexOfPersons } from './index-of-persons.ts';
import { withTypes } from './record-space.ts';
import {
  createSharedServer,
  type SharedDescription,
  type SharedNeighbours,
  type SharedServer,
} from './shared-server.ts';
import { followPersonsOf } from './stewarded-persons.ts';

export const identityService = {
  name: 'identity',
  title: 'Identity',
  path: '/identity/fhir',
} as const satisfies SharedDescription;

const types = [
  'Patient',
  'Practitioner',
  'PractitionerRole',
  'Organization',
  'Location',
  'HealthcareService',
  'OrganizationAffiliation',
  'Endpoint',
];

export const createIdentity = (neighbours: SharedNeighbours): Promise<SharedServer> =>
  createSharedServer(
    {
      ...identityService,
      types,
      alike: (records) => otherRecordsOf(neighbours.pool, records),
      own: async (space, base) => {
        const { config, pool, home, further, shared, log, now } = neighbours;
        const { sources, shared_systems, domains, ...asking } = config.file.identity;
        const records = { ...space, schema: identityService.name };
        const changed = followPersonsOf({ home: home.base, shared });
        const persons = await openIndexOfPersons({ config, pool, records, base, home, further, changed, now, log });
        const { matcher, settle } = persons;
        const known = new Set([...domains, ...sources.flatMap(({ systems }) => systems)]);
        const limit = { pool, perMinute: asking.questions_per_minute, now: () => now().getTime() };
        const bases = [home, ...further].map((one) => one.base);
        return {
          backend: withPatientSearch(withTypes(space.store, types), known),
          operations: [
            createIhePix({ pool, base, matcher, bases, domains: known, settle, limit, recordsMost: 20 }),
            createMatch({
              ...{ pool, base, matcher, settle, limit },
              evidenceOf: (patient) => countEvidence(readDemographics(patient)),
              evidenceLeast: asking.match_evidence,
              resultsMost: asking.match_results,
            }),
          ],
          objects: createSourceRule({
            ...{ pool, base, settle },
            sources: new Map(sources.map(({ client_id, systems }) => [client_id, new Set(systems)])),
            shared: new Set(shared_systems),
          }),
          close: persons.close,
        };
      },
    },
    neighbours,
  );
