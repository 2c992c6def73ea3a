/** The composition: builds each part, hands it its neighbours, and returns one fetch handler. */
import { createAuthorizationServer } from '@affinity/authorization-server/authorization-server.ts';
import { createClientRegistry } from '@affinity/authorization-server/clients.ts';
import { metadataPaths } from '@affinity/authorization-server/metadata.ts';
import { createPeople } from '@affinity/authorization-server/people.ts';
import { createRegisteredClients } from '@affinity/authorization-server/registered-clients.ts';
import { createPortal } from '@affinity/portal/portal.ts';
import { createAuditFilling } from '@affinity/store/audit-filling.ts';
import { createAuditLog } from '@affinity/store/audit-log.ts';
import { followGrantsAndConsents } from '@affinity/store/consent-feed.ts';
import { endGrant } from '@affinity/store/grant-feed.ts';
import { createValidator } from '@affinity/validation/validator.ts';
import { createVitals } from '@affinity/vitals/vitals.ts';
import pg from 'pg';
import { addressesOf } from './addresses.ts';
import { createAdministration } from './administration.ts';
import { createStateServer, statePath, stateSettings } from './app-state.ts';
import { authorizationSettings } from './authorization-settings.ts';
import { createClinic } from './clinic.ts';
import { createClinicFacts } from './clinic-facts.ts';
import type { Config } from './config.ts';
import type { Database } from './database.ts';
import { beginDemonstration } from './demo/domain.ts';
import { furtherServersOf, openHospital } from './demo/hospital/hospital-server.ts';
import { samplePeople } from './demo/people.ts';
import { vitalsCard, vitalsPath } from './demo/vitals.ts';
import { domainClients, makeOwnSecrets } from './domain-clients.ts';
import { createEhr } from './ehr.ts';
import { createExplanations } from './explanation.ts';
import { followedBases } from './followed-persons.ts';
import { createFurtherServer, furtherBase } from './further-server.ts';
import { createGrantConsents } from './grant-consents.ts';
import { serverLimits } from './guarded-server.ts';
import { openHome } from './home.ts';
import type { Fetch } from './http-server.ts';
import { identityProvidersOf } from './identity-providers.ts';
import { createLaunchRecords } from './launch-records.ts';
import { launchStyles } from './launch-styles.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { openStore } from './open-store.ts';
import { openDefinitions } from './opened-registry.ts';
import { outboundPermissions } from './outbound.ts';
import description from './package.json' with { type: 'json' };
import { loadDeskKey } from './page-key.ts';
import { createPatientDirectory, createPatientFinder } from './patient-directory.ts';
import { createIdentifierReader, personsAt } from './person-identifiers.ts';
import type { Ready } from './ready.ts';
import { createRecordFacts } from './record-facts.ts';
import { registrationOf } from './registration.ts';
import { registryPagesOf } from './registry-pages.ts';
import { createSharedServers, sharedServersOf } from './shared-servers.ts';
import { createSteward } from './steward.ts';
import { followUpstreams, under } from './upstream-parts.ts';
import { createUpstreamReports } from './upstream-reports.ts';

export interface EcosystemNeighbours {
  readonly config: Config;
  readonly database: Database;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly now: () => Date;
}

export interface Ecosystem extends Ready {
  readonly fetch: Fetch;
  /** the database was heard from lately: without it no token of a person is taken */
  readonly hearsDatabase: () => boolean;
  /** Sets the demonstration up where it is wanted and not there yet; may be ended at any moment and begun again. */
  prepare(print: (text: string) => void): Promise<void>;
  close(): Promise<void>;
}

export const createEcosystem = async (neighbours: EcosystemNeighbours): Promise<Ecosystem> => {
  const { config, database, metrics, log, now } = neighbours;
  const { pool } = database;
  const { origin, demonstration, file } = config;
  const issuer = `${origin}/auth`;
  const clinicBase = `${origin}/fhir`;
  const stateBase = `${origin}${statePath}`;
  const ownBases = [clinicBase];
  const { all: furtherServers, hasHospital } = furtherServersOf(config, database.url);
  const declared = furtherServers.map((one) => ({ ...one, base: furtherBase(origin, one) }));
  const shared = sharedServersOf(config);
  const addresses = addressesOf(origin, config.protect?.title ?? 'clinic', declared, shared);

  const audit = createAuditLog({ pool: database.audit });
  const { store, indexing } = await openStore({ config, database, ownBases, log });
  const report = createUpstreamReports({ pool, metrics, now, log });
  const opened = await openHome(store, config, clinicBase, { pool, report });
  const { backend } = opened;
  if (hasHospital && demonstration !== undefined)
    await openHospital({ pool, origin, patients: demonstration.patients, now: now() });
  // Begun here: another process makes the records while this one builds the parts.
  const preparing = beginDemonstration({ pool, url: database.url, ownBases, now }, demonstration?.patients);
  const filling = createAuditFilling({
    pool,
    ownBases,
    share: file.audit.share_percent / 100,
    now: () => now().getTime(),
    log: (event, details) => log(event, { detail: JSON.stringify(details) }),
  });
  if (file.audit.events) filling.start();
  const common = { config, now, log, ...(await openDefinitions({ config, database, now, log })) };
  const people = createPeople(pool);
  const feeds = followGrantsAndConsents({
    connect: () => new pg.Client({ connectionString: database.url, application_name: 'affinity feeds' }),
    staleAfterMs: 5_000,
    pollMs: 1_000,
    log: (event, details) => log(event, { detail: JSON.stringify(details) }),
    now: () => now().getTime(),
  });
  const secrets = makeOwnSecrets();
  const clients = domainClients(config, secrets);
  const registry = createClientRegistry(clients, createRegisteredClients(pool));
  const { consents } = feeds;
  const facts = createClinicFacts({ config, base: clinicBase, pool, backend, consents, people, registry, now, log });
  const explain = createExplanations({
    pool,
    people,
    clients: registry,
    audit,
    issuer,
    backend,
    facts,
    recordFacts: createRecordFacts(backend, ownBases),
    base: clinicBase,
    limits: serverLimits(config),
    canValidate: true,
    now,
  });
  const staff = {
    ...{ ...common, pool, people, clients, audit, issuer, base: clinicBase, key: await loadDeskKey(pool) },
    fetch: (input: RequestInfo | URL, init?: RequestInit) => answerOwn(new Request(input, init)),
  };
  const administration = createAdministration({ ...staff, secret: secrets.administration, explain });
  const steward = createSteward({
    ...staff,
    secret: secrets.steward,
    titles: new Map([
      [clinicBase, config.protect?.title ?? 'Clinic'],
      ...declared.map(({ base, title }) => [base, title] as const),
    ]),
    follows: followedBases(clinicBase, shared),
  });
  const ehr = createEhr({ ...staff, secret: secrets.ehr });
  const portal = createPortal({
    origin,
    administration,
    ...(file.ehr.pages ? { ehr } : {}),
    ...registryPagesOf(common, (request, connection) => fetch(request, connection)),
    ...(file.services.identity ? { steward } : {}),
    version: description.version,
    apps: config.sampleApp ? [vitalsCard] : [],
    addresses,
    account: `${issuer}/account`,
    log: (_level, message, facts) => log(message, { detail: JSON.stringify(facts ?? {}) }),
    now,
    ...(demonstration === undefined ? {} : { demonstration: { people: samplePeople } }),
  });

  const registration = registrationOf(config);
  const authorization = await createAuthorizationServer({
    issuer,
    pool,
    look: database.shared.query,
    commit: database.commit,
    clients,
    resourceServers: [
      { base: clinicBase, name: config.protect?.title ?? 'Clinic', tokens: file.tokens.format },
      ...declared.map(({ base, title, tokens }) => ({ base, name: title, tokens })),
      ...shared.map(({ base, title }) => ({ base, name: title, tokens: file.tokens.format })),
    ],
    ...(config.userinfo === undefined ? {} : { userinfoEndpoint: config.userinfo.endpoint }),
    pages: portal.pages,
    patients: createPatientDirectory(backend),
    findPatient: createPatientFinder(backend),
    readIdentifiers: createIdentifierReader(backend, clinicBase, personsAt(origin)),
    launchRecords: createLaunchRecords({ pool, backend, facts, base: clinicBase, now }),
    styles: launchStyles,
    audit,
    endGrant,
    consents: createGrantConsents({ backend, base: clinicBase, clients: registry }),
    outbound: outboundPermissions(config),
    identityProviders: identityProvidersOf(file.identity_providers),
    registry,
    ...(registration === undefined ? {} : { registration }),
    settings: authorizationSettings(file),
    now,
    log,
  });
  await authorization.noteClients();
  await authorization.giveConsents();
  const validator = createValidator({
    timeMs: file.limits.validation_seconds * 1_000,
    issues: file.limits.validation_issues,
    waiting: file.limits.validation_waiting,
  });
  const guarded = { ...common, issuer, pool, audit, grants: feeds.grants, authorization, registry };
  const clinic = await createClinic({ ...guarded, base: clinicBase, stateBase, backend, facts, validator });
  const home = { base: clinicBase, backend };
  const further = await Promise.all(
    furtherServers.map((one) => createFurtherServer(one, { ...guarded, home, people, consents, report })),
  );
  const services = await createSharedServers({
    ...guarded,
    database,
    home,
    further,
    shared,
    people,
    consents,
    validator,
    secret: secrets.locator,
    fetch: (request) => answerOwn(request),
  });
  const state = createStateServer({
    base: stateBase,
    recordsBase: clinicBase,
    issuer,
    pool,
    audit,
    grants: feeds.grants,
    authorization,
    registry,
    settings: stateSettings(file),
    now,
  });
  const vitals = createVitals({
    base: vitalsPath,
    origin,
    iss: clinicBase,
    client: { id: 'vitals', secret: secrets.vitals },
    fetch: (input, init) => answerOwn(new Request(input, init)),
    now,
    log: (event, fields) => log(`vitals: ${event}`, fields),
    sessionSeconds: 8 * 3600,
  });

  const { fetch: answerFurther, ...upstreams } = followUpstreams(further, opened.upstream, metrics);
  const issuerPaths = new Set(metadataPaths(issuer));
  const [clinicPath, clinicMetadataPath] = clinic.paths;
  const route = (path: string): readonly [part: string, answer: Fetch] => {
    if (under(path, clinicPath) || path === clinicMetadataPath) return ['clinic', clinic.fetch];
    if (under(path, statePath)) return ['app-state', state];
    if (under(path, '/auth') || issuerPaths.has(path)) return ['authorization-server', authorization.fetch];
    if (config.sampleApp && under(path, vitalsPath)) return ['vitals', (request) => vitals.fetch(request)];
    return (
      services.fetch(path) ??
      answerFurther(path) ?? ['portal', (request, connection) => portal.fetch(request, connection)]
    );
  };
  const fetch: Fetch = async (request, connection) => {
    const began = performance.now();
    const [part, answer] = route(new URL(request.url).pathname);
    const response = await answer(request, connection).catch((error: unknown) => {
      log('a part failed to answer', { part, error: error instanceof Error ? error.name : typeof error });
      return new Response('Something went wrong on our side. Try again in a moment.\n', { status: 500 });
    });
    metrics.record(part, response.status, (performance.now() - began) / 1000);
    return response;
  };
  /** Apps of ours speak to the domain in this process, whatever proxies stand before it. */
  const answerOwn = (request: Request): Promise<Response> =>
    new URL(request.url).origin === origin ? fetch(request, {}) : Promise.reject(new Error('not an address of ours'));

  return {
    fetch,
    hearsDatabase: () => feeds.isFresh(),
    upstreams: upstreams.states,
    addresses,
    apps: config.sampleApp ? [{ name: 'Vitals', url: `${origin}${vitalsPath}/` }] : [],
    samplePeople: demonstration === undefined ? [] : samplePeople,
    locked: demonstration === undefined && !(await hasPeople(pool)),
    prepare: preparing.done,
    close: async () => {
      await filling.close();
      await services.close();
      await upstreams.close();
      await indexing.stop();
      await authorization.close();
      await feeds.close();
      await validator.close();
      await audit.settle();
    },
  };
};

const hasPeople = async (pool: pg.Pool): Promise<boolean> =>
  (await pool.query('select from person limit 1')).rows.length > 0;
