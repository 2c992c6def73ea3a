/** Plays the worlds it is told to on two databases, until one differs, and tells which. */
import type { Play, Played } from './mutation-play.ts';
import { openStage } from './stage.ts';
import { callerNamed, runWorld } from './world-run.ts';

const requests = 50;

export const playWorlds = async ({ ground, courses }: Play): Promise<Played> => {
  const stage = await openStage(ground);
  try {
    for (const course of courses) {
      const { caller, seed } = course;
      const { differences } = await runWorld(stage, callerNamed(caller), { seed, requests });
      const [told] = differences;
      if (told !== undefined) return { differs: course, told };
    }
    return {};
  } finally {
    await stage.close();
  }
};
