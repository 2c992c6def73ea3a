/** What the house knows of a caller of a world, gathered as it is gathered in service: from the whole world's own records. */
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { DecisionFacts } from '@affinity/policy/facts.ts';
import { createDecisionFacts } from '@affinity/resource-server/facts/decision-facts.ts';
import { ownBases, type StoredBackend } from '../clinic/clinic.ts';
import type { Caller } from './access-oracle.ts';
import { beginning, type WorldPlan } from './world-plan.ts';

type Gather = (principal: Principal) => Promise<DecisionFacts>;

/** Facts of the first moment, which hold for both worlds until the end: what a caller writes changes records alone. */
export const onceOnly = (gather: Gather): Gather => {
  let known: Promise<DecisionFacts> | undefined;
  return (principal) => {
    known ??= gather(principal);
    return known;
  };
};

export const factsIn = (backend: StoredBackend, caller: Caller, { agreed }: WorldPlan): Gather => {
  const { records, clearance = 'N', fhirUser, wholeServer = false } = caller;
  return createDecisionFacts({
    backend,
    ownBases,
    feed: { isFresh: () => true, onChange: () => () => {} },
    people: {
      find: async () => ({ patientsOf: [], ...(fhirUser === undefined ? {} : { fhirUser }) }),
      isAuditor: async () => caller.auditor === true,
      mayDeclareEmergency: async () => caller.privileged === true,
      mayRelabel: async () => false,
    },
    serviceOf: () =>
      records === undefined
        ? undefined
        : { clearance, records: records === 'all' ? 'all' : records.map((id) => `Patient/${id}`) },
    settings: {
      implicit: agreed.implicit,
      wholeServerPractitioners: wholeServer,
      seconds: 1,
      careTeam: true,
      generalPractitioner: false,
      managingOrganization: false,
      patientsMost: 100,
      rememberedPatients: 100,
      consentsOfPatient: 100,
      consentsMost: 1000,
    },
    report: () => {},
    now: () => beginning,
  });
};
