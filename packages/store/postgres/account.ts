/**
 * Which operating-system account PostgreSQL runs as: it refuses root, so a server started by root hands its database
 * to an unprivileged account (PostgreSQL 18 documentation, 18.1).
 */
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** An account that is not ours. `name` is for messages only. */
export type Account = { readonly name: string; readonly uid: number; readonly gid: number };

/** Accounts that systems bring, best first. */
const CANDIDATES = ['postgres', '_postgres', 'nobody'];

/**
 * The account to run PostgreSQL as.
 * @param cluster the folder of the cluster; when it exists, its owner stays its owner.
 * @returns undefined when this process is not root: then PostgreSQL runs as this process does.
 * @throws Error when root has no account to give the work to.
 */
export function chooseAccount(cluster: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readAccounts();
  const owner = statSync(cluster, { throwIfNoEntry: false });
  if (owner !== undefined && owner.uid !== 0) {
    const name = accounts.find((account) => account.uid === owner.uid)?.name ?? `uid ${owner.uid}`;
    return { name, uid: owner.uid, gid: owner.gid };
  }
  for (const name of CANDIDATES) {
    const account = accounts.find((candidate) => candidate.name === name && candidate.uid !== 0);
    if (account !== undefined) return account;
  }
  throw new Error(
    `PostgreSQL does not run as root, and this machine has none of the accounts ${CANDIDATES.join(', ')}. ` +
      'Start as another user, or set DATABASE_URL to a PostgreSQL of your own.',
  );
}

function readAccounts(): readonly Account[] {
  const accounts: Account[] = [];
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (name === undefined || uid === undefined || gid === undefined) continue;
    accounts.push({ name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 });
  }
  return accounts;
}

/**
 * Whether an account may read `path` and pass through every folder above it, by the mode bits alone (an access list
 * that would allow more is not looked at: the answer errs towards no).
 */
export function canReach(path: string, account: Account): boolean {
  if (!mayAccess(path, account, 0o4)) return false;
  for (let folder = path; folder !== dirname(folder); ) {
    folder = dirname(folder);
    if (!mayAccess(folder, account, 0o1)) return false;
  }
  return true;
}

function mayAccess(path: string, account: Account, bit: number): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return false;
  const shift = found.uid === account.uid ? 6 : found.gid === account.gid ? 3 : 0;
  return ((found.mode >> shift) & bit) === bit;
}
