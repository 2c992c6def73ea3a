/**
 * Before anything else, for an app that nobody vouches for: who asks is what it says itself, and whoever goes on has read
 * that. No request of such an app leads anywhere by itself, errors included. RFC 9700 §4.11.2; RFC 7591 §5.
 */
import type { Client } from './clients.ts';
import { noteResult, type Outcome, type Step, type StepNeighbours } from './interaction-step.ts';

/** Where it is noted in the interaction that the person goes on. */
export const goesOn = 'goesOnUnchecked';

export const isUnchecked = ({ registered }: Client): boolean => registered === 'pending';

export function showUnchecked({ pages }: StepNeighbours, { action, csrf, app }: Step): Outcome {
  return { kind: 'page', document: pages.uncheckedApp({ action, csrf, app }), status: 200 };
}

export async function takeUnchecked(
  neighbours: StepNeighbours,
  step: Step,
  posted: ReadonlyMap<string, string>,
): Promise<Outcome> {
  const { action, csrf, app, interaction, client } = step;
  if (posted.get('decision') === 'stop') {
    // Not even told to the app: nobody is sent anywhere by an app of which nothing is known.
    await interaction.destroy();
    return { kind: 'page', document: neighbours.pages.uncheckedApp({ action, csrf, app, stopped: true }), status: 200 };
  }
  if (posted.get('decision') !== 'continue') return { kind: 'again' };
  await noteResult(step, { [goesOn]: client.id });
  return { kind: 'finished' };
}
