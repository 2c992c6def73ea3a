/** The whole domain as a person starts it: the command, in a process of its own, on a free port and its own data. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { giveDemonstration, usualPatients } from './demonstration.ts';

const bin = resolve(import.meta.dirname, '../../affinity/bin.mjs');

export interface Domain {
  readonly origin: string;
  readonly directory: string;
  /** everything that the process printed so far */
  readonly output: () => string;
  readonly process: ChildProcess;
  /** @returns the exit code, or the deadly signal */
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
}

export interface DomainOptions {
  /** kept by the caller for a restart; without it, a fresh one that `remove` deletes */
  readonly directory?: string;
  readonly port?: number;
  readonly yaml?: string;
  /** true: on an empty directory, as the first start of all; else the demonstration may stand there already */
  readonly empty?: boolean;
  /** `start` unless told */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export const freePort = (): Promise<number> =>
  new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null ? done(address.port) : fail(new Error('no port')),
      );
    });
  });

export const makeDirectory = (): string => mkdtempSync(join(tmpdir(), 'affinity-domain-'));
export const removeDirectory = (directory: string): void => rmSync(directory, { recursive: true, force: true });

/** Starts the domain and waits until it says that it is ready. @throws Error with its output when it does not */
export const startDomain = async (options: DomainOptions = {}): Promise<Domain> => {
  const directory = options.directory ?? makeDirectory();
  const port = options.port ?? (await freePort());
  if (beginsAsUsual(options)) await giveDemonstration(join(directory, 'data'));
  if (options.yaml !== undefined) writeFileSync(join(directory, 'affinity.yaml'), options.yaml);
  const child = spawn(process.execPath, [bin, ...(options.args ?? ['start'])], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...cleanEnvironment(),
      AFFINITY_PORT: String(port),
      AFFINITY_DEMO_PATIENTS: String(usualPatients),
      ...options.env,
    },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  const ended = new Promise<number | NodeJS.Signals | null>((done) =>
    child.once('exit', (code, signal) => done(code ?? signal)),
  );
  const origin = `http://localhost:${port}`;
  for (let attempt = 0; ; attempt++) {
    if (child.exitCode !== null || attempt > 4_800) throw new Error(`The domain did not start:\n${output}`);
    const ready = await fetch(`${origin}/health/ready`).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) break;
    await new Promise((done) => setTimeout(done, 50));
  }
  return {
    origin,
    directory,
    output: () => output,
    process: child,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
  };
};

/** With a database of its own and the usual demonstration. */
const beginsAsUsual = ({ empty = false, args, env = {} }: DomainOptions): boolean =>
  !empty &&
  args === undefined &&
  !Object.keys(env).some((name) => /^(DATABASE_URL|AFFINITY_(DATA|DEMO\w*))$/.test(name));

/** Ours without what would steer the domain under test. */
const cleanEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(AFFINITY_|DATABASE_URL|REDIS_URL|NODE_TEST)/.test(name)),
  );

/** A command beside the domain that runs, as an administrator does it. @throws Error with what it said when it does not end well */
export const runCommand = (
  { origin, directory }: Pick<Domain, 'origin' | 'directory'>,
  args: readonly string[],
  { input = '', env = {} }: { readonly input?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<string> =>
  new Promise((done, fail) => {
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: directory,
      env: { ...cleanEnvironment(), AFFINITY_PORT: new URL(origin).port, ...env },
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk));
    child.stdin.end(input);
    child.once('exit', (code) =>
      code === 0 ? done(said) : fail(new Error(`${args.join(' ')} ended with ${code}:\n${said}`)),
    );
  });
