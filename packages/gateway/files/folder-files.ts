/**
 * The folders of a sender and the files in them: what is taken is first moved where nobody else looks, what is written stands
 * on the disk before anything else is done. Nothing that is a link is followed. POSIX.1-2024 open, rename, fsync.
 */
import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';

const places = ['inbox', 'work', 'done', 'quarantine'] as const;
export type Place = (typeof places)[number];

/** What a file is known to be at one moment. */
export interface Stamp {
  readonly inode: number;
  readonly size: number;
  readonly changedAt: number;
}
export interface Listed {
  /** in order */
  readonly files: readonly { readonly name: string; readonly stamp: Stamp }[];
  /** links, folders and the like */
  readonly others: number;
}
export type ReadFile =
  | { readonly kind: 'file'; readonly bytes: Buffer; readonly stamp: Stamp }
  | { readonly kind: 'too-large' }
  /** it is gone, or no plain file */
  | { readonly kind: 'none' };

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '';
/** Undefined where the file is not there. */
const unlessGone = async <Result>(work: Promise<Result>): Promise<Result | undefined> => {
  try {
    return await work;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
};
const stampOf = ({ ino, size, mtimeMs }: Stats): Stamp => ({ inode: ino, size, changedAt: mtimeMs });
export const isSame = (one: Stamp, other: Stamp): boolean =>
  one.inode === other.inode && one.size === other.size && one.changedAt === other.changedAt;

/** Names under which senders write what is not whole yet. */
const unfinished = /^\.|\.(tmp|part|partial|filepart|crdownload)$/i;

/** Names of ours have letters and digits of ASCII alone, and are short enough for every file system. */
export const plainName = (name: string): string => name.replace(/[^\w.\- ]/g, '_').slice(0, 120);

export interface FolderFiles {
  list(place: Place): Promise<Listed>;
  names(place: Place): Promise<readonly string[]>;
  /** Moves it where only we look; undefined: somebody else has taken it. */
  claim(name: string): Promise<string | undefined>;
  read(name: string, mostBytes: number): Promise<ReadFile>;
  stamp(name: string): Promise<Stamp | undefined>;
  /** out of `work`; what is gone is done */
  finish(name: string, to: 'done' | 'quarantine', as: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** A whole file or none, on the disk when the promise resolves. */
  write(place: Place, name: string, bytes: Buffer | string): Promise<void>;
}

const syncFolder = async (path: string): Promise<void> => {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** @throws where the folder cannot be used, in words for whoever set it */
export const openFolder = async (root: string): Promise<FolderFiles> => {
  for (const path of [root, ...places.map((place) => join(root, place))]) {
    await mkdir(path, { recursive: true, mode: 0o770 });
    if (!(await lstat(path)).isDirectory()) throw new Error(`${path} is not a folder (links are not followed)`);
  }
  const at = (place: Place, name: string): string => join(root, place, name);
  const list = async (place: Place): Promise<Listed> => {
    const files: { name: string; stamp: Stamp }[] = [];
    let others = 0;
    for (const name of await readdir(join(root, place))) {
      if (unfinished.test(name)) continue;
      const stats = await unlessGone(lstat(at(place, name)));
      if (stats === undefined) continue;
      if (stats.isFile()) files.push({ name, stamp: stampOf(stats) });
      else others += 1;
    }
    return { files: files.sort((a, b) => (a.name < b.name ? -1 : 1)), others };
  };
  // What a crash left half-written has never been of account.
  for (const name of await readdir(join(root, 'quarantine')))
    if (name.startsWith('.new-')) await rm(at('quarantine', name), { force: true });

  return {
    list,
    names: (place) => readdir(join(root, place)),
    async claim(name) {
      const claimed = `${plainName(name)}~${randomBytes(6).toString('hex')}`;
      const moved = await unlessGone(rename(at('inbox', name), at('work', claimed)).then(() => true));
      return moved === undefined ? undefined : claimed;
    },
    async read(name, mostBytes) {
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
      const handle = await unlessGone(open(at('work', name), flags));
      if (handle === undefined) return { kind: 'none' };
      try {
        const before = await handle.stat();
        if (!before.isFile()) return { kind: 'none' };
        if (before.size > mostBytes) return { kind: 'too-large' };
        const bytes = Buffer.alloc(before.size);
        let filled = 0;
        while (filled < bytes.length) {
          const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return { kind: 'file', bytes: bytes.subarray(0, filled), stamp: stampOf(before) };
      } finally {
        await handle.close();
      }
    },
    async stamp(name) {
      const stats = await unlessGone(lstat(at('work', name)));
      return stats?.isFile() === true ? stampOf(stats) : undefined;
    },
    async finish(name, to, as) {
      await unlessGone(rename(at('work', name), at(to, as)));
      await syncFolder(join(root, to));
    },
    async remove(name) {
      await unlessGone(unlink(at('work', name)));
    },
    async write(place, name, bytes) {
      const draft = at(place, `.new-${randomBytes(6).toString('hex')}`);
      const handle = await open(draft, 'wx', 0o660);
      try {
        await handle.writeFile(bytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(draft, at(place, name));
      await syncFolder(join(root, place));
    },
  };
};
