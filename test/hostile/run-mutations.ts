/**
 * `npm run proof:mutations [-- NAME …]`: breaks each rule and each path in turn and shows that the proof of non-interference
 * notices; the same worlds are played unbroken, and must be equal. `--search` looks for a world that notices, where the
 * remembered one does not.
 */
import { startTestCluster } from '@affinity/store/testing/cluster.ts';
import { testDatabaseOn } from '@affinity/store/testing/template-database.ts';
import { coursesOf, differingUnbroken, type Ground, searchFor, unnoticed } from './mutation-play.ts';
import { mutations } from './mutations.ts';

const words = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const chosen = mutations.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
const cluster = await startTestCluster();
const began = performance.now();
try {
  const ground: Ground = [(await testDatabaseOn(cluster.url)).url, (await testDatabaseOn(cluster.url)).url];
  if (process.argv.includes('--search')) {
    for (const mutation of chosen) {
      const found = await searchFor(ground, mutation).catch((error: unknown) => String(error));
      console.log(`${mutation.name}: ${found === undefined ? 'NOT NOTICED' : JSON.stringify(found)}`);
      if (typeof found !== 'object') process.exitCode = 1;
    }
  } else {
    const faults = [...(await differingUnbroken(ground, coursesOf(chosen))), ...(await unnoticed(ground, chosen))];
    for (const fault of faults) console.error(fault);
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(`${chosen.length} mutations, ${faults.length} faults, ${seconds} s`);
    process.exitCode = faults.length === 0 ? 0 : 1;
  }
} finally {
  await cluster.stop();
}
