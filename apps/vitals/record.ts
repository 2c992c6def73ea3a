/** What Vitals asks of the FHIR server, all at once: the patient and three searches. FHIR R4 patient.html, observation.html. */
import type { Failure } from '@affinity/client/failure.ts';
import type { SmartClient } from '@affinity/client/server/smart-client.ts';
import type { Session, SessionStore } from '@affinity/client/session.ts';
import { ageAt } from './dates.ts';
import { type Measure, measures } from './measures.ts';
import { type Readings, readReadings } from './readings.ts';
import { readSharing, type Sharing } from './sharing.ts';

export interface Patient {
  readonly name: string;
  readonly birthDate?: string;
}

/** `not-shared` is what the person left out: no fault of anybody. */
export type Part<T> =
  | { readonly kind: 'found'; readonly value: T; readonly complete: boolean }
  | { readonly kind: 'not-shared' }
  | { readonly kind: 'fault'; readonly failure: Failure };

export interface RecordView {
  readonly session: Session;
  readonly sharing: Sharing;
  readonly patient: Part<Patient>;
  readonly parts: readonly { readonly measure: Measure; readonly readings: Part<Readings> }[];
}

export type RecordRead = { readonly kind: 'record'; readonly record: RecordView } | { readonly kind: 'signed-out' };

/** How much of each measure is read: the newest `pages` times `count`. */
export interface RecordLimits {
  readonly count: number;
  readonly pages: number;
}

export async function readRecord(
  client: SmartClient,
  store: SessionStore,
  session: Session,
  limits: RecordLimits,
  now: number,
): Promise<RecordRead> {
  const [patient, ...parts] = await Promise.all([
    readPatient(client, store, session),
    ...measures.map((measure) => readMeasure(client, store, session, measure, limits)),
  ]);
  // A refresh on the way may have narrowed what is shared; and every part may have found the session at its end.
  const current = await store.load();
  if (current === undefined || patient === 'signed-out') return { kind: 'signed-out' };
  const shown: { measure: Measure; readings: Part<Readings> }[] = [];
  for (const [index, measure] of measures.entries()) {
    const readings = parts[index];
    if (readings === undefined || readings === 'signed-out') return { kind: 'signed-out' };
    shown.push({ measure, readings: isAdult(patient, now) ? readings : withoutAdultRange(readings) });
  }
  return { kind: 'record', record: { session: current, sharing: readSharing(current.scope), patient, parts: shown } };
}

/** Known to be 18 or older. */
const isAdult = (patient: Part<Patient>, now: number): boolean =>
  patient.kind === 'found' && (ageAt(patient.value.birthDate ?? '', now) ?? 0) >= 18;

/** What is usual for adults says nothing of a child, nor of somebody whose age was not shared. */
const withoutAdultRange = (readings: Part<Readings>): Part<Readings> =>
  readings.kind !== 'found' || readings.value.printed
    ? readings
    : { ...readings, value: { ...readings.value, usual: readings.value.usual.map(() => undefined) } };

async function readPatient(
  client: SmartClient,
  store: SessionStore,
  session: Session,
): Promise<Part<Patient> | 'signed-out'> {
  if (!readSharing(session.scope).patient) return { kind: 'not-shared' };
  const answer = await client.request(store, `Patient/${session.patient}`);
  if (answer.kind === 'signed-out') return 'signed-out';
  if (answer.kind === 'failed') return { kind: 'fault', failure: answer.failure };
  const { response } = answer;
  const body: unknown = await response.json().catch(() => undefined);
  if (response.status === 403 || response.status === 404) return { kind: 'not-shared' };
  if (response.status !== 200 || typeof body !== 'object' || body === null) {
    const failure = {
      category: 'answer',
      message: 'The patient could not be read.',
      advice: '',
      status: response.status,
    } as const;
    return { kind: 'fault', failure };
  }
  const { birthDate } = body as { readonly birthDate?: unknown };
  return {
    kind: 'found',
    value: { name: nameOf(body), ...(typeof birthDate === 'string' ? { birthDate } : {}) },
    complete: true,
  };
}

/** FHIR R4 datatypes.html#HumanName: the official or usual name, as text or put together. */
function nameOf(patient: object): string {
  const { name } = patient as { readonly name?: unknown };
  const names = (Array.isArray(name) ? name : []) as readonly {
    readonly use?: string;
    readonly text?: string;
    readonly given?: readonly string[];
    readonly family?: string;
  }[];
  const best = names.find(({ use }) => use === 'official') ?? names.find(({ use }) => use === 'usual') ?? names[0];
  return (best?.text ?? [...(best?.given ?? []), best?.family ?? ''].join(' ').trim()) || 'Name not recorded';
}

async function readMeasure(
  client: SmartClient,
  store: SessionStore,
  session: Session,
  measure: Measure,
  { count, pages }: RecordLimits,
): Promise<Part<Readings> | 'signed-out'> {
  const { groups } = readSharing(session.scope);
  if (!measure.groups.some((group) => groups[group])) return { kind: 'not-shared' };
  const search = new URLSearchParams({
    patient: session.patient ?? '',
    code: measure.codes.map((code) => `http://loinc.org|${code}`).join(','),
    // The newest first: where there are more than the limit, it is the oldest that stay away.
    _sort: '-date',
    _count: String(count),
  });
  const read = await client.readAll(store, `Observation?${search}`, pages);
  if (read.kind === 'signed-out') return 'signed-out';
  if (read.kind === 'failed') {
    return read.failure.status === 403 ? { kind: 'not-shared' } : { kind: 'fault', failure: read.failure };
  }
  const value = readReadings(measure, read.resources);
  // Nothing there, and one of the places where it may be was left out: nobody can say that there is none.
  const open = measure.groups.every((group) => groups[group]);
  return value.readings.length === 0 && !open
    ? { kind: 'not-shared' }
    : { kind: 'found', value, complete: read.complete };
}
