#!/usr/bin/env node
/**
 * The command `affinity`, startable under any Node from 14.18 on: finds a Node that runs TypeScript as it is, and
 * continues there. `--run FILE` runs a file of the project instead of the command line.
 */
import { spawn } from 'node:child_process';
import module, { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const LEAST_MAJOR = 24;
const self = fileURLToPath(import.meta.url);
const [first, file, ...rest] = process.argv.slice(2);

if (majorOf(process.versions.node) >= LEAST_MAJOR) {
  keepCompiled();
  endWithWrapper();
  if (first === '--run' && file !== undefined) {
    const target = resolve(file);
    process.argv = [process.argv[0], target, ...rest];
    await import(pathToFileURL(target).href);
  } else {
    await import('./main.ts');
  }
} else {
  continueOn(findNode());
}

function majorOf(version) {
  return Number(version.split('.')[0]);
}

/** The Node that npm brought as an optional dependency, if it is new enough. */
function findNode() {
  try {
    const description = createRequire(self).resolve(`node-${process.platform}-${process.arch}/package.json`);
    const { version } = createRequire(self)(description);
    return majorOf(version) >= LEAST_MAJOR ? join(dirname(description), 'bin', 'node') : undefined;
  } catch {
    return undefined;
  }
}

/** Same arguments, same terminal; signals go down, the exit code or the deadly signal comes back up. */
function continueOn(node) {
  if (node === undefined) {
    fail(
      `Affinity needs Node.js ${LEAST_MAJOR} or newer; this is ${process.version}, and the package ` +
        `node-${process.platform}-${process.arch} is not installed. Run "npm ci" with optional dependencies, or ` +
        `install Node.js ${LEAST_MAJOR} from https://nodejs.org.`,
    );
    return;
  }
  const child = spawn(node, [...process.execArgv, self, ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => fail(`Node.js at ${node} cannot be run: ${error.message}`));
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    for (const handled of signals) process.removeAllListeners(handled);
    process.kill(process.pid, signal);
  });
}

/**
 * What has been compiled once is kept beside the code, for whoever may write there: two thirds of a start are spent on
 * that. The processes that we start keep theirs there, too. (Node.js 24 documentation, module compile cache.)
 */
function keepCompiled() {
  process.env.NODE_COMPILE_CACHE ??= join(dirname(self), '..', 'node_modules', '.cache', 'affinity-compiled');
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
}

/** The channel to the process that started us closes when that is killed: then we end too, not hold its port and data. */
function endWithWrapper() {
  if (process.channel === undefined) return;
  process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.channel.unref();
}

function fail(message) {
  console.error(message);
  process.exitCode = 1;
}
