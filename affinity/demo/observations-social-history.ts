/** Social history (US Core 6.1.0 Smoking Status, Simple Observation, Occupation, Pregnancy Status, Pregnancy Intent, Sexual Orientation). */
import type { Chart } from './chart.ts';
import { type CodeableConcept, loinc, snomed, usCore } from './datatypes.ts';
import type { Visit } from './encounters.ts';
import { addObservation } from './observations.ts';
import { ageOn } from './person.ts';

const smoking = [
  snomed('266919005', 'Never smoked tobacco'),
  snomed('266919005', 'Never smoked tobacco'),
  snomed('8517006', 'Ex-smoker'),
  snomed('428041000124106', 'Occasional tobacco smoker'),
  snomed('449868002', 'Smokes tobacco daily'),
] as const;
const orientations = [snomed('20430005', 'Heterosexual'), snomed('38628009', 'Homosexual')] as const;
const occupations = [
  ['Teacher', 'Elementary schools'],
  ['Bus driver', 'Public transport'],
  ['Carpenter', 'Construction'],
  ['Nursing assistant', 'Home nursing services'],
  ['Cook', 'Restaurants'],
  ['Accountant', 'Financial services'],
] as const;

const historyOf = (
  slug: string,
  profile: string,
  code: CodeableConcept,
  visit: Visit,
  content: Readonly<Record<string, unknown>>,
) => ({ slug, profile, category: 'social-history', code, date: visit.date, visit, content }) as const;

function addOccupation(chart: Chart, visit: Visit): void {
  const [text, industry] = chart.random.pick(occupations);
  addObservation(
    chart,
    historyOf('occupation', 'us-core-observation-occupation', loinc('11341-5', 'History of Occupation'), visit, {
      effectivePeriod: { start: chart.person.start },
      valueCodeableConcept: { text },
      component: [
        { code: loinc('86188-0', 'History of Occupation industry'), valueCodeableConcept: { text: industry } },
      ],
    }),
  );
}

/** Adds how well an old person finds their way, in words. */
function addCognition(chart: Chart, visit: Visit): void {
  addObservation(
    chart,
    historyOf(
      'cognition',
      'us-core-simple-observation',
      loinc('11332-4', 'History of Cognitive Function Narrative'),
      visit,
      {
        category: [usCore('us-core-category', 'cognitive-status', 'Cognitive Status')],
        valueString: 'Knows the day and the place, keeps the household and goes out alone.',
      },
    ),
  );
}

/** Adds what was asked at the visits of a pregnancy. */
function addPregnancy(chart: Chart, visits: readonly Visit[]): void {
  for (const visit of visits)
    addObservation(
      chart,
      historyOf('status', 'us-core-observation-pregnancystatus', loinc('82810-3', 'Pregnancy status'), visit, {
        valueCodeableConcept:
          visit.kind === 'prenatal' ? snomed('77386006', 'Pregnant') : snomed('60001007', 'Not pregnant'),
      }),
    );
  const last = visits.at(-1);
  if (last)
    addObservation(
      chart,
      historyOf(
        'intent',
        'us-core-observation-pregnancyintent',
        loinc('86645-9', 'Pregnancy intention in the next year - Reported'),
        last,
        {
          valueCodeableConcept: snomed('454381000124105', 'Not sure of desire to become pregnant'),
        },
      ),
    );
}

/** Adds the social history, asked at check-ups. */
export function addSocialHistory(chart: Chart, visits: readonly Visit[]): void {
  const { person, random } = chart;
  const checkups = visits.filter((visit) => visit.kind === 'checkup');
  const habit = random.pick(smoking);
  for (const visit of checkups.slice(-3))
    addObservation(
      chart,
      historyOf('smoking', 'us-core-smokingstatus', loinc('72166-2', 'Tobacco smoking status'), visit, {
        valueCodeableConcept: habit,
      }),
    );
  const [first] = checkups;
  if (first && ageOn(person, first.date) < 67) addOccupation(chart, first);
  if (first && ageOn(person, first.date) > 65) addCognition(chart, first);
  if (first && random.chance(0.1))
    addObservation(chart, {
      ...historyOf('social', 'us-core-observation-sexual-orientation', loinc('76690-7', 'Sexual orientation'), first, {
        valueCodeableConcept: random.pick(orientations),
      }),
      confidentiality: { level: 'R', sensitivity: 'SEX' },
    });
  addPregnancy(
    chart,
    visits.filter(
      ({ kind, episode }) => kind === 'prenatal' || (kind === 'care' && episode?.story.name === 'pregnancy'),
    ),
  );
}
