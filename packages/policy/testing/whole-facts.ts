/** Facts for tests that are about something else: under them only scopes, the audit log's rules and labels bind. */
import { clientSystem, grantConsentId } from '@affinity/core/fhir/consent.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { DecisionFacts } from '../facts.ts';

/** The conditions of a provision that speaks of everybody and everything. */
export const unsaid = { actors: [], actions: [], securityLabels: [], purposes: [], classes: [], codes: [], data: [] };

/** Facts by which this caller may act for the patient in its context, was granted everything, and nobody objects. */
export const wholeFacts = (principal: Principal): DecisionFacts => ({
  now: Date.UTC(2026, 0, 2, 3, 4, 5),
  patientsOf: principal.patient === undefined ? [] : [principal.patient],
  auditor: false,
  service: { records: 'all', clearance: principal.clearance ?? 'N' },
  consents: { implicit: 'permit', byPatient: new Map(), covers: 'everybody' },
  ...(principal.grant === undefined
    ? {}
    : {
        grant: {
          id: grantConsentId(principal.grant),
          given: 0,
          grantors: [],
          provision: {
            ...unsaid,
            type: 'deny',
            provisions: [
              {
                ...unsaid,
                type: 'permit',
                actors: [{ roles: [], identifier: { system: clientSystem, value: principal.clientId } }],
                provisions: [],
              },
            ],
          },
        },
      }),
});
