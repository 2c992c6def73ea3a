/**
 * `affinity people invite`: a code for a patient or a practitioner who will sign in elsewhere. It is printed once, kept as a hash,
 * and good for one sign-in, with a patient's date of birth. NIST SP 800-63A §4.3; FHIR R4 security.html#audit.
 */
import { randomUUIDv7 } from 'node:crypto';
import { parseArgs } from 'node:util';
import { type Invited, invite } from '@affinity/authorization-server/proofing.ts';
import { isResourceId } from '@affinity/core/fhir/resource.ts';
import { createAuditLog } from '@affinity/store/audit-log.ts';
import { transaction } from '@affinity/store/postgres/pool.ts';
import { openDatabase } from '../database.ts';
import type { CommandInput } from './command.ts';

const usage = 'Usage: npx affinity people invite --patient ID | --practitioner ID --name NAME [--days 1-90]';
const usualDays = 14;
const mostDays = 90;

type Call =
  | { readonly kind: 'invite'; readonly invited: Invited; readonly name: string; readonly days: number }
  | { readonly kind: 'fault'; readonly fault: string };

const readCall = (args: readonly string[]): Call => {
  const fault = (why: string): Call => ({ kind: 'fault', fault: `${why} ${usage}`.trim() });
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        patient: { type: 'string' },
        practitioner: { type: 'string' },
        name: { type: 'string' },
        days: { type: 'string' },
      },
    });
    const { patient, practitioner, name } = values;
    if (positionals.length !== 1) return fault('');
    if ((patient === undefined) === (practitioner === undefined)) return fault('Name a patient or a practitioner.');
    const invited = patient === undefined ? { practitioner: practitioner ?? '' } : { patient };
    const id = patient ?? practitioner ?? '';
    if (!isResourceId(id)) return fault(`"${id}" is not an id.`);
    if (name === undefined || name.trim() === '' || name.length > 200) return fault('--name has 1 to 200 characters.');
    const days = Number(values.days ?? usualDays);
    if (!Number.isInteger(days) || days < 1 || days > mostDays) return fault(`--days takes 1 to ${mostDays}.`);
    return { kind: 'invite', invited, name: name.trim(), days };
  } catch (error) {
    return fault(`${error instanceof Error ? error.message : error}`);
  }
};

export const invitePeople = async ({ config, args, log, print }: CommandInput): Promise<number> => {
  const call = readCall(args);
  if (call.kind === 'fault') {
    print(call.fault);
    return 2;
  }
  const { invited, name, days } = call;
  const database = await openDatabase(config, { log, join: true, onLost: (message) => log(message) });
  try {
    const audit = createAuditLog({ pool: database.audit });
    const at = new Date();
    const expiresAt = new Date(at.getTime() + days * 86_400_000);
    const code = await transaction(database.pool, async (db) => {
      const made = await invite(db, invited, { name, at, expiresAt });
      // Recorded before it is committed: there is no invitation that nobody could read of. The code is in no record.
      await audit.append({
        id: randomUUIDv7(),
        recorded: at.toISOString(),
        source: 'command-line',
        event: 'identity-linked',
        outcome: 'permitted',
        issuer: `${config.origin}/auth`,
        base: config.origin,
        ...('patient' in invited ? { patient: invited.patient } : {}),
        target: 'patient' in invited ? `Patient/${invited.patient}` : `Practitioner/${invited.practitioner}`,
        reason: `an invitation was made, good until ${expiresAt.toISOString()}`,
      });
      return made;
    });
    print(`Invitation for ${name}: ${code}`);
    print(`It works once, until ${expiresAt.toISOString().slice(0, 10)}, and is not shown again.`);
    return 0;
  } finally {
    await database.close();
  }
};
