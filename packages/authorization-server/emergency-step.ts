/**
 * Breaking the glass: a practitioner names one patient and says why, and looks for a short time. FHIR R4
 * security-labels.html#break-the-glass; IHE PCF; HL7 v3-ActReason BTG; docs/decisions/0016-emergency-access.md.
 */
import { emergency } from '@affinity/core/smart/purpose-of-use.ts';
import { raiseAlert } from '@affinity/store/alerts.ts';
import { emergencyScope } from './emergency-scope.ts';
import { giveGrant } from './grant-consents.ts';
import { coverServers, keptServers } from './granted-servers.ts';
import type { GrantedServer } from './grants.ts';
import {
  auditFacts,
  noteResult,
  type Outcome,
  type PatientEntry,
  type Step,
  type StepNeighbours,
} from './interaction-step.ts';
import type { EmergencyEntry, EmergencyView } from './page-views.ts';
import type { Person } from './people.ts';
import { markGrant } from './provider.ts';
import { isPractitioner } from './purposes.ts';
import { signedInAt } from './sign-in-finish.ts';
import { admitEntry } from './throttle.ts';

export const reasonCharacters = { least: 10, most: 500 } as const;

export interface EmergencyStep extends Step {
  readonly person: Person;
}

export const isDeclaring = ({ purposes }: Step): boolean => purposes.includes(emergency);

/** The password was entered in this interaction, for this, and not long ago: a session that was there says nothing. */
function isFresh({ now, settings }: StepNeighbours, { interaction, person }: EmergencyStep): boolean {
  const before = interaction.lastSubmission as
    | { readonly login?: { readonly accountId?: string }; readonly [signedInAt]?: number }
    | undefined;
  const at = before?.[signedInAt];
  return (
    before?.login?.accountId === person.sub &&
    typeof at === 'number' &&
    now().getTime() - at <= settings.emergencySignInSeconds * 1000
  );
}

const factsOf = (step: EmergencyStep) => auditFacts(step, step.person);

/** Who may not declare one is told so by the app; what stands in the way otherwise is found out before anything is asked. */
async function refuse(neighbours: StepNeighbours, step: EmergencyStep): Promise<Outcome | undefined> {
  const { person, audience } = step;
  const there = await neighbours.crossReference.personAt(neighbours.pool, person, audience);
  const may = isPractitioner(there, audience) && (await neighbours.people.mayDeclareEmergency(person.sub));
  if (!may) {
    const reason = 'the person may not declare an emergency';
    await neighbours.record('emergency-access', 'denied', { ...factsOf(step), reason });
    await noteResult(step, { error: 'access_denied', error_description: reason });
    return { kind: 'finished' };
  }
  if (isFresh(neighbours, step)) return undefined;
  await neighbours.record('emergency-access', 'denied', {
    ...factsOf(step),
    status: 400,
    reason: 'no sign-in for this declaration',
  });
  return { kind: 'fault', fault: 'expired', status: 400 };
}

function show(
  { pages, settings }: StepNeighbours,
  { action, csrf, app, person }: EmergencyStep,
  again: Pick<EmergencyView, 'typed' | 'fault'> = {},
): Outcome {
  const { fault } = again;
  const minutes = Math.round(settings.emergencySeconds / 60);
  const view = { action, csrf, app, person: { name: person.name }, minutes, reason: reasonCharacters, ...again };
  const status = fault === undefined ? 200 : fault.kind === 'throttled' ? 429 : 400;
  const wait = fault?.kind === 'throttled' ? { retryAfterSeconds: fault.retryAfterSeconds } : {};
  return { kind: 'page', document: pages.emergency(view), status, ...wait };
}

/** What was typed, without what nobody can mean: every field on one line, of at most so many characters. */
function typedIn(posted: ReadonlyMap<string, string>): EmergencyEntry {
  const field = (name: string, most: number): string =>
    (posted.get(name) ?? '')
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .trim()
      .slice(0, most);
  return {
    identifier: field('identifier', 200),
    name: field('patient_name', 200),
    birthDate: field('birth_date', 10),
    // Far more than is allowed: what is too long is told, and not cut in silence.
    reason: field('reason', 10 * reasonCharacters.most),
  };
}

/** Undefined where it names nobody, or half. */
function patientEntry({ identifier, name, birthDate }: EmergencyEntry): PatientEntry | undefined {
  const demographics = name !== '' && /^\d{4}-\d{2}-\d{2}$/.test(birthDate) ? { name, birthDate } : undefined;
  if ((name !== '' || birthDate !== '') && demographics === undefined) return undefined;
  if (identifier === '' && demographics === undefined) return undefined;
  return {
    ...(identifier === '' ? {} : { identifier }),
    ...(demographics === undefined ? {} : { demographics }),
  };
}

async function declare(
  neighbours: StepNeighbours,
  step: EmergencyStep,
  { patient, servers }: { readonly patient: string; readonly servers: readonly GrantedServer[] },
  reason: string,
): Promise<Outcome> {
  const { provider, record, settings, log, now } = neighbours;
  const { person, client, tokens, audience } = step;
  const at = now();
  const given = {
    sub: person.sub,
    clientId: client.id,
    audience,
    requestedScope: tokens.join(' '),
    scope: emergencyScope(tokens).join(' '),
    patient,
    clearance: 'V',
    purpose: emergency,
    lasting: false,
    ...keptServers(servers, patient),
    createdAt: at,
    expiresAt: new Date(at.getTime() + (settings.codeSeconds + settings.emergencySeconds) * 1000),
  };
  let alert = '';
  // Nobody can use what nobody was told of: the alert is committed with the grant, and the record is durable before.
  const grant = await giveGrant(neighbours, given, async (db, { id, scope }) => {
    const about = { person: person.sub, client: client.id, patient };
    alert = await raiseAlert(db, { kind: 'emergency-access', key: id, at, ...about });
    await record('emergency-access', 'permitted', {
      ...factsOf(step),
      patient,
      target: `Patient/${patient}`,
      grant: id,
      scope,
      reason,
    });
  });
  log('an emergency was declared', { alert });
  await markGrant(provider, grant, { sub: person.sub, clientId: client.id });
  await noteResult(step, { consent: { grantId: grant.id } });
  return { kind: 'finished' };
}

export async function showEmergency(neighbours: StepNeighbours, step: EmergencyStep): Promise<Outcome> {
  return (await refuse(neighbours, step)) ?? show(neighbours, step);
}

export async function takeEmergency(
  neighbours: StepNeighbours,
  step: EmergencyStep,
  posted: ReadonlyMap<string, string>,
): Promise<Outcome> {
  const refused = await refuse(neighbours, step);
  if (refused !== undefined) return refused;
  const { pool, record, settings } = neighbours;
  if (posted.get('decision') === 'cancel') {
    await record('emergency-access', 'denied', { ...factsOf(step), reason: 'the person cancelled' });
    await noteResult(step, { error: 'access_denied', error_description: 'the person cancelled' });
    return { kind: 'finished' };
  }
  if (posted.get('decision') !== 'declare') return { kind: 'again' };
  const typed = typedIn(posted);
  const entry = patientEntry(typed);
  if (entry === undefined) return show(neighbours, step, { typed, fault: { kind: 'no-patient-given' } });
  const { length } = typed.reason;
  if (length < reasonCharacters.least || length > reasonCharacters.most)
    return show(neighbours, step, { typed, fault: { kind: 'no-reason' } });

  const { sub } = step.person;
  const admission = await admitEntry(pool, settings.signIn.windowSeconds, settings.emergencyEntries, sub);
  if (admission.kind === 'throttled') {
    await record('emergency-access', 'denied', { ...factsOf(step), status: 429, reason: 'too many entries' });
    return show(neighbours, step, { typed, fault: admission });
  }
  const patient = await neighbours.findPatient(entry);
  // An emergency is at one place: whatever further servers the app asked for, it is declared for the first.
  const place = { audience: step.audience, servers: [] };
  const servers =
    patient === undefined ? undefined : await coverServers(pool, neighbours.crossReference, place, patient);
  if (patient === undefined || servers === undefined) {
    const { identifier, name, birthDate } = typed;
    await record('emergency-access', 'denied', {
      ...factsOf(step),
      status: 400,
      reason: 'not exactly one patient fits what was entered',
      form: new URLSearchParams({ identifier, name, birthDate, reason: typed.reason }).toString(),
    });
    return show(neighbours, step, { typed, fault: { kind: 'nobody-found' } });
  }
  await admission.forgive();
  return declare(neighbours, step, { patient, servers }, typed.reason);
}
