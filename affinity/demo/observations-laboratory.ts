/** Laboratory orders, specimens, results and reports, and glucose measured at home (US Core 6.1.0 Laboratory Result, Specimen, DiagnosticReport, ServiceRequest). */
import { addDays, dayOf, earlier, instantOf } from './calendar.ts';
import type { Chart } from './chart.ts';
import { metaOf } from './confidentiality.ts';
import { type CodeableConcept, hl7, loinc, type Reference, snomed } from './datatypes.ts';
import type { Visit } from './encounters.ts';
import { meanGlucose, type Panel, type Sample, type Test } from './laboratory-tests.ts';
import { addObservation, measured } from './observations.ts';
import { organizationReference } from './organizations.ts';
import { type PanelName, panels } from './panels.ts';
import { ageOn } from './person.ts';

const laboratory = organizationReference('organization-laboratory');

/**
 * The panels taken at a visit: at every second check-up, and at every second visit that a story asks for. What a confidential story asks for is taken only at its own visits, so that no other
 * encounter tells of it.
 */
function panelsAt(chart: Chart, visit: Visit): Set<PanelName> {
  const own = visit.episode?.story;
  if (own && visit.turn % 2 === 0) return new Set(own.panels);
  if (visit.kind !== 'checkup' || visit.turn % 2 === 1) return new Set();
  const open = chart.person.episodes.filter(({ story }) => !story.confidentiality);
  return new Set(['metabolic', ...open.flatMap(({ story }) => story.panels)]);
}

/** Reads every measure at most once for a sample, so that results of one day agree with each other. */
function takeSample(chart: Chart, date: string): Sample {
  const seen: Partial<Record<string, number>> = {};
  return {
    of: (measure) => (seen[measure] ??= chart.body(measure, date)),
    around: (level, deviation) => chart.random.normal(level, deviation),
    age: ageOn(chart.person, date),
    woman: chart.person.gender === 'female',
  };
}

/** The value of a test of a sample. */
function resultOf(test: Test, sample: Sample) {
  if ('value' in test) return measured(test.value(sample), test.decimals, test.unit, test.unit, test);
  const finding = test.finding(sample);
  return typeof finding === 'string' ? { valueString: finding } : { valueCodeableConcept: finding };
}

/** Adds what was taken from the body for the tests. */
function addSpecimen(chart: Chart, { date, minutes, confidentiality }: Visit, type: CodeableConcept): Reference {
  return chart.add({
    resourceType: 'Specimen',
    id: chart.id('specimen', date),
    meta: metaOf('us-core-specimen', confidentiality),
    status: 'available',
    type,
    subject: chart.subject,
    receivedTime: instantOf(date, minutes + 120),
    collection: { collectedDateTime: instantOf(date, minutes + 5) },
  });
}

/** Adds the order, the results and the report of one panel. */
function addPanel(chart: Chart, visit: Visit, panel: Panel, sample: Sample, specimen: Reference): void {
  const { date, minutes, confidentiality } = visit;
  const authoredOn = instantOf(date, minutes);
  const basedOn = chart.add({
    resourceType: 'ServiceRequest',
    id: chart.id('order', date),
    meta: metaOf('us-core-servicerequest', confidentiality),
    status: 'completed',
    intent: 'order',
    category: [snomed('108252007', 'Laboratory procedure')],
    code: panel.code,
    subject: chart.subject,
    encounter: visit.encounter,
    occurrencePeriod: { start: authoredOn, end: instantOf(addDays(date, 1), 1020) },
    authoredOn,
    requester: visit.practitioner.reference,
    performer: [laboratory],
    ...(visit.episode?.story.problems[0] ? { reasonCode: [visit.episode.story.problems[0].code] } : {}),
  });
  const result = panel.tests.map((test) =>
    addObservation(chart, {
      slug: test.slug,
      profile: 'us-core-observation-lab',
      category: 'laboratory',
      code: test.code,
      date,
      visit,
      performer: laboratory,
      days: 1,
      content: { ...resultOf(test, sample), specimen },
    }),
  );
  chart.add({
    resourceType: 'DiagnosticReport',
    id: chart.id('report', date),
    meta: metaOf('us-core-diagnosticreport-lab', confidentiality),
    basedOn: [basedOn],
    status: 'final',
    category: [hl7('v2-0074', 'LAB', 'Laboratory')],
    code: panel.code,
    subject: chart.subject,
    encounter: visit.encounter,
    effectiveDateTime: instantOf(date, minutes + 5),
    issued: instantOf(earlier(addDays(date, 1), chart.person.end), minutes + 15),
    performer: [laboratory],
    specimen: [specimen],
    result,
  });
}

/** Adds the glucose that people with diabetes measure at home: the fixed people every two weeks, others every month. */
function addHomeGlucose(chart: Chart): void {
  const { person, random } = chart;
  const onset = person.episodes.find(({ story }) => story.name === 'diabetes')?.onset;
  if (!onset) return;
  const interval = person.number < 10 ? 14 : 30;
  for (let day = dayOf(onset) + 12; day < dayOf(person.end); day += interval + random.integer(-2, 2)) {
    const date = addDays(onset, day - dayOf(onset));
    addObservation(chart, {
      slug: 'glucose',
      profile: 'us-core-observation-lab',
      category: 'laboratory',
      code: loinc('41653-7', 'Glucose [Mass/volume] in Capillary blood by Glucometer', 'Glucose, measured at home'),
      date,
      performer: chart.subject,
      content: measured(random.normal(meanGlucose(chart.body('hba1c', date)) * 0.92, 11), 0, 'mg/dL', 'mg/dL', {
        low: 70,
        high: 130,
      }),
    });
  }
}

/** Adds everything from the laboratory. */
export function addLaboratory(chart: Chart, visits: readonly Visit[]): void {
  for (const visit of visits) {
    const names = panelsAt(chart, visit);
    if (names.size === 0) continue;
    const sample = takeSample(chart, visit.date);
    const specimens = new Map<CodeableConcept, Reference>();
    for (const name of names) {
      const panel = panels[name];
      const specimen = specimens.get(panel.specimen) ?? addSpecimen(chart, visit, panel.specimen);
      specimens.set(panel.specimen, specimen);
      addPanel(chart, visit, panel, sample, specimen);
    }
  }
  addHomeGlucose(chart);
}
