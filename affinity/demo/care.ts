/** Who cares for the patient, for what aim and by which plan (US Core 6.1.0 CareTeam, Goal, CarePlan). */
import { addYears, earlier, later } from './calendar.ts';
import { type Chart, ordinal } from './chart.ts';
import type { Noted } from './conditions.ts';
import { type Confidentiality, metaOf } from './confidentiality.ts';
import { type CodeableConcept, quantity, type Reference, snomed, usCore } from './datatypes.ts';
import type { Episode } from './person.ts';
import { type Practitioner, practitionerOf, specialtyConcept } from './practitioners.ts';

interface Member {
  readonly role: CodeableConcept;
  readonly member: Reference;
}

const asMember = ({ specialty, reference }: Practitioner): Member => ({
  role: specialtyConcept(specialty),
  member: reference,
});

function addTeam(
  chart: Chart,
  index: number,
  name: string,
  members: readonly Member[],
  confidentiality?: Confidentiality,
): Reference {
  return chart.add({
    resourceType: 'CareTeam',
    id: chart.id('care-team', ordinal(index)),
    meta: metaOf('us-core-careteam', confidentiality),
    status: chart.person.deathDate ? 'inactive' : 'active',
    name,
    subject: chart.subject,
    participant: members.map(({ role, member }) => ({ role: [role], member })),
  });
}

/** Adds the aim and the plan of a story. */
function addPlan(
  chart: Chart,
  index: number,
  { story, onset }: Episode,
  team: Reference,
  problem: Noted | undefined,
): void {
  const { aim, plan, confidentiality } = story;
  const { person } = chart;
  const startDate = earlier(later(onset, person.start), person.end);
  const goal =
    aim &&
    chart.add({
      resourceType: 'Goal',
      id: chart.id('goal', ordinal(index)),
      meta: metaOf('us-core-goal', confidentiality),
      lifecycleStatus: person.deathDate ? 'cancelled' : 'active',
      description: { ...aim.description, text: aim.text },
      subject: chart.subject,
      startDate,
      target: [
        {
          measure: aim.measure,
          detailQuantity: {
            ...quantity(aim.value, aim.unit),
            ...(aim.comparator ? { comparator: aim.comparator } : {}),
          },
          dueDate: addYears(person.end, 0.5),
        },
      ],
      ...(problem ? { addresses: [problem.reference] } : {}),
    });
  if (!plan) return;
  chart.add({
    resourceType: 'CarePlan',
    id: chart.id('care-plan', ordinal(index)),
    meta: metaOf('us-core-careplan', confidentiality),
    text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml"><p>${plan}</p></div>` },
    status: person.deathDate ? 'revoked' : 'active',
    intent: 'plan',
    category: [usCore('careplan-category', 'assess-plan', 'Assessment and Plan of Treatment')],
    description: plan,
    subject: chart.subject,
    period: { start: startDate, end: addYears(person.end, 1) },
    author: chart.primary.reference,
    careTeam: [team],
    ...(problem ? { addresses: [problem.reference] } : {}),
    ...(goal ? { goal: [goal] } : {}),
  });
}

/** Adds teams, aims and plans. A confidential story has a team of its own, so that the open one does not tell of it. */
export function addCare(chart: Chart, noted: readonly Noted[], relative: Reference | undefined): void {
  const { person, subject } = chart;
  const specialist = ({ story }: Episode) => story.care && chart.sees(story.care.specialty);
  const open = person.episodes.filter(({ story }) => !story.confidentiality);
  const specialists = open
    .map(specialist)
    .filter((each): each is Practitioner => each !== undefined && each !== chart.primary);
  const pharmacist = { ...practitionerOf('pharmacy').role, display: 'Pharmacist on duty' };
  const everyone: Member[] = [
    asMember(chart.primary),
    ...specialists.map(asMember),
    { role: specialtyConcept('pharmacy'), member: pharmacist },
    { role: snomed('116154003', 'Patient'), member: subject },
    ...(relative ? [{ role: snomed('133932002', 'Caregiver'), member: relative }] : []),
  ];
  const team = addTeam(chart, 0, 'Care team', everyone);
  for (const [index, episode] of person.episodes.entries()) {
    if (episode.onset > person.end) continue;
    const problem = noted.find((each) => each.episode === episode);
    const { confidentiality } = episode.story;
    const own = specialist(episode);
    const itsTeam =
      confidentiality && own
        ? addTeam(chart, index + 1, 'Specialist care team', [asMember(own)], confidentiality)
        : team;
    addPlan(chart, index, episode, itsTeam, problem);
  }
}
