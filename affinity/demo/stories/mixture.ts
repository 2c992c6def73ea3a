/** Which stories go together, and how many in a hundred patients live each of them. */
import { asthma } from './asthma.ts';
import { child } from './child.ts';
import { depression } from './depression.ts';
import { diabetes } from './diabetes.ts';
import { healthy } from './healthy.ts';
import { hiv } from './hiv.ts';
import { hypertension } from './hypertension.ts';
import { kidneyDisease } from './kidney-disease.ts';
import { pregnancy } from './pregnancy.ts';
import type { Story } from './story.ts';
import { substanceUse } from './substance-use.ts';

/** Shares in a hundred; they sum to 100. Where two stories change the same measure, the first of them does. */
const shares: readonly (readonly [number, readonly Story[]])[] = [
  [24, [healthy]],
  [14, [child]],
  [3, [child, asthma]],
  [12, [hypertension]],
  [5, [diabetes]],
  [8, [diabetes, hypertension]],
  [7, [asthma]],
  [7, [pregnancy]],
  [6, [kidneyDisease, hypertension]],
  [5, [depression]],
  [1, [pregnancy, depression]],
  [4, [substanceUse]],
  [4, [hiv]],
];

/** A step that shares no factor with 100, so that any hundred patients in a row live every story, well mixed. */
const STEP = 37;

/** The stories of patient number `number`, whatever the size of the population. */
export function storiesOf(number: number): readonly Story[] {
  let place = (number * STEP) % 100;
  for (const [share, stories] of shares) {
    if (place < share) return stories;
    place -= share;
  }
  return [healthy];
}
