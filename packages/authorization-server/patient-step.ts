/** Whose record: asked where the person may act for several patients. SMART App Launch 2.2, launch/patient. */
import { auditFacts, noteResult, type Outcome, type PersonStep, type StepNeighbours } from './interaction-step.ts';
import type { PatientView } from './page-views.ts';

/** The patient in context, or undefined while one has to be chosen. */
export function patientOf({ patients, interaction }: PersonStep): PatientView | undefined {
  if (patients.length === 1) return patients[0];
  const chosen = interaction.result?.patient;
  return patients.find(({ id }) => id === chosen);
}

export function showPatientChoice({ pages }: StepNeighbours, step: PersonStep, fault?: 'none-chosen'): Outcome {
  const { action, csrf, app, person, patients } = step;
  const view = {
    action,
    csrf,
    app,
    person: { name: person.name },
    patients,
    ...(fault === undefined ? {} : { fault }),
  };
  return { kind: 'page', document: pages.patientChoice(view), status: fault === undefined ? 200 : 400 };
}

export async function takePatientChoice(
  neighbours: StepNeighbours,
  step: PersonStep,
  posted: ReadonlyMap<string, string>,
): Promise<Outcome> {
  const chosen = posted.get('patient');
  if (chosen === undefined) return showPatientChoice(neighbours, step, 'none-chosen');
  if (!step.patients.some(({ id }) => id === chosen)) {
    const reason = 'the person may not act for this patient';
    await neighbours.record('patient-choice-refused', 'denied', {
      ...auditFacts(step, step.person),
      status: 403,
      reason,
    });
    return { kind: 'fault', fault: 'bad-request', status: 403 };
  }
  await noteResult(step, { patient: chosen });
  return { kind: 'again' };
}
