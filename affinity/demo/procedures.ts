/** What was done, what it was ordered by, examinations with a report, and devices that stay in the body (US Core 6.1.0 Procedure, ServiceRequest, DiagnosticReport Note, Implantable Device). */
import { addDays, addYears, instantOf } from './calendar.ts';
import { type Chart, ordinal } from './chart.ts';
import { type Confidentiality, metaOf } from './confidentiality.ts';
import { type CodeableConcept, loinc, plainText, type Reference, snomed } from './datatypes.ts';
import type { Visit } from './encounters.ts';
import { ageOn, type Episode } from './person.ts';
import { type Practitioner, practitionerOf } from './practitioners.ts';
import type { Examination } from './stories/story.ts';

const counselling = snomed('409063005', 'Counselling');
const imaging = snomed('363679005', 'Imaging');

interface Order {
  readonly code: CodeableConcept;
  readonly category: CodeableConcept;
  readonly date: string;
  readonly requester: Practitioner;
  readonly reason?: CodeableConcept | undefined;
  readonly confidentiality?: Confidentiality | undefined;
}

function addOrder(chart: Chart, order: Order): Reference {
  return chart.add({
    resourceType: 'ServiceRequest',
    id: chart.id('order', order.date),
    meta: metaOf('us-core-servicerequest', order.confidentiality),
    status: 'completed',
    intent: 'order',
    category: [order.category],
    code: order.code,
    subject: chart.subject,
    occurrencePeriod: { start: order.date, end: addDays(order.date, 30) },
    authoredOn: instantOf(order.date, 690),
    requester: order.requester.reference,
    ...(order.reason ? { reasonCode: [order.reason] } : {}),
  });
}

/** Adds a procedure and gives the reference to it. */
function addProcedure(
  chart: Chart,
  index: number,
  code: CodeableConcept,
  date: string,
  performer: Practitioner,
  basedOn: Reference | undefined,
  confidentiality: Confidentiality | undefined,
  encounter?: Reference,
): void {
  chart.add({
    resourceType: 'Procedure',
    id: chart.id('procedure', ordinal(index)),
    meta: metaOf('us-core-procedure', confidentiality),
    ...(basedOn ? { basedOn: [basedOn] } : {}),
    status: 'completed',
    code,
    subject: chart.subject,
    ...(encounter ? { encounter } : {}),
    performedDateTime: instantOf(date, 700),
    performer: [{ actor: performer.reference }],
  });
}

const reportCategories = {
  radiology: loinc('LP29684-5', 'Radiology'),
  cardiology: loinc('LP29708-2', 'Cardiology'),
} as const;

/** Adds an examination: the order and the written report. */
function addExamination(
  chart: Chart,
  examination: Examination,
  date: string,
  episode: Episode,
  visit: Visit | undefined,
): void {
  const { category, code, text } = examination;
  const { confidentiality, problems } = episode.story;
  const requester = visit?.practitioner ?? chart.primary;
  const basedOn = addOrder(chart, {
    code,
    category: imaging,
    date,
    requester,
    reason: problems[0]?.code,
    confidentiality,
  });
  chart.add({
    resourceType: 'DiagnosticReport',
    id: chart.id('report', date),
    meta: metaOf('us-core-diagnosticreport-note', confidentiality ?? { level: 'N' }),
    basedOn: [basedOn],
    status: 'final',
    category: [reportCategories[category]],
    code,
    subject: chart.subject,
    ...(visit ? { encounter: visit.encounter } : {}),
    effectiveDateTime: instantOf(date, 720),
    issued: instantOf(date, 900),
    performer: [practitionerOf(category).reference],
    presentedForm: [plainText(code.text, text, instantOf(date, 900))],
  });
}

const devices = [
  {
    type: snomed('14106009', 'Cardiac pacemaker'),
    procedure: snomed('307280005', 'Implantation of cardiac pacemaker'),
    suits: (age: number, woman: boolean) => age > 70 && (woman || age > 72),
    item: '09504000059118',
  },
  {
    type: snomed('268460000', 'Intrauterine contraceptive device'),
    procedure: snomed('65200003', 'Insertion of intrauterine contraceptive device'),
    suits: (age: number, woman: boolean) => woman && age > 22 && age < 44,
    item: '09504000059125',
  },
] as const;

/** Adds an implant for a few of those whom one suits. */
function addDevice(chart: Chart, index: number): void {
  const { person, random } = chart;
  const fitting = devices.find(({ suits }) => suits(ageOn(person, person.end), person.gender === 'female'));
  if (!fitting || !random.chance(0.25)) return;
  const date = addDays(person.start, random.integer(10, 300));
  if (date >= person.end) return;
  const serial = String(7000000 + person.number);
  const expirationDate = addYears(date, 10);
  addProcedure(
    chart,
    index,
    fitting.procedure,
    date,
    practitionerOf(fitting === devices[0] ? 'cardiology' : 'obstetrics'),
    undefined,
    undefined,
  );
  const short = (day: string): string => day.slice(2).replaceAll('-', '');
  chart.add({
    resourceType: 'Device',
    id: chart.id('device', '1'),
    meta: metaOf('us-core-implantable-device'),
    udiCarrier: [
      {
        deviceIdentifier: fitting.item,
        carrierHRF: `(01)${fitting.item}(11)${short(addYears(date, -1))}(17)${short(expirationDate)}(10)L${serial}(21)${serial}`,
      },
    ],
    status: 'active',
    distinctIdentifier: `D${serial}`,
    manufactureDate: addYears(date, -1),
    expirationDate,
    lotNumber: `L${serial}`,
    serialNumber: serial,
    type: fitting.type,
    patient: chart.subject,
  });
}

/** Adds procedures, examinations and devices. */
export function addProcedures(chart: Chart, visits: readonly Visit[]): void {
  const { person } = chart;
  let index = 0;
  const within = (date: string): boolean => date >= person.start && date < addDays(person.end, -2);
  for (const episode of person.episodes) {
    const { story, onset } = episode;
    for (const deed of story.procedures) {
      const visit = visits.find((each) => each.episode === episode && each.date >= addYears(onset, deed.atYears));
      const date = visit?.date ?? addYears(onset, deed.atYears);
      if (!within(date)) continue;
      const performer = visit?.practitioner ?? chart.primary;
      const confidentiality = deed.confidentiality ?? story.confidentiality;
      const reason = story.problems[0]?.code;
      const basedOn = addOrder(chart, {
        code: deed.code,
        category: counselling,
        date,
        requester: chart.primary,
        reason,
        confidentiality,
      });
      addProcedure(chart, index++, deed.code, date, performer, basedOn, confidentiality, visit?.encounter);
    }
    for (const examination of story.examinations) {
      const visit = visits.find(
        (each) => each.episode === episode && each.date >= addYears(onset, examination.atYears),
      );
      const date = visit?.date ?? addYears(onset, examination.atYears);
      if (within(date)) addExamination(chart, examination, date, episode, visit);
    }
  }
  addDevice(chart, index);
}
