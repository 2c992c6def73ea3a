/**
 * `affinity start --only userinfo`: the claims provider as a process of its own, on the database of the domain.
 * OIDC Core 1.0 §5.3; docs/decisions/0023-identity-told-apart.md.
 */
import { createClientRegistry } from '@affinity/authorization-server/clients.ts';
import { createRegisteredClients } from '@affinity/authorization-server/registered-clients.ts';
import { createUserinfoServer } from '@affinity/authorization-server/userinfo-server.ts';
import { createAuditLog } from '@affinity/store/audit-log.ts';
import { createBackend } from '@affinity/store/backend.ts';
import { findRunning } from '@affinity/store/postgres/running.ts';
import { authorizationSettings } from '../authorization-settings.ts';
import { openDatabase } from '../database.ts';
import { domainClients } from '../domain-clients.ts';
import { graceMs, openServer, waitForStop } from '../foreground.ts';
import { createGrantConsents } from '../grant-consents.ts';
import { answerHealth } from '../health.ts';
import { listen } from '../http-server.ts';
import { createMetrics } from '../metrics.ts';
import { createIdentifierReader } from '../person-identifiers.ts';
import type { CommandInput } from './command.ts';

export const startUserinfo = async ({ config, log, print }: CommandInput): Promise<number> => {
  const { userinfo, origin, file } = config;
  if (userinfo === undefined) {
    print(
      'Say in affinity.yaml where it is: userinfo: { origin: … }. The domain then names it and does not answer it.',
    );
    return 2;
  }
  if (config.databaseUrl === undefined && findRunning(config.dataDirectory) === undefined) {
    print('Start the domain first, whose embedded PostgreSQL this process joins, or set DATABASE_URL.');
    return 1;
  }
  const stop = waitForStop();
  const database = await openDatabase(config, {
    log,
    join: true,
    patience: file.limits.database_patience_seconds * 1_000,
    onLost: (message) => stop.fail(message),
  });
  const base = `${origin}/fhir`;
  const audit = createAuditLog({ pool: database.audit });
  try {
    const backend = createBackend({ pool: database.pool, shared: database.shared, ownBases: [base] });
    const clients = createClientRegistry(domainClients(config), createRegisteredClients(database.pool));
    const server = await createUserinfoServer({
      issuer: `${origin}/auth`,
      endpoint: userinfo.endpoint,
      pool: database.pool,
      home: base,
      clients,
      consents: createGrantConsents({ backend, base, clients }),
      readIdentifiers: createIdentifierReader(backend, base),
      audit,
      settings: authorizationSettings(file),
      log,
    });
    const metrics = createMetrics();
    const waitingFor = (): string | undefined => (server.hearsDatabase() ? undefined : 'the database');
    const place = { ...userinfo.listen, hostSetting: 'userinfo.host', portSetting: 'userinfo.port' };
    const listener = await openServer(place, () =>
      listen({ ...config, listen: userinfo.listen }, async (request, connection) => {
        const { pathname } = new URL(request.url);
        const health = answerHealth({ waitingFor, metrics }, pathname, connection.address);
        if (health !== undefined) return health;
        const began = performance.now();
        const response = await server.fetch(request);
        metrics.record('userinfo', response.status, (performance.now() - began) / 1000);
        return response;
      }),
    ).catch(async (error: unknown) => {
      await server.close();
      throw error;
    });
    print(`Userinfo is ready: ${userinfo.endpoint}, for tokens of ${origin}/auth. Press Ctrl-C to stop.`);
    const lost = await stop.asked;
    if (lost !== undefined) log('stopping because the database was lost', { detail: lost });
    await listener.close(graceMs);
    await server.close();
    return lost === undefined ? 0 : 1;
  } finally {
    await audit.settle();
    await database.close();
  }
};
