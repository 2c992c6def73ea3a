/**
 * A folder that is watched: what is put in its inbox is applied once and kept, by one process at a time.
 * docs/decisions/0030-records-from-files.md; docs/guides/connect-files.md.
 */
import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import type { PoolClient } from 'pg';
import { type FolderFiles, isSame, openFolder, type Stamp } from './folder-files.ts';
import { type FileSettings, type TakenFile, takeFile } from './take-file.ts';
import { defaultFileLimits, type FileLimits, type Taking } from './taking.ts';

export interface FolderSettings extends FileSettings {
  /** what becomes of a file that was taken; kept unless told */
  readonly done?: 'keep' | 'remove';
  /** how long a file must not have changed before it is taken */
  readonly settleMilliseconds?: number;
  /** how often the folder is looked at, whether or not the system says that something has changed */
  readonly everyMilliseconds?: number;
  readonly limits?: Partial<FileLimits>;
}
export interface FolderHealth {
  /** `waiting`: another process has the folder; `failing`: the last look ended in an error */
  readonly state: 'working' | 'waiting' | 'failing' | 'stopped';
  /** files that are there and not taken yet */
  readonly pending: number;
  /** links and folders in the inbox, which are never taken */
  readonly ignored: number;
  /** files in quarantine, without the reasons */
  readonly quarantined: number;
  /** instant of the last file that was taken */
  readonly lastTaken?: string;
}
export interface FolderOptions extends Omit<Taking, 'now'> {
  /** its path: `inbox`, `work`, `done` and `quarantine` are in it */
  readonly folder: string;
  readonly settings: FolderSettings;
  /** for operators: an event, and numbers */
  readonly log?: (event: string, details: Readonly<Record<string, string | number>>) => void;
  /** for metrics */
  readonly report?: (taken: TakenFile) => void;
  readonly now?: () => number;
}
export interface Folder {
  /** Looks until nothing is left that can be taken. */
  look(): Promise<void>;
  close(): Promise<void>;
  health(): FolderHealth;
}

const defaults = { settleMilliseconds: 2000, everyMilliseconds: 5000 };

/** One process at a time has the folder: others would only do the same again. */
const createTurn = ({ pool, server, folder }: Pick<FolderOptions, 'pool' | 'server' | 'folder'>) => {
  let held: PoolClient | undefined;
  const drop = (): void => {
    held?.release(true);
    held = undefined;
  };
  return {
    async hold(): Promise<boolean> {
      if (held !== undefined) {
        try {
          await held.query('select 1');
          return true;
        } catch {
          drop();
        }
      }
      const client = await pool.connect();
      try {
        const { rows } = await client.query<{ readonly got: boolean }>(
          'select pg_try_advisory_lock(hashtextextended($1, 0)) as got',
          [`file folder ${server} ${folder}`],
        );
        if (rows[0]?.got === true) {
          // A client in use tells its end as an event too; without a listener that would end the process.
          client.on('error', () => {});
          held = client;
          return true;
        }
      } catch (error) {
        client.release(true);
        throw error;
      }
      client.release();
      return false;
    },
    /** The connection is closed, and the lock with it. */
    end: drop,
  };
};

export const createFolder = async (options: FolderOptions): Promise<Folder> => {
  const { pool, server, folder, settings, log = () => {}, report = () => {}, now = Date.now } = options;
  const limits = { ...defaultFileLimits, ...settings.limits };
  const settle = settings.settleMilliseconds ?? defaults.settleMilliseconds;
  const files: FolderFiles = await openFolder(folder);
  const turn = createTurn(options);
  const seen = new Map<string, { readonly stamp: Stamp; readonly since: number }>();
  let goes = true;
  let health: FolderHealth = { state: 'working', pending: 0, ignored: 0, quarantined: 0 };

  /** Files of the inbox that have not changed for long enough, in order. */
  const settled = async (): Promise<readonly string[]> => {
    const { files: found, others } = await files.list('inbox');
    const names = new Set(found.map(({ name }) => name));
    for (const name of seen.keys()) if (!names.has(name)) seen.delete(name);
    health = { ...health, pending: found.length, ignored: others };
    return found.flatMap(({ name, stamp }) => {
      const before = seen.get(name);
      const since = before !== undefined && isSame(before.stamp, stamp) ? before.since : now();
      seen.set(name, { stamp, since });
      return now() - since >= settle ? [name] : [];
    });
  };

  const take = async (work: string): Promise<void> => {
    const taking = { pool, server, now };
    const around = { taking, files, settings, limits, done: settings.done ?? 'keep', goesOn: () => goes } as const;
    const taken = await takeFile(work, around);
    if (taken === undefined) return;
    health = { ...health, lastTaken: new Date(now()).toISOString() };
    report(taken);
    const { kind, ...counts } = taken;
    log(taken.refused > 0 ? 'a file was taken, and something of it is in quarantine' : 'a file was taken', {
      kind,
      ...counts,
    });
  };

  /** A file that cannot be read or moved stands in nobody's way; where the database is gone, all of them wait. */
  const isOfFile = (error: unknown): boolean => typeof error === 'object' && error !== null && 'path' in error;

  const lookOnce = async (): Promise<void> => {
    if (!(await turn.hold())) {
      health = { ...health, state: 'waiting' };
      return;
    }
    let fault: unknown;
    const each = async (work: () => Promise<void>): Promise<void> => {
      try {
        await work();
      } catch (error) {
        if (!isOfFile(error)) throw error;
        fault = error;
      }
    };
    // What an earlier process had begun comes first.
    for (const { name } of (await files.list('work')).files) if (goes) await each(() => take(name));
    for (const name of await settled()) {
      if (!goes || !(await turn.hold())) break;
      await each(async () => {
        const work = await files.claim(name);
        seen.delete(name);
        if (work !== undefined) await take(work);
      });
    }
    const [inbox, work, kept] = await Promise.all([files.list('inbox'), files.list('work'), files.names('quarantine')]);
    const quarantined = kept.filter((name) => name.endsWith('.rejected')).length;
    health = { ...health, state: 'working', pending: inbox.files.length + work.files.length, quarantined };
    if (fault !== undefined) throw fault;
  };

  let looking: Promise<void> | undefined;
  const look = (): Promise<void> => {
    looking ??= lookOnce()
      .catch((error: unknown) => {
        health = { ...health, state: 'failing' };
        const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
        log('a folder could not be looked at, and will be again', { code });
      })
      .finally(() => {
        looking = undefined;
      });
    return looking;
  };
  return {
    look: () => (goes ? look() : Promise.resolve()),
    async close() {
      goes = false;
      await looking;
      turn.end();
      health = { ...health, state: 'stopped' };
    },
    health: () => health,
  };
};

export interface WatchedFolder {
  readonly start: () => Promise<void>;
  readonly close: () => Promise<void>;
  readonly health: () => FolderHealth;
}

/** A watch misses things, ends, and is not to be had everywhere: the folder is looked at all the same. */
const watchInbox = (path: string, changed: () => void): FSWatcher | undefined => {
  try {
    const watcher = watch(path, { persistent: false }, changed);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
};

export const watchFolder = (options: FolderOptions): WatchedFolder => {
  const { settings, folder: path } = options;
  const every = settings.everyMilliseconds ?? defaults.everyMilliseconds;
  const settle = settings.settleMilliseconds ?? defaults.settleMilliseconds;
  let folder: Folder | undefined;
  let stop: (() => void) | undefined;
  return {
    async start() {
      const opened = await createFolder(options);
      folder = opened;
      const look = (): void => void opened.look();
      let soon: NodeJS.Timeout | undefined;
      const later = (): void => {
        look();
        clearTimeout(soon);
        soon = setTimeout(look, settle + 50);
      };
      const timer = setInterval(look, every);
      const watcher = watchInbox(join(path, 'inbox'), later);
      stop = () => {
        clearInterval(timer);
        clearTimeout(soon);
        watcher?.close();
      };
      look();
    },
    async close() {
      stop?.();
      await folder?.close();
    },
    health: () => folder?.health() ?? { state: 'stopped', pending: 0, ignored: 0, quarantined: 0 },
  };
};
