/**
 * Runs the trials against real servers of others: `npm run interop`. `npm run interop -- serve 8090` starts the HAPI server
 * alone, in the foreground. Says plainly what is missing on this machine, and passes then.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { startTestCluster } from '@affinity/store/testing/cluster.ts';
import { buildHapi, missingTools, startHapi } from './hapi/hapi-server.ts';

const [first, second] = process.argv.slice(2);
const missing = missingTools();

if (missing !== undefined) console.log(`The trials with HAPI are left out: ${missing}.`);
else {
  console.log('Building the HAPI server, where it is not built yet …');
  buildHapi();
  if (first === 'serve') await serve(Number(second ?? 8090));
  else process.exitCode = await runTrials();
}

async function serve(port: number): Promise<void> {
  const hapi = await startHapi(port);
  console.log(`HAPI answers at ${hapi.url}. Ctrl-C ends it, and its records with it.`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void hapi.stop());
}

async function runTrials(): Promise<number> {
  const cluster = await startTestCluster();
  const files = globSync('*/**/*.test.ts', { cwd: import.meta.dirname, exclude: ['**/target/**'] });
  try {
    const child = spawn(
      process.execPath,
      ['--test', '--test-reporter=spec', ...files.map((file) => join(import.meta.dirname, file))],
      { stdio: 'inherit', env: { ...process.env, AFFINITY_TEST_DATABASE_URL: cluster.url } },
    );
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => resolve(code ?? 1));
    });
  } finally {
    await cluster.stop();
  }
}
