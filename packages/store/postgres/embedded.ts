/**
 * A real PostgreSQL 18 of our own on a private Unix socket, for a domain that was given no database
 * (PostgreSQL 18 documentation, 18.3 and 18.5; docs/decisions/0003-embedded-postgresql.md).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chownSync,
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { type Account, canReach, chooseAccount } from './account.ts';
import { type Binaries, findBinaries } from './binaries.ts';
import { lockDirectory } from './directory-lock.ts';
import { isReady, stopOrphans } from './orphan.ts';
import { serverArguments } from './settings.ts';

/** How to start. */
export type EmbeddedOptions = {
  /** The folder that holds the cluster; made when absent. One process at a time. */
  readonly directory: string;
  /** Told when the server ends by itself, with the end of its log. Never called for `stop`. */
  readonly onUnexpectedExit?: (message: string) => void;
  /** Turns fsync off: fast, and a crash of the machine destroys the cluster. For throw-away databases only. */
  readonly dangerouslyLoseDataInACrash?: boolean;
  /** Milliseconds to wait for the server to take connections (a recovery after a crash counts). 60,000 by default. */
  readonly startTimeout?: number;
};

/** A running server. */
export type Embedded = {
  /** Connects as the role `affinity`, owner of the database `affinity` and no superuser. */
  readonly url: string;
  /** Connects as the superuser to the database `postgres`: for backup and test databases, not for serving. */
  readonly administratorUrl: string;
  /** The process number of the postmaster. */
  readonly pid: number;
  /** Shuts down in good order (open transactions are rolled back) and gives the directory free. May be called twice. */
  stop(): Promise<void>;
};

/** What every step of a start needs. */
type Place = {
  readonly directory: string;
  readonly cluster: string;
  readonly account: Account | undefined;
  readonly binaries: Binaries;
};

const MAJOR_VERSION = '18';
const SOCKET_PATH_LIMIT = 107; // sockaddr_un, the least of the systems that we run on less its final zero
const PATIENCE_AT_STOP = 30_000;

/**
 * Starts PostgreSQL on `directory`, making the cluster first where there is none. What a killed process left running
 * there is stopped first.
 * @throws Error with what to do when the directory is in use, the binaries are missing or the server does not start.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  mkdirSync(options.directory, { recursive: true });
  const directory = realpathSync(options.directory);
  const lock = lockDirectory(directory);
  let sockets: string | undefined;
  const tidy = (): void => {
    if (sockets !== undefined) rmSync(sockets, { recursive: true, force: true });
    lock.release();
  };
  try {
    const cluster = join(directory, 'cluster');
    const account = chooseAccount(cluster);
    const place = { directory, cluster, account, binaries: findBinaries(account, [directory, tmpdir(), '/tmp']) };
    if (lock.leftBehind !== undefined) rmSync(lock.leftBehind, { recursive: true, force: true });
    await stopOrphans(cluster);
    if (!existsSync(cluster)) await initialize(place);
    refuseOtherVersion(cluster);
    sockets = makeSocketFolder(account);
    lock.note(sockets);
    const server = launch(place, sockets, options);
    const administratorUrl = connectionUrl('postgres', sockets, 'postgres');
    try {
      await untilReady(place, server, options.startTimeout ?? 60_000);
      await ensureDatabase(administratorUrl);
    } catch (error) {
      await server.stop();
      throw error;
    }
    const stop = async (): Promise<void> => {
      await server.stop();
      tidy();
    };
    let stopping: Promise<void> | undefined;
    return {
      url: connectionUrl('affinity', sockets, 'affinity'),
      administratorUrl,
      pid: server.pid,
      stop: () => {
        stopping ??= stop();
        return stopping;
      },
    };
  } catch (error) {
    tidy();
    throw error;
  }
}

/** The whole connection is in the URL: `postgresql://user@%2Ffolder%2Fof%2Fsocket/database`. */
function connectionUrl(user: string, sockets: string, database: string): string {
  return `postgresql://${user}@${encodeURIComponent(sockets)}/${database}`;
}

/** The folder of the socket is the key to the database: only its account (and root) may enter it. */
function makeSocketFolder(account: Account | undefined): string {
  const fits = (folder: string): boolean =>
    Buffer.byteLength(`${folder}/affinity-XXXXXX/.s.PGSQL.5432`) <= SOCKET_PATH_LIMIT;
  const parent = [tmpdir(), '/tmp'].find((folder) => fits(folder) && (!account || canReach(folder, account)));
  if (parent === undefined) throw new Error(`No folder for the database's socket: ${tmpdir()} is too long a path.`);
  const folder = mkdtempSync(join(parent, 'affinity-'));
  if (account) chownSync(folder, account.uid, account.gid);
  return folder;
}

/**
 * How PostgreSQL names its cluster. As another account it goes by its working directory, which it may enter even where
 * a folder above is closed to it (a project below /root), and which holds before and after it changes into it.
 */
function clusterName(place: Place, cluster: string): string {
  return place.account && process.platform === 'linux' ? '/proc/self/cwd' : cluster;
}

function spawnProgram(place: Place, program: string, args: readonly string[], cwd: string, log: number): ChildProcess {
  const account = place.account && { uid: place.account.uid, gid: place.account.gid };
  return spawn(join(place.binaries.root, 'bin', program), args, {
    ...account,
    cwd,
    stdio: ['ignore', log, log],
    detached: true, // out of the terminal's process group: Ctrl-C is ours to answer, in our order
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC', ...place.binaries.environment },
  });
}

/** initdb into a folder beside, renamed when whole: a start that is killed half-way leaves nothing half-made. */
async function initialize(place: Place): Promise<void> {
  const draft = `${place.cluster}.new`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  if (place.account) chownSync(draft, place.account.uid, place.account.gid);
  const args = ['-D', clusterName(place, draft), '-U', 'postgres', '--auth-local=trust', '--auth-host=reject'];
  args.push('--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8');
  args.push('--data-checksums', '--no-instructions', '-c', 'max_connections=100', '-c', 'shared_buffers=64MB');
  const log = openLog(place);
  const child = spawnProgram(place, 'initdb', args, draft, log);
  closeSync(log);
  const ended = await ending(child);
  if (ended !== 'code 0') throw new Error(`PostgreSQL's initdb failed (${ended}) in ${draft}:\n${logTail(place)}`);
  renameSync(draft, place.cluster);
}

function refuseOtherVersion(cluster: string): void {
  const version = readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim();
  if (version === MAJOR_VERSION) return;
  throw new Error(
    `${cluster} was written by PostgreSQL ${version}, and this is PostgreSQL ${MAJOR_VERSION}. ` +
      'Dump it with that version and restore it into a new directory.',
  );
}

type Server = { readonly pid: number; readonly ended: () => string | undefined; stop(): Promise<void> };

function launch(place: Place, sockets: string, options: EmbeddedOptions): Server {
  const args = serverArguments(
    clusterName(place, place.cluster),
    sockets,
    options.dangerouslyLoseDataInACrash === true,
  );
  const log = openLog(place);
  const child = spawnProgram(place, 'postgres', args, place.cluster, log);
  closeSync(log);
  const guard = child.pid === undefined ? undefined : spawnGuard(place, child.pid);
  let result: string | undefined;
  let stopping = false;
  const end = ending(child).then((how) => {
    result = how;
    guard?.kill('SIGKILL'); // before its postmaster's number can belong to another process
    if (!stopping) options.onUnexpectedExit?.(`PostgreSQL ended by itself (${how}):\n${logTail(place)}`);
  });
  child.unref(); // a server that nobody waits for does not keep its process alive
  return {
    pid: child.pid ?? 0,
    ended: () => result,
    stop: async () => {
      stopping = true;
      child.ref();
      child.kill('SIGINT');
      const impatience = setTimeout(() => child.kill('SIGQUIT'), PATIENCE_AT_STOP);
      await end;
      clearTimeout(impatience);
    },
  };
}

/** A shell that waits for the end of this process, kill -9 included, and then shuts the database down in good order. */
function spawnGuard(place: Place, postmaster: number): ChildProcess {
  const account = place.account && { uid: place.account.uid, gid: place.account.gid };
  const guard = spawn('/bin/sh', ['-c', 'read -r _; kill -INT "$0"', String(postmaster)], {
    ...account,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: {},
  });
  guard.on('error', () => {}); // no shell: the next start stops what was left running
  guard.stdin?.on('error', () => {});
  guard.unref();
  if (guard.stdin && 'unref' in guard.stdin && typeof guard.stdin.unref === 'function') guard.stdin.unref();
  return guard;
}

/** @returns `code 0`, `signal SIGKILL`, or why the program could not be run. */
function ending(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal === null ? `code ${code}` : `signal ${signal}`));
  });
}

async function untilReady(place: Place, server: Server, timeout: number): Promise<void> {
  for (const started = Date.now(); !isReady(place.cluster, server.pid); await delay(5)) {
    const ended = server.ended();
    if (ended !== undefined)
      throw new Error(`PostgreSQL did not start (${ended}) on ${place.cluster}:\n${logTail(place)}`);
    if (Date.now() - started > timeout)
      throw new Error(`PostgreSQL on ${place.cluster} was not ready in ${timeout} ms.`);
  }
}

/** The serving role is no superuser, so that a fault in a statement reaches neither files nor programs. */
async function ensureDatabase(administratorUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: administratorUrl });
  client.on('error', () => {}); // the statement under way reports it
  await client.connect();
  try {
    const { rows } = await client.query(
      "select exists (select from pg_roles where rolname = 'affinity') as role, " +
        "exists (select from pg_database where datname = 'affinity') as database",
    );
    if (!rows[0].role) await client.query('create role affinity login');
    if (!rows[0].database) await client.query('create database affinity owner affinity');
  } finally {
    await client.end();
  }
}

const LOG_LIMIT = 1024 * 1024;

/** Opened by us and inherited, so that PostgreSQL needs no rights on it; begun anew when it has grown large. */
function openLog(place: Place): number {
  const path = join(place.directory, 'postgresql.log');
  const log = openSync(path, 'a', 0o600);
  if (fstatSync(log).size <= LOG_LIMIT) return log;
  closeSync(log);
  renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}

function logTail(place: Place): string {
  return readFileSync(join(place.directory, 'postgresql.log'), 'utf8').trimEnd().split('\n').slice(-8).join('\n');
}
