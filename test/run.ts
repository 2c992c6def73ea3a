/**
 * Runs the tests: every `*.test.ts` of the project on one throw-away PostgreSQL.
 * `npm test -- store policy/decide --test-name-pattern=refuses` runs the files whose path contains a word given, and
 * hands every flag (as `--flag=value`) to Node's test runner.
 */
import { spawn } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startTestCluster } from '@affinity/store/testing/cluster.ts';
import { batchesOf } from './batches.ts';

const root = join(import.meta.dirname, '..');
const cache = join(root, 'node_modules/.cache');
/** What has been read and compiled once is kept, by its content, for all the processes. */
const compiled = join(cache, 'affinity-compiled');
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

/** For each process one module that loads its files. Node runs them by name, which says the order. */
function writeBatches(directory: string, paths: readonly string[]): readonly string[] {
  return batchesOf(root, paths).map((batch, at) => {
    const written = join(directory, `${String(at).padStart(4, '0')}.test.mjs`);
    const lines = batch.map((file) => `await import(${JSON.stringify(pathToFileURL(join(root, file)).href)});\n`);
    writeFileSync(written, lines.join(''));
    return written;
  });
}

async function runFiles(paths: readonly string[]): Promise<number> {
  mkdirSync(cache, { recursive: true });
  const directory = mkdtempSync(join(cache, 'affinity-tests-'));
  const cluster = await startTestCluster();
  /** What is made by the first test that needs it, and copied by the others. */
  const shared = mkdtempSync(join(tmpdir(), 'affinity-tests-'));
  try {
    const batches = writeBatches(directory, paths);
    // One more than the cores: what waits for a browser or for a server that starts leaves a core to another.
    const concurrency = `--test-concurrency=${availableParallelism() + 1}`;
    const child = spawn(process.execPath, ['--test', '--test-reporter=spec', concurrency, ...flags, ...batches], {
      cwd: root,
      stdio: 'inherit',
      env: {
        ...process.env,
        AFFINITY_TEST_DATABASE_URL: cluster.url,
        AFFINITY_TEST_DIRECTORY: shared,
        NODE_COMPILE_CACHE: compiled,
      },
    });
    // The runner gets the terminal's Ctrl-C itself; a signal sent to this process alone is handed on.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => resolve(code ?? 1));
    });
  } finally {
    await cluster.stop();
    for (const made of [directory, shared]) rmSync(made, { recursive: true });
  }
}
