/**
 * Runs the tests: every `*.test.ts` of the project on one throw-away PostgreSQL.
 * `npm test -- store policy/decide --test-name-pattern=refuses` runs the files whose path contains a word given, and
 * hands every flag (as `--flag=value`) to Node's test runner.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { startTestCluster } from '@affinity/store/testing/cluster.ts';

const root = join(import.meta.dirname, '..');
/** What has been read and compiled once is kept, by its content: each file's test is a process of its own. */
const compiled = join(root, 'node_modules/.cache/affinity-compiled');
const words = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const flags = process.argv.slice(2).filter((argument) => argument.startsWith('-'));
const files = globSync('{packages,apps,affinity,test,bench}/**/*.test.ts', {
  cwd: root,
  exclude: ['**/node_modules/**'],
})
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort();

if (files.length === 0) {
  console.error(`No test file has ${words.join(' or ')} in its path.`);
  process.exitCode = 1;
} else {
  process.exitCode = await runFiles(files);
}

async function runFiles(paths: readonly string[]): Promise<number> {
  const cluster = await startTestCluster();
  try {
    const concurrency = `--test-concurrency=${availableParallelism()}`;
    const child = spawn(process.execPath, ['--test', '--test-reporter=spec', concurrency, ...flags, ...paths], {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, AFFINITY_TEST_DATABASE_URL: cluster.url, NODE_COMPILE_CACHE: compiled },
    });
    // The runner gets the terminal's Ctrl-C itself; a signal sent to this process alone is handed on.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => resolve(code ?? 1));
    });
  } finally {
    await cluster.stop();
  }
}
