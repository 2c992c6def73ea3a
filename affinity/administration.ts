/** The administrators' pages put together: sign-in at our own authorization server, explanations, alerts, and their records. */
import type { ClientMetadata } from '@affinity/authorization-server/clients.ts';
import { holds, type People } from '@affinity/authorization-server/people.ts';
import type { AuditLog } from '@affinity/core/fhir/audit-event.ts';
import type { Administration, AtDesk } from '@affinity/portal/admin/administration.ts';
import { acknowledgeAlert, openAlerts } from '@affinity/store/alerts.ts';
import { transaction } from '@affinity/store/postgres/pool.ts';
import type pg from 'pg';
import type { Config } from './config.ts';
import { createDefinitions } from './definitions-desk.ts';
import type { Explain } from './explanation.ts';
import type { OpenedRegistry } from './opened-registry.ts';
import { createStaffClient, createStaffNotes, createStaffSignIn, type Noted } from './staff-sign-in.ts';
import { tellAlerts } from './told-alerts.ts';

export const administrationClientId = 'administration';
const callbackPath = '/admin/callback';
/** Who somebody is, and nothing of any record. */
const scope = 'openid profile';

/** The pages as a client of the domain. @param secret shared inside this process only, and made anew at each start */
export const administrationClient = (origin: string, secret: string): ClientMetadata => ({
  client_id: administrationClientId,
  client_name: 'Administration',
  publisher: 'the people who run this place',
  client_secret: secret,
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: ['authorization_code'],
  redirect_uris: [`${origin}${callbackPath}`],
  client_uri: `${origin}/admin`,
  scope,
});

export interface AdministrationNeighbours {
  readonly config: Config;
  readonly pool: pg.Pool;
  readonly people: People;
  readonly clients: readonly { readonly client_id?: unknown }[];
  readonly audit: AuditLog;
  readonly issuer: string;
  /** FHIR base of the clinic */
  readonly base: string;
  readonly secret: string;
  readonly key: Uint8Array;
  readonly explain: Explain;
  /** the registry of the domain, where it has one */
  readonly definitions?: OpenedRegistry;
  /** of this process: the authorization server is asked where it is */
  readonly fetch: typeof globalThis.fetch;
  readonly now: () => Date;
}

/** Alerts that one page shows. */
const shownAlerts = 100;

export const createAdministration = (neighbours: AdministrationNeighbours): Administration => {
  const { config, pool, people, key, explain, now } = neighbours;
  const { origin } = config;
  const staffPages = { ...neighbours, clientId: administrationClientId, callbackPath, scope, origin };
  const smart = createStaffClient(staffPages);
  const { note, noteShown } = createStaffNotes(staffPages);
  const noteBy = ({ user, address }: AtDesk, facts: Noted): Promise<void> => note(user, address, facts);

  return {
    // Who it is, is all that is wanted: the tokens are given back at once.
    signIn: createStaffSignIn(smart, async (session) => {
      await smart.revoke(session);
      return {};
    }),
    async administrator(user) {
      const [person, may] = await Promise.all([people.find(user), holds(pool, user, 'administrator')]);
      return may ? person?.name : undefined;
    },
    note: noteShown('not an administrator'),
    explain: (question, { user, address }) =>
      explain(question, {
        source: 'portal',
        client: administrationClientId,
        user,
        ...(address === undefined ? {} : { address }),
      }),
    clients: neighbours.clients.flatMap(({ client_id: id }) =>
      typeof id === 'string' && id !== administrationClientId ? [id] : [],
    ),
    countAlerts: async () => (await openAlerts(pool, 1)).open,
    async openAlerts(by) {
      const list = await openAlerts(pool, shownAlerts);
      await noteBy(by, { event: 'alerts-shown', outcome: 'permitted' });
      return { ...list, alerts: await tellAlerts({ pool, people }, list.alerts) };
    },
    acknowledge: (id, text, by) =>
      transaction(pool, async (db) => {
        const result = await acknowledgeAlert(db, id, { at: now(), by: by.name.slice(0, 200), note: text });
        if (result.kind !== 'acknowledged') return result.kind;
        const { alert } = result;
        await noteBy(by, {
          event: 'alert-acknowledged',
          outcome: 'permitted',
          reason: `${alert.kind} ${alert.key}: ${text}`,
          ...(alert.patient === undefined ? {} : { patient: alert.patient }),
        });
        return result.kind;
      }),
    ...(neighbours.definitions === undefined
      ? {}
      : {
          definitions: createDefinitions({ config, definitions: neighbours.definitions, people, note: noteBy }),
        }),
    key,
    idleSeconds: config.file.administration.idle_minutes * 60,
    sessionSeconds: config.file.administration.session_hours * 3600,
  };
};
