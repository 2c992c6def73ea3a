/** Which visit: asked where an app wants one in context and there are several. SMART App Launch 2.2, launch/encounter. */
import { auditFacts, noteResult, type Outcome, type PersonStep, type StepNeighbours } from './interaction-step.ts';
import type { EncounterView, PatientView } from './page-views.ts';
import { needsEncounter } from './requested-scope.ts';

export type EncounterInContext =
  /** the app did not ask for one, there is none, or the person named none */
  | { readonly kind: 'none' }
  | { readonly kind: 'known'; readonly encounter: string }
  | { readonly kind: 'choose'; readonly encounters: readonly EncounterView[] };

/** What is posted where no visit is meant. */
export const noEncounter = 'none';

export async function encounterOf(
  { launchRecords, settings, record }: StepNeighbours,
  step: PersonStep,
  patient: PatientView | undefined,
): Promise<EncounterInContext> {
  const { ehrLaunch, tokens, person, client, audience } = step;
  if (ehrLaunch?.context.encounter !== undefined) return { kind: 'known', encounter: ehrLaunch.context.encounter };
  if (patient === undefined || !needsEncounter(tokens)) return { kind: 'none' };
  const { id } = patient;
  const encounters = await launchRecords.encounters(person, client.id, audience, id, settings.encountersShown);
  const chosen: unknown = step.interaction.result?.encounter;
  const [only] = encounters;
  if (only === undefined || chosen === noEncounter) return { kind: 'none' };
  if (encounters.length === 1) return { kind: 'known', encounter: only.id };
  const known = encounters.find((one) => one.id === chosen);
  if (known !== undefined) return { kind: 'known', encounter: known.id };
  // When somebody was where is of a record: that it was looked at is recorded before a page can show it.
  await Promise.all(
    encounters.map((one) =>
      record('patient-shown', 'permitted', {
        ...auditFacts(step, person),
        patient: id,
        target: `Encounter/${one.id}`,
      }),
    ),
  );
  return { kind: 'choose', encounters };
}

export function showEncounterChoice(
  { pages }: StepNeighbours,
  step: PersonStep,
  patient: PatientView | undefined,
  encounters: readonly EncounterView[],
  fault?: 'none-chosen',
): Outcome {
  const { action, csrf, app, person } = step;
  const document = pages.encounterChoice({
    action,
    csrf,
    app,
    person: { name: person.name },
    ...(patient === undefined ? {} : { patient }),
    encounters,
    ...(fault === undefined ? {} : { fault }),
  });
  return { kind: 'page', document, status: fault === undefined ? 200 : 400 };
}

export async function takeEncounterChoice(
  neighbours: StepNeighbours,
  step: PersonStep,
  patient: PatientView | undefined,
  encounters: readonly EncounterView[],
  posted: ReadonlyMap<string, string>,
): Promise<Outcome> {
  const chosen = posted.get('encounter');
  if (chosen === undefined) return showEncounterChoice(neighbours, step, patient, encounters, 'none-chosen');
  if (chosen !== noEncounter && !encounters.some(({ id }) => id === chosen)) {
    const reason = 'not a visit that was offered';
    await neighbours.record('patient-choice-refused', 'denied', {
      ...auditFacts(step, step.person),
      status: 403,
      reason,
    });
    return { kind: 'fault', fault: 'bad-request', status: 403 };
  }
  await noteResult(step, { ...(patient === undefined ? {} : { patient: patient.id }), encounter: chosen });
  return { kind: 'again' };
}
