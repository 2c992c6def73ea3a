/** `affinity check`: are the settings sound, is the database reachable, is the audit log whole? */
import { verifyAuditLog } from '@affinity/store/audit-verification.ts';
import { openDatabase } from '../database.ts';
import { describeFault } from './audit.ts';
import type { CommandInput } from './command.ts';

export const check = async ({ config, log, print }: CommandInput): Promise<number> => {
  print(`Settings: sound. Origin ${config.origin}.`);
  const database = await openDatabase(config, { log, join: true, onLost: (message) => log(message) });
  try {
    print(`Database: ${database.description}, migrated.`);
    const result = await verifyAuditLog(database.pool);
    if (result.kind === 'broken') {
      print('Audit log: BROKEN. `npx affinity audit verify` says more.');
      for (const fault of result.faults.slice(0, 1)) print(describeFault(fault));
      return 1;
    }
    print(`Audit log: whole, ${result.records} records in ${result.segments} segments.`);
    return 0;
  } finally {
    await database.close();
  }
};
