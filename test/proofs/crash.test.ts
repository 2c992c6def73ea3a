/** The crash proof, short; `npm run proof:crash` is its full length. */
import { test } from 'node:test';
import { proveCrash } from './crash.ts';

test('kill -9 under load: no acknowledged write is lost, every answered request has its audit record', async (t) => {
  await proveCrash(2, (text) => t.diagnostic(text));
});
