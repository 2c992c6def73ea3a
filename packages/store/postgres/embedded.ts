/**
 * A real PostgreSQL 18 of our own on a private Unix socket, for a domain that was given no database
 * (PostgreSQL 18 documentation, 18.3 and 18.5; docs/decisions/0003-embedded-postgresql.md).
 */
import { chownSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import pg from 'pg';
import { type Account, canReach, chooseAccount } from './account.ts';
import { findBinaries } from './binaries.ts';
import { lockDirectory } from './directory-lock.ts';
import { initialize, refuseOtherVersion } from './initialize.ts';
import { stopOrphans } from './orphan.ts';
import { launchPostmaster, untilReady } from './postmaster.ts';
import { clusterName, logTail } from './program.ts';
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
  /** Milliseconds to wait for another process to give the directory free, so that a restart may overlap; 2,000 by default. */
  readonly lockPatience?: number;
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

const SOCKET_FOLDER = 'affinity-socket-';
const SOCKET_PATH_LIMIT = 103; // bytes before the final zero of sun_path: 104 with it on macOS, 108 on Linux
/**
 * Starts PostgreSQL on `directory`, making the cluster first where there is none. What a killed process left running
 * there is stopped first.
 * @throws Error with what to do when the directory is in use, the binaries are missing or the server does not start.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  mkdirSync(options.directory, { recursive: true });
  const directory = realpathSync(options.directory);
  const lock = await lockDirectory(directory, options.lockPatience ?? 2_000);
  let sockets: string | undefined;
  const tidy = (): void => {
    removeSocketFolder(sockets);
    lock.release();
  };
  try {
    removeSocketFolder(lock.leftBehind);
    const cluster = join(directory, 'cluster');
    const account = chooseAccount(cluster);
    const place = { directory, cluster, account, binaries: findBinaries(account, [directory, tmpdir(), '/tmp']) };
    await stopOrphans(cluster);
    if (!existsSync(cluster)) await initialize(place);
    refuseOtherVersion(cluster);
    sockets = makeSocketFolder(account);
    lock.note(sockets);
    const unsafe = options.dangerouslyLoseDataInACrash === true;
    const postmaster = launchPostmaster(place, serverArguments(clusterName(place, cluster), sockets, unsafe));
    const administratorUrl = connectionUrl('postgres', sockets, 'postgres');
    try {
      await untilReady(place, postmaster, options.startTimeout ?? 60_000);
      await ensureDatabase(administratorUrl);
    } catch (error) {
      await postmaster.stop();
      throw error;
    }
    let stopping: Promise<void> | undefined;
    void postmaster.end.then((how) => {
      if (stopping === undefined) options.onUnexpectedExit?.(`PostgreSQL ended by itself (${how}):\n${logTail(place)}`);
    });
    return {
      url: connectionUrl('affinity', sockets, 'affinity'),
      administratorUrl,
      pid: postmaster.pid,
      stop: () => {
        stopping ??= postmaster.stop().then(tidy);
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
    Buffer.byteLength(`${folder}/${SOCKET_FOLDER}XXXXXX/.s.PGSQL.5432`) <= SOCKET_PATH_LIMIT;
  const parent = [tmpdir(), '/tmp'].find((folder) => fits(folder) && (!account || canReach(folder, account)));
  if (parent === undefined) throw new Error(`No folder for the database's socket: ${tmpdir()} is too long a path.`);
  const folder = mkdtempSync(join(parent, SOCKET_FOLDER));
  if (account) chownSync(folder, account.uid, account.gid);
  return folder;
}

/** @param folder as `makeSocketFolder` made it; nothing else is ever removed. */
function removeSocketFolder(folder: string | undefined): void {
  if (folder === undefined || !basename(folder).startsWith(SOCKET_FOLDER)) return;
  rmSync(folder, { recursive: true, force: true });
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
