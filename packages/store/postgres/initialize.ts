/** A new cluster on disk, and the refusal of one that another version wrote (PostgreSQL 18 documentation, 18.2, 18.6). */
import { chownSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { clusterName, ending, logTail, type Place, spawnProgram } from './program.ts';

const MAJOR_VERSION = '18';
/** initdb into a folder beside, renamed when whole: a start that is killed half-way leaves nothing half-made. */
export async function initialize(place: Place): Promise<void> {
  const draft = `${place.cluster}.new`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  if (place.account) chownSync(draft, place.account.uid, place.account.gid);
  const args = ['-D', clusterName(place, draft), '-U', 'postgres', '--auth-local=trust', '--auth-host=reject'];
  args.push('--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8');
  args.push('--data-checksums', '--no-instructions', '-c', 'max_connections=100', '-c', 'shared_buffers=64MB');
  const ended = await ending(spawnProgram(place, 'initdb', args, draft));
  if (ended !== 'code 0') throw new Error(`PostgreSQL's initdb failed (${ended}) in ${draft}:\n${logTail(place)}`);
  renameSync(draft, place.cluster);
}

/** @throws Error when `cluster` is of another major version. */
export function refuseOtherVersion(cluster: string): void {
  const version = readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim();
  if (version === MAJOR_VERSION) return;
  throw new Error(
    `${cluster} was written by PostgreSQL ${version}, and this is PostgreSQL ${MAJOR_VERSION}. ` +
      'Dump it with that version and restore it into a new directory.',
  );
}
