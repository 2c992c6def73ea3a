/** Problems, health concerns and the diagnoses of single encounters (US Core 6.1.0, both Condition profiles). */
import { addDays, addYears, instantOf, later } from './calendar.ts';
import { type Chart, ordinal } from './chart.ts';
import { type Confidentiality, metaOf } from './confidentiality.ts';
import { type CodeableConcept, hl7, type Reference, snomed, usCore } from './datatypes.ts';
import type { Visit } from './encounters.ts';
import { ageOn, type Episode } from './person.ts';
import type { Problem } from './stories/story.ts';

/** A condition in the record. */
export interface Noted {
  readonly reference: Reference;
  readonly episode: Episode;
  readonly code: CodeableConcept;
}

const illnesses = [
  snomed('10509002', 'Acute bronchitis'),
  snomed('444814009', 'Viral sinusitis'),
  snomed('195662009', 'Acute viral pharyngitis'),
  snomed('44465007', 'Sprain of ankle'),
] as const;
const childIllnesses = [snomed('65363002', 'Otitis media'), snomed('195662009', 'Acute viral pharyngitis')] as const;

const categories = {
  'problem-list-item': hl7('condition-category', 'problem-list-item', 'Problem List Item'),
  'encounter-diagnosis': hl7('condition-category', 'encounter-diagnosis', 'Encounter Diagnosis'),
  'health-concern': usCore('condition-category', 'health-concern', 'Health Concern'),
} as const;

interface Statement {
  readonly code: CodeableConcept;
  readonly category: keyof typeof categories;
  readonly onset: string;
  readonly abatement?: string;
  readonly visit?: Visit;
  readonly confidentiality?: Confidentiality | undefined;
  readonly social?: boolean;
}

/** Adds one condition. */
function addCondition(chart: Chart, index: number, statement: Statement): Reference {
  const { code, category, onset, visit } = statement;
  const { start, end } = chart.person;
  const recorded = visit?.date ?? later(onset, start);
  const abatement = statement.abatement && statement.abatement <= end ? statement.abatement : undefined;
  const profile =
    category === 'encounter-diagnosis'
      ? 'us-core-condition-encounter-diagnosis'
      : 'us-core-condition-problems-health-concerns';
  return chart.add(
    {
      resourceType: 'Condition',
      id: chart.id('condition', ordinal(index)),
      meta: metaOf(profile, statement.confidentiality),
      extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/condition-assertedDate', valueDateTime: recorded }],
      clinicalStatus: abatement
        ? hl7('condition-clinical', 'resolved', 'Resolved')
        : hl7('condition-clinical', 'active', 'Active'),
      verificationStatus: hl7('condition-ver-status', 'confirmed', 'Confirmed'),
      category: statement.social
        ? [categories[category], usCore('us-core-category', 'sdoh', 'SDOH')]
        : [categories[category]],
      code,
      subject: chart.subject,
      ...(visit ? { encounter: visit.encounter } : {}),
      onsetDateTime: onset,
      ...(abatement ? { abatementDateTime: abatement } : {}),
      recordedDate: instantOf(recorded, visit?.minutes ?? 600),
      recorder: (visit?.practitioner ?? chart.primary).reference,
    },
    code.text,
  );
}

/** When a problem of a story begins and ends, and the visit at which it was first spoken of. */
const statementOf = (episode: Episode, problem: Problem, visits: readonly Visit[], since: string): Statement => {
  const { onset: beginning, story } = episode;
  const onset = addYears(beginning, problem.fromYears);
  const visit = onset < since ? undefined : visits.find((each) => each.episode === episode && each.date >= onset);
  return {
    code: problem.code,
    category: problem.category,
    onset,
    ...(visit ? { visit } : {}),
    ...(problem.untilYears === undefined ? {} : { abatement: addYears(beginning, problem.untilYears) }),
    confidentiality: problem.confidentiality ?? story.confidentiality,
  };
};

/** What is not of a story: hardship, and the abuse that a few speak of. */
function* findConcerns({ person, random }: Chart): Generator<Statement> {
  const onset = addDays(person.start, random.integer(20, 200));
  if (onset > person.end) return;
  if (random.chance(0.07))
    yield { code: snomed('733423003', 'Food insecurity'), category: 'problem-list-item', onset, social: true };
  if (person.gender === 'female' && ageOn(person, onset) >= 18 && random.chance(0.04))
    yield {
      code: snomed('706893006', 'Victim of intimate partner abuse'),
      category: 'health-concern',
      onset,
      confidentiality: { level: 'V', sensitivity: 'SDV' },
    };
}

/** Adds all conditions; gives those of the stories, the main problem of each story first. */
export function addConditions(chart: Chart, visits: readonly Visit[]): Noted[] {
  let index = 0;
  const noted: Noted[] = [];
  for (const episode of chart.person.episodes)
    for (const problem of episode.story.problems) {
      const statement = statementOf(episode, problem, visits, chart.person.start);
      if (statement.onset > chart.person.end) continue;
      noted.push({ reference: addCondition(chart, index++, statement), episode, code: problem.code });
    }
  for (const concern of findConcerns(chart)) addCondition(chart, index++, concern);
  for (const visit of visits) {
    const { date: onset, confidentiality } = visit;
    const main = visit.episode?.story.problems[0];
    if (visit.kind === 'illness') {
      const code = chart.random.pick(ageOn(chart.person, onset) < 18 ? childIllnesses : illnesses);
      const abatement = addDays(onset, chart.random.integer(8, 24));
      addCondition(chart, index++, {
        code,
        category: 'encounter-diagnosis',
        onset: addDays(onset, -2),
        abatement,
        visit,
      });
    } else if (main && visit.turn === 0)
      addCondition(chart, index++, {
        code: main.code,
        category: 'encounter-diagnosis',
        onset,
        visit,
        confidentiality: main.confidentiality ?? confidentiality,
      });
  }
  return noted;
}
