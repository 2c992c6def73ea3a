/** The facts that decisions of a server of the domain are made by: its records, the people of the domain, and its settings. */
import type { ClientRegistry } from '@affinity/authorization-server/clients.ts';
import type { People } from '@affinity/authorization-server/people.ts';
import { servicePolicyOf } from '@affinity/authorization-server/service-policy.ts';
import type { ConsentFeed } from '@affinity/core/fhir/consent-feed.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { DecisionFacts } from '@affinity/policy/facts.ts';
import type { FactsBackend } from '@affinity/resource-server/facts/all-matches.ts';
import { createDecisionFacts, type FactsSettings, type Home } from '@affinity/resource-server/facts/decision-facts.ts';
import { raiseAlert } from '@affinity/store/alerts.ts';
import type pg from 'pg';
import type { Config } from './config.ts';
import type { Log } from './log.ts';

export interface FactsNeighbours {
  readonly config: Config;
  readonly base: string;
  readonly pool: pg.Pool;
  readonly backend: FactsBackend;
  /** the server that keeps the Consents, where it is another one */
  readonly home?: Home;
  readonly consents: ConsentFeed;
  readonly people: People;
  readonly registry: ClientRegistry;
  readonly now: () => Date;
  readonly log: Log;
}

/** What cannot be understood, and what there is too much of, goes to the log and to the alert queue. */
export const createClinicFacts = (neighbours: FactsNeighbours): ((principal: Principal) => Promise<DecisionFacts>) => {
  const { config, base, pool, backend, consents, people, registry, home, now, log } = neighbours;
  return createDecisionFacts({
    backend,
    ownBases: [base],
    ...(home === undefined ? {} : { home }),
    feed: consents,
    people: {
      find: async (user) => {
        const [person, patients] = await Promise.all([people.find(user), people.patientsOf(user, now())]);
        if (person === undefined) return undefined;
        const { fhirUser } = person;
        return { patientsOf: patients.map(({ patient }) => patient), ...(fhirUser === undefined ? {} : { fhirUser }) };
      },
      isAuditor: (user) => people.isAuditor(user),
      mayDeclareEmergency: (user) => people.mayDeclareEmergency(user),
      mayRelabel: (user) => people.mayRelabel(user),
    },
    serviceOf: async (id) => {
      const client = await registry.find(id);
      return client === undefined ? undefined : servicePolicyOf(client);
    },
    recordsForeign: (issuer) => config.file.trusted_issuers.find((one) => one.issuer === issuer)?.records,
    settings: factsSettings(config.file),
    report: ({ kind, key, detail }) => {
      log('facts', { kind, key, detail });
      raiseAlert(pool, { kind, key, detail, at: now() }).catch((error: unknown) =>
        log('an alert was not raised', { kind, key, error: error instanceof Error ? error.message : typeof error }),
      );
    },
    now: () => now().getTime(),
  });
};

const factsSettings = ({ policy }: Config['file']): FactsSettings => ({
  implicit: policy.without_consent,
  careTeam: policy.care_team,
  generalPractitioner: policy.general_practitioner,
  managingOrganization: policy.managing_organization,
  wholeServerPractitioners: policy.whole_server_practitioners,
  seconds: policy.facts_seconds,
  rememberedPatients: policy.remembered_patients,
  patientsMost: policy.patients_most,
  consentsMost: policy.consents_most,
  consentsOfPatient: policy.patient_consents_most,
});
