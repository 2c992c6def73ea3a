/** `affinity people set`: what an administrator says of somebody is changed, and recorded with the change. FHIR R4 security.html#audit. */
import { randomUUIDv7 } from 'node:crypto';
import { parseArgs } from 'node:util';
import { removeTotp } from '@affinity/authorization-server/factors/totp.ts';
import { type PersonChanges, privileges, setPerson } from '@affinity/authorization-server/people.ts';
import { IdentityTaken } from '@affinity/authorization-server/proofs.ts';
import { createAuditLog } from '@affinity/store/audit-log.ts';
import { transaction } from '@affinity/store/postgres/pool.ts';
import { openDatabase } from '../database.ts';
import type { CommandInput } from './command.ts';

const settable = [...privileges, 'disabled'] as const;
/** what somebody may have lost: it can only be taken away here, and set up anew by the person alone */
const secondFactor = 'second-factor';

const setUsage = `people set USERNAME ${settable.map((name) => `[--${name} on|off]`).join(' ')} [--${secondFactor} off]`;

type Call =
  | {
      readonly kind: 'set';
      readonly username: string;
      readonly changes: PersonChanges;
      readonly withoutSecondFactor: boolean;
    }
  | { readonly kind: 'fault'; readonly fault: string };

const readCall = (args: readonly string[]): Call => {
  const fault = (why: string): Call => ({ kind: 'fault', fault: `${why} Usage: npx affinity ${setUsage}`.trim() });
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: Object.fromEntries([...settable, secondFactor].map((name) => [name, { type: 'string' }] as const)),
    });
    const [verb, username, ...rest] = positionals;
    if (verb !== 'set' || username === undefined || rest.length > 0) return fault('');
    const given = settable.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]] as const]));
    const factor = values[secondFactor];
    if (factor !== undefined && factor !== 'off') return fault(`--${secondFactor} takes off: the person sets it up.`);
    if (given.length === 0 && factor === undefined) return fault('Nothing is said that should change.');
    const odd = given.find(([, value]) => value !== 'on' && value !== 'off');
    if (odd !== undefined) return fault(`--${odd[0]} takes on or off.`);
    return {
      kind: 'set',
      username,
      changes: Object.fromEntries(given.map(([name, value]) => [name, value === 'on'])),
      withoutSecondFactor: factor === 'off',
    };
  } catch (error) {
    return fault(`${error instanceof Error ? error.message : error}`);
  }
};

export const setPeople = async ({ config, args, log, print }: CommandInput): Promise<number> => {
  const call = readCall(args);
  if (call.kind === 'fault') {
    print(call.fault);
    return 2;
  }
  const { username, changes, withoutSecondFactor } = call;
  const said = [
    ...Object.entries(changes).map(([name, value]) => `${name} ${value ? 'on' : 'off'}`),
    ...(withoutSecondFactor ? [`${secondFactor} off`] : []),
  ];
  const database = await openDatabase(config, { log, join: true, onLost: (message) => log(message) });
  try {
    const audit = createAuditLog({ pool: database.audit });
    const at = new Date();
    const found = await transaction(database.pool, async (db) => {
      const person = await setPerson(db, username, changes, at);
      if (person === undefined) return undefined;
      if (withoutSecondFactor) await removeTotp(db, person.sub);
      const events = [
        ...(Object.keys(changes).length > 0 ? (['role-changed'] as const) : []),
        ...(withoutSecondFactor ? (['credential-changed'] as const) : []),
      ];
      // Recorded before it is committed: there is no change that nobody could read of.
      for (const event of events) {
        await audit.append({
          id: randomUUIDv7(),
          recorded: at.toISOString(),
          source: 'command-line',
          event,
          outcome: 'permitted',
          user: person.sub,
          issuer: `${config.origin}/auth`,
          base: config.origin,
          reason: said.join(', '),
        });
      }
      return person;
    });
    print(
      found === undefined
        ? `There is nobody called "${username}"; nothing was changed.`
        : `${username}: ${said.join(', ')}.`,
    );
    return found === undefined ? 1 : 0;
  } catch (error) {
    if (!(error instanceof IdentityTaken)) throw error;
    print(`${error.message} Nothing was changed.`);
    return 1;
  } finally {
    await database.close();
  }
};
