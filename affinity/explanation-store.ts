/** Explanations for a command that stands beside the running server: its own look at the store, and nothing remembered. */
import { createClientRegistry } from '@affinity/authorization-server/clients.ts';
import { createPeople } from '@affinity/authorization-server/people.ts';
import { createRegisteredClients } from '@affinity/authorization-server/registered-clients.ts';
import type { ConsentFeed } from '@affinity/core/fhir/consent-feed.ts';
import { createAuditLog } from '@affinity/store/audit-log.ts';
import { createBackend } from '@affinity/store/backend.ts';
import { createIndexing } from '@affinity/store/reindexing.ts';
import { createClinicFacts } from './clinic-facts.ts';
import type { Config } from './config.ts';
import type { Database } from './database.ts';
import { domainClients } from './domain-clients.ts';
import { createExplanations, type Explain } from './explanation.ts';
import { serverLimits } from './guarded-server.ts';
import type { Log } from './log.ts';
import { createRecordFacts } from './record-facts.ts';

export interface ExplanationStore {
  readonly config: Config;
  readonly database: Database;
  readonly log: Log;
}

/** A command asks once: nothing that it has learned can grow old. */
const nothingRemembered: ConsentFeed = { isFresh: () => true, onChange: () => () => {} };

export const openExplanations = async ({ config, database, log }: ExplanationStore): Promise<Explain> => {
  const { pool, shared } = database;
  const base = `${config.origin}/fhir`;
  const ownBases = [base];
  const now = (): Date => new Date();
  const told = (event: string, details: unknown): void => log(event, { detail: JSON.stringify(details) });
  const { parameters } = createIndexing({ pool, ownBases, log: told });
  await parameters.refresh();
  const backend = createBackend({ pool, shared, ownBases, parameters });
  const people = createPeople(pool);
  const clients = createClientRegistry(domainClients(config), createRegisteredClients(pool));
  const consents = nothingRemembered;
  return createExplanations({
    pool,
    people,
    clients,
    audit: createAuditLog({ pool: database.audit }),
    issuer: `${config.origin}/auth`,
    backend,
    facts: createClinicFacts({ config, base, pool, backend, consents, people, registry: clients, now, log }),
    recordFacts: createRecordFacts(backend, ownBases),
    base,
    limits: serverLimits(config),
    canValidate: true,
    now,
  });
};
