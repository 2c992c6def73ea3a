/** A program that plays the worlds it is told to on two databases of its own, until one differs, and tells which. */
import { testDatabaseOn } from '@affinity/store/testing/template-database.ts';
import type { Play, Played } from './mutation-play.ts';
import { openStage } from './stage.ts';
import { callerNamed, runWorld } from './world-run.ts';

const requests = 50;

const playAll = async ({ url, courses }: Play): Promise<Played> => {
  const databases = [await testDatabaseOn(url), await testDatabaseOn(url)] as const;
  const stage = await openStage([databases[0].url, databases[1].url]);
  try {
    for (const course of courses) {
      const { caller, seed } = course;
      const { differences } = await runWorld(stage, callerNamed(caller), { seed, requests, counted: false });
      const [told] = differences;
      if (told !== undefined) return { differs: course, told };
    }
    return {};
  } finally {
    await stage.close();
    for (const database of databases) await database.close();
  }
};

process.once('message', (order: Play) => {
  void playAll(order).then((played) => process.send?.(played, () => process.disconnect()));
});
