/**
 * The clinicians' pages put together: a small record system that is an app of the domain like any other. It signs people in
 * at our own authorization server, reads with their tokens through the guard, and gets launches by the same API that every
 * record system uses. SMART App Launch 2.2, EHR launch.
 */
import { type ClientMetadata, clientOf } from '@affinity/authorization-server/clients.ts';
import { tokenExchangeGrant } from '@affinity/authorization-server/exchange-policy.ts';
import type { People } from '@affinity/authorization-server/people.ts';
import { isPractitioner } from '@affinity/authorization-server/purposes.ts';
import { formActionSource } from '@affinity/authorization-server/redirect-uri.ts';
import type { Session, SessionStore } from '@affinity/client/session.ts';
import type { AuditLog } from '@affinity/core/fhir/audit-event.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { ChartPatient, Ehr, Elsewhere, LaunchableApp, Read } from '@affinity/portal/ehr/ehr.ts';
import type { Config } from './config.ts';
import { createElsewhere } from './ehr-elsewhere.ts';
import { encounterView } from './launch-records.ts';
import { locatorOf } from './locator-address.ts';
import { patientEntry } from './patient-directory.ts';
import { createStaffClient, createStaffNotes, createStaffSignIn } from './staff-sign-in.ts';

export const ehrClientId = 'patient-charts';
const callbackPath = '/ehr/callback';
const chartScope = 'openid fhirUser offline_access user/Patient.rs user/Encounter.rs';
const elsewhereScope = 'user/DocumentReference.rs user/DiagnosticReport.rs';

const scopeOf = (locator: string | undefined): string =>
  locator === undefined ? chartScope : `${chartScope} ${elsewhereScope}`;

/** @param secret shared inside this process only, and made anew at each start */
export const ehrClient = (origin: string, secret: string, locator?: string): ClientMetadata => ({
  client_id: ehrClientId,
  client_name: 'Patient charts',
  publisher: 'the people who run this place',
  client_secret: secret,
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: [
    'authorization_code',
    'refresh_token',
    ...(locator === undefined ? [] : ([tokenExchangeGrant] as const)),
  ],
  // It is the clinic's own record system: it goes on to the locator for a clinician.
  ...(locator === undefined ? {} : { resource_server: `${origin}/fhir`, affinity_upstreams: [locator] }),
  redirect_uris: [`${origin}${callbackPath}`],
  client_uri: `${origin}/ehr`,
  scope: scopeOf(locator),
  affinity_ehr: true,
});

/** Those that say where they are launched. */
export const launchableApps = (clients: readonly unknown[]): readonly LaunchableApp[] =>
  (clients as readonly ClientMetadata[]).flatMap((metadata) => {
    const { launch_uris: uris = [], publisher } = metadata;
    if (uris.length === 0) return [];
    const { id, name, redirectUris } = clientOf(metadata);
    const origins = [...new Set([...uris, ...redirectUris].map(formActionSource))];
    return [{ clientId: id, name, ...(publisher === undefined ? {} : { publisher }), origins }];
  });

export interface EhrNeighbours {
  readonly config: Config;
  readonly people: People;
  /** RFC 7591 metadata of the apps */
  readonly clients: readonly unknown[];
  readonly audit: AuditLog;
  readonly issuer: string;
  /** FHIR base of the clinic */
  readonly base: string;
  readonly secret: string;
  readonly key: Uint8Array;
  /** of this process: the servers are asked where they are */
  readonly fetch: typeof globalThis.fetch;
  readonly now: () => Date;
}

/** Sessions that are kept at a time; beyond it the oldest has to sign in again. */
const mostSessions = 10_000;
const pages = 5;
const patientsOnPage = 200;
const encountersShown = 30;

const chartPatient = (patient: Resource): ChartPatient => {
  const { gender } = patient as { readonly gender?: unknown };
  const entry = patientEntry(patient);
  return typeof gender === 'string' ? { ...entry, gender } : entry;
};

export const createEhr = (neighbours: EhrNeighbours): Ehr => {
  const { config, people, clients, issuer, base, key, fetch } = neighbours;
  const { origin, file } = config;
  const locator = locatorOf(config);
  const staffPages = { ...neighbours, clientId: ehrClientId, callbackPath, scope: scopeOf(locator), origin };
  const lookElsewhere =
    locator === undefined ? undefined : createElsewhere({ ...neighbours, clientId: ehrClientId, locator });
  const smart = createStaffClient(staffPages);
  // In this process alone: another one sends to the sign-in, which is open already.
  const held = new Map<string, Session>();
  const storeOf = (id: string): SessionStore => ({
    load: async () => held.get(id),
    save: async (session) => {
      if (session === undefined) held.delete(id);
      else if (held.has(id)) held.set(id, session);
    },
  });
  const apps = launchableApps(clients);

  const search = async (sessionId: string, query: string, most = pages): Promise<Read<readonly Resource[]>> => {
    const read = await smart.readAll(storeOf(sessionId), query, most);
    if (read.kind === 'resources') return { kind: 'read', value: read.resources };
    return read.kind === 'signed-out' ? read : { kind: 'failed' };
  };

  const patient = async (sessionId: string, id: string): Promise<Read<ChartPatient>> => {
    const answer = await smart.request(storeOf(sessionId), `Patient/${id}`);
    if (answer.kind !== 'response') return answer.kind === 'signed-out' ? answer : { kind: 'failed' };
    const { response } = answer;
    if (response.status === 200) return { kind: 'read', value: chartPatient((await response.json()) as Resource) };
    await response.body?.cancel();
    return { kind: response.status === 404 || response.status === 403 ? 'absent' : 'failed' };
  };

  return {
    signIn: createStaffSignIn(smart, async (session) => ({
      hold: (sessionId: string): void => {
        const [oldest] = held.keys();
        if (held.size >= mostSessions && oldest !== undefined) held.delete(oldest);
        held.set(sessionId, session);
      },
    })),
    async clinician(user) {
      const person = await people.find(user);
      return person !== undefined && isPractitioner(person, base) ? person.name : undefined;
    },
    note: createStaffNotes(staffPages).noteShown('not a clinician'),
    async patients(sessionId) {
      const read = await search(sessionId, `Patient?_sort=family&_count=${patientsOnPage}`);
      return read.kind === 'read' ? { kind: 'read', value: read.value.map(chartPatient) } : read;
    },
    async chart(sessionId, id) {
      const [who, visits] = await Promise.all([
        patient(sessionId, id),
        search(sessionId, `Encounter?patient=${id}&_sort=-date&_count=${encountersShown}`, 1),
      ]);
      if (who.kind !== 'read') return who;
      if (visits.kind !== 'read') return visits;
      return { kind: 'read', value: { patient: who.value, encounters: visits.value.map(encounterView) } };
    },
    ...(lookElsewhere === undefined
      ? {}
      : {
          elsewhere: async (sessionId: string, id: string): Promise<Read<Elsewhere>> => {
            // Read first: the token is renewed where it has to be, and who may not see the patient is told no more.
            const who = await patient(sessionId, id);
            if (who.kind !== 'read') return who;
            const session = held.get(sessionId);
            if (session === undefined) return { kind: 'signed-out' };
            const read = await lookElsewhere(session.accessToken, id);
            return read.kind === 'read' ? { kind: 'read', value: { patient: who.value, ...read.value } } : read;
          },
        }),
    apps,
    async launch(sessionId, { clientId, patient: id, encounter }) {
      // Read first: the token is renewed where it has to be.
      const who = await patient(sessionId, id);
      if (who.kind !== 'read') return who;
      const session = held.get(sessionId);
      if (session === undefined) return { kind: 'signed-out' };
      const response = await fetch(`${issuer}/launch`, {
        method: 'POST',
        headers: { authorization: `Bearer ${session.accessToken}`, 'content-type': 'application/json' },
        // Our page has gone when the app is there: the app says itself whose record it shows.
        body: JSON.stringify({
          client_id: clientId,
          patient: id,
          need_patient_banner: true,
          ...(encounter === undefined ? {} : { encounter }),
        }),
      });
      const answer = (await response.json()) as { readonly launch_url?: unknown };
      if (response.status === 201 && typeof answer.launch_url === 'string')
        return { kind: 'read', value: answer.launch_url };
      if (response.status === 401) return { kind: 'signed-out' };
      return { kind: response.status === 403 ? 'absent' : 'failed' };
    },
    async end(sessionId) {
      const session = held.get(sessionId);
      held.delete(sessionId);
      if (session !== undefined) await smart.revoke(session);
    },
    key,
    idleSeconds: file.ehr.idle_minutes * 60,
    sessionSeconds: file.ehr.session_hours * 3600,
  };
};
