/**
 * What a message says: of ADT a patient and a visit, of ORU reports and results. HL7 v2.5.1 chapters 3 and 7; HL7 v2-to-FHIR
 * Implementation Guide, message maps.
 */
import type { ExactObject } from '@affinity/core/fhir/exact-json.ts';
import type { Message, Segment } from './hl7-message.ts';
import type { Hl7Settings } from './hl7-settings.ts';
import { epochOf } from './hl7-time.ts';
import { refuse, type Sender, timeAt } from './hl7-types.ts';
import { makeEncounter } from './make-encounter.ts';
import { makePatient, mergePatients } from './make-patient.ts';
import { makeReport, type ReportOf } from './make-report.ts';
import type { RecordChange } from './record-change.ts';

export interface MessageChanges {
  /** sending application and facility */
  readonly sender: string;
  /** '' : it has none */
  readonly controlId: string;
  /** epoch milliseconds; undefined: it does not say when it was made */
  readonly saidAt: number | undefined;
  /** none: it is one that changes nothing */
  readonly changes: readonly RecordChange[];
}

const ofVisits = ['A01', 'A02', 'A03', 'A04', 'A05', 'A08', 'A11', 'A13'];
const ofPersons = ['A28', 'A31'];

const fromAdt = ({ header, segments }: Message, event: string, sender: Sender): readonly RecordChange[] => {
  const pids = segments.filter(({ name }) => name === 'PID');
  const [pid] = pids;
  if (pid === undefined) throw refuse(header, 9, 'the message has no PID');
  if (event === 'A40') {
    const merged = segments.flatMap((mrg, i) => {
      if (mrg.name !== 'MRG') return [];
      const into = segments.slice(0, i).findLast(({ name }) => name === 'PID');
      return into === undefined ? [] : mergePatients(into, mrg, sender);
    });
    if (merged.length === 0) throw refuse(header, 9, 'the message has no MRG');
    return merged;
  }
  if (pids.length > 1) throw refuse(header, 9, 'the message has several PID');
  const patient = makePatient(pid, sender, 'part');
  if (ofPersons.includes(event)) return [patient];
  const pv1 = segments.find(({ name }) => name === 'PV1');
  return [patient, ...(makeEncounter(pv1, patient.id, sender, event)?.changes ?? [])];
};

const fromOru = ({ header, segments }: Message, sender: Sender): readonly RecordChange[] => {
  const changes: RecordChange[] = [];
  let patient: string | undefined;
  let encounter: ExactObject | undefined;
  let orc: Segment | undefined;
  let report: (ReportOf & { rest: Segment[] }) | undefined;
  const finish = (): void => {
    if (report !== undefined) changes.push(...makeReport(report, sender));
    report = undefined;
  };
  for (const segment of segments) {
    switch (segment.name) {
      case 'PID': {
        finish();
        const made = makePatient(segment, sender, 'mention');
        changes.push(made);
        patient = made.id;
        encounter = undefined;
        orc = undefined;
        break;
      }
      case 'PV1': {
        if (patient === undefined) throw refuse(segment, 1, 'no PID stands before it');
        const visit = makeEncounter(segment, patient, sender);
        changes.push(...(visit?.changes ?? []));
        encounter = visit?.reference;
        break;
      }
      case 'ORC':
        finish();
        orc = segment;
        break;
      case 'OBR':
        finish();
        if (patient === undefined) throw refuse(segment, 1, 'no PID stands before it');
        report = {
          patient,
          obr: segment,
          rest: [],
          ...(encounter === undefined ? {} : { encounter }),
          ...(orc === undefined ? {} : { orc }),
        };
        orc = undefined;
        break;
      case 'OBX':
      case 'NTE':
        if (report === undefined && segment.name === 'OBX') throw refuse(segment, 1, 'no OBR stands before it');
        report?.rest.push(segment);
        break;
    }
  }
  finish();
  if (!changes.some(({ type }) => type === 'DiagnosticReport')) throw refuse(header, 9, 'the message has no report');
  return changes;
};

/** @throws Refused */
export const changesOf = (message: Message, settings: Hl7Settings): MessageChanges => {
  const { header } = message;
  const name = `${header.text(3)}|${header.text(4)}`;
  const sender: Sender = { settings, name };
  const [kind, event] = [header.text(9, 1), header.text(9, 2)];
  const made = timeAt(header, 7, settings.zone);
  const of = (changes: readonly RecordChange[]): MessageChanges => ({
    sender: name,
    controlId: header.text(10),
    saidAt: made === undefined ? undefined : epochOf(made),
    changes,
  });
  const processing = header.text(11) || 'P';
  if (!settings.processing.includes(processing)) throw refuse(header, 11, 'it is not a message of production');
  if (settings.passOver.includes(kind) || settings.passOver.includes(`${kind}^${event}`)) return of([]);
  if (kind === 'ADT' && (ofVisits.includes(event) || ofPersons.includes(event) || event === 'A40'))
    return of(fromAdt(message, event, sender));
  if (kind === 'ORU' && (event === 'R01' || event === '')) return of(fromOru(message, sender));
  throw refuse(header, 9, 'messages of this kind are not read; the settings may pass over them (“pass_over”)');
};
