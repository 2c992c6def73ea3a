/** OBR, and what follows it up to the next, as a DiagnosticReport with its Observations. HL7 v2-to-FHIR Implementation Guide, message map ORU_R01. */
import type { ExactObject } from '@affinity/core/fhir/exact-json.ts';
import { observationCategory, reportStatus } from './hl7-codes.ts';
import type { Segment } from './hl7-message.ts';
import { instantOf } from './hl7-time.ts';
import { conceptOf, refuse, type Sender, timeAt } from './hl7-types.ts';
import { localId } from './local-key.ts';
import { makeObservation, type ReportAround, type Result } from './make-observation.ts';
import { present, some } from './present.ts';
import type { RecordChange } from './record-change.ts';
import { isText } from './result-value.ts';

const categorySystem = 'http://terminology.hl7.org/CodeSystem/observation-category';

/** A number that the laboratory gave, else the one of who ordered. EI: number, then whose it is. */
const orderKey = (obr: Segment, orc: Segment | undefined, sender: Sender): readonly string[] => {
  const [field] = [3, 2].filter((one) => obr.text(one) !== '');
  const segment = field === undefined ? orc : obr;
  const [found] = field === undefined ? [3, 2].filter((one) => orc !== undefined && orc.text(one) !== '') : [field];
  if (segment === undefined || found === undefined) throw refuse(obr, 3, 'the report has no number');
  const [owner, number] = [segment.text(found, 2) || segment.text(found, 3) || sender.name, segment.text(found, 1)];
  return [owner, number, obr.text(4, 1) || obr.text(4, 2) || '-'];
};

/** Results with their notes: several segments where a text goes on, one Observation for each result. */
const resultsOf = (segments: readonly Segment[], key: readonly string[]): readonly Result[] => {
  const results: { segments: [Segment, ...Segment[]]; name: string; notes: string[] }[] = [];
  for (const segment of segments) {
    const last = results.at(-1);
    if (segment.name === 'NTE') last?.notes.push(noteOf(segment));
    if (segment.name !== 'OBX' || segment.text(2) === 'ED') continue;
    const instance = segment.text(21, 1);
    const name =
      instance === ''
        ? JSON.stringify([segment.text(3, 1) || segment.text(3, 2), segment.text(4)])
        : JSON.stringify([instance]);
    if (last?.name === name && isText(segment) && isText(last.segments[0])) last.segments.push(segment);
    else results.push({ segments: [segment], name, notes: [] });
  }
  const seen = new Map<string, number>();
  return results.map(({ name, notes, ...one }) => {
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    return {
      ...one,
      notes: notes.filter((note) => note !== ''),
      id: localId(...key, name, ...(before === 0 ? [] : [String(before)])),
    };
  });
};
const noteOf = (nte: Segment): string =>
  nte
    .all(3)
    .map(({ whole }) => whole)
    .join('\n');

/** ED: source, type, subtype, encoding, data. */
const attachmentOf = (obx: Segment): ExactObject | undefined => {
  const [kind, subtype, encoding, data] = [2, 3, 4, 5].map((i) => obx.text(5, i));
  if (data === undefined || data === '') return undefined;
  if (encoding !== 'Base64') throw refuse(obx, 5, 'a document that is not written in Base64 is not read');
  const isPdf = subtype?.toUpperCase() === 'PDF';
  const type =
    /^[a-z]+$/i.test(kind ?? '') && /^[\w.+-]+$/.test(subtype ?? '') ? `${kind}/${subtype}`.toLowerCase() : '';
  return present({ contentType: isPdf ? 'application/pdf' : type, data, title: obx.text(3, 2) });
};

export interface ReportOf {
  readonly patient: string;
  readonly encounter?: ExactObject;
  readonly obr: Segment;
  readonly orc?: Segment;
  /** behind OBR, up to the next */
  readonly rest: readonly Segment[];
}

export const makeReport = (of: ReportOf, sender: Sender): readonly RecordChange[] => {
  const { obr, rest } = of;
  const { settings } = sender;
  const key = orderKey(obr, of.orc, sender);
  const status = reportStatus(obr.text(25) || 'Z');
  if (status === undefined) throw refuse(obr, 25, 'there is no such status of a report');
  const section = obr.text(24);
  const category = observationCategory(section) ?? settings.category;
  const [effective, ended] = [timeAt(obr, 7, settings.zone), timeAt(obr, 8, settings.zone)];
  const issued = timeAt(obr, 22, settings.zone, instantOf);
  const subject = { reference: `Patient/${of.patient}` };
  const around: ReportAround = {
    subject,
    ...(of.encounter === undefined ? {} : { encounter: of.encounter }),
    ...(category === undefined ? {} : { category: { coding: [{ system: categorySystem, code: category }] } }),
    ...(effective === undefined ? {} : { effective }),
    ...(issued === undefined ? {} : { issued }),
  };
  const made = resultsOf(rest, key).map((result) => makeObservation(result, around, sender));
  const firstResult = rest.findIndex(({ name }) => name === 'OBX');
  const ownNotes = rest.slice(0, firstResult < 0 ? rest.length : firstResult).filter(({ name }) => name === 'NTE');
  const numbers = (
    [
      [2, 'PLAC'],
      [3, 'FILL'],
    ] as const
  ).flatMap(([field, type]) => {
    const value = obr.text(field, 1);
    const coding = [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: type }];
    return value === ''
      ? []
      : [present({ type: { coding }, system: settings.identifiers.get(obr.text(field, 2)), value })];
  });
  const isPeriod = effective !== undefined && ended !== undefined;
  const elements = present({
    identifier: numbers,
    status,
    category:
      section === ''
        ? undefined
        : [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0074', code: section }] }],
    code: conceptOf(obr.all(4)[0], settings),
    subject,
    encounter: of.encounter,
    effectiveDateTime: isPeriod ? undefined : effective,
    effectivePeriod: isPeriod ? { start: effective, end: ended } : undefined,
    issued,
    conclusion: ownNotes.map(noteOf).join('\n').trim(),
    presentedForm: some(rest.filter((one) => one.name === 'OBX' && one.text(2) === 'ED').map(attachmentOf)),
  });
  const report: RecordChange = {
    type: 'DiagnosticReport',
    id: localId(...key),
    elements,
    emptied: [isPeriod ? 'effectiveDateTime' : 'effectivePeriod'],
    // A correction may hold what it corrects alone: the other results stay in the report.
    added:
      made.length === 0
        ? {}
        : { result: made.map(({ observation }) => ({ reference: `Observation/${observation.id}` })) },
    says: 'part',
  };
  return [...made.flatMap(({ observation, people }) => [...people, observation]), report];
};
