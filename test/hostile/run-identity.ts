/** `npm run proof:identity [-- WORLDS [SEED]]`: 200 worlds of the identity server, 60 requests each, unless said otherwise. */
import { defaultMatching } from '@affinity/identity/matching/default-settings.ts';
import { createMatcher } from '@affinity/identity/matching/matcher.ts';
import { openIdentityServer } from '@affinity/identity/testing/identity-server.ts';
import { startTestCluster } from '@affinity/store/testing/cluster.ts';
import { askers, proveIdentities } from './identity-interference.ts';

const given = process.argv.slice(2).map(Number);
const [worlds = 200, first = Date.now() % 1_000_000] = given;
/** After so many worlds on new servers, because servers keep what was put in. */
const onOne = 20;

const cluster = await startTestCluster();
process.env.AFFINITY_TEST_DATABASE_URL = cluster.url;

const ending: (() => Promise<void>)[] = [];
const open = () =>
  openIdentityServer(
    { after: (work) => void ending.push(work) },
    { perMinute: 1_000_000, matcher: createMatcher(defaultMatching) },
  );
let differ = 0;
for (let from = 0; from < worlds; from += onOne) {
  for (const asker of askers) {
    const sides = [await open(), await open()] as const;
    for (let world = from; world < Math.min(from + onOne, worlds); world += askers.length) {
      try {
        await proveIdentities(sides, asker, { seed: first + world, requests: 60 });
      } catch (error) {
        differ += 1;
        console.error(`${asker.name}: ${error instanceof Error ? error.message : error}`);
        break;
      }
    }
    for (const end of ending.splice(0).reverse()) await end();
  }
  console.log(`${Math.min(from + onOne, worlds)} of ${worlds} worlds from seed ${first}, ${differ} differ`);
}
await cluster.stop();
process.exitCode = differ === 0 ? 0 : 1;
