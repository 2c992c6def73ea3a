/** `affinity alerts`: what waits for somebody to look at it, and the word of whoever did. IHE PCF; FHIR R4 security.html#audit. */
import { randomUUIDv7 } from 'node:crypto';
import { parseArgs } from 'node:util';
import { createPeople } from '@affinity/authorization-server/people.ts';
import { acknowledgeAlert, openAlerts } from '@affinity/store/alerts.ts';
import { createAuditLog } from '@affinity/store/audit-log.ts';
import { transaction } from '@affinity/store/postgres/pool.ts';
import type { Config } from '../config.ts';
import { type Database, openDatabase } from '../database.ts';
import { type ToldAlert, tellAlerts } from '../told-alerts.ts';
import type { CommandInput } from './command.ts';

const alertsUsage = 'alerts [list] [--limit N] | alerts acknowledge ID --by NAME --note TEXT';

const most = { by: 200, note: 1000, limit: 1000 } as const;

type Call =
  | { readonly kind: 'list'; readonly limit: number }
  | { readonly kind: 'acknowledge'; readonly id: string; readonly by: string; readonly note: string }
  | { readonly kind: 'fault'; readonly fault: string };

const readCall = (args: readonly string[]): Call => {
  const fault = (why: string): Call => ({ kind: 'fault', fault: `${why} Usage: npx affinity ${alertsUsage}`.trim() });
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { by: { type: 'string' }, note: { type: 'string' }, limit: { type: 'string' } },
    });
    const [verb = 'list', id, ...rest] = positionals;
    const by = values.by?.trim() ?? '';
    const note = values.note?.trim() ?? '';
    if (verb === 'list' && id === undefined && values.by === undefined && values.note === undefined) {
      const limit = values.limit === undefined ? 100 : Number(values.limit);
      return Number.isInteger(limit) && limit >= 1 && limit <= most.limit
        ? { kind: 'list', limit }
        : fault(`--limit takes a number from 1 to ${most.limit}.`);
    }
    if (verb !== 'acknowledge' || id === undefined || rest.length > 0 || values.limit !== undefined) return fault('');
    if (by === '' || by.length > most.by) return fault(`--by says who looked, in 1 to ${most.by} characters.`);
    if (note === '' || note.length > most.note)
      return fault(`--note says what they found, in 1 to ${most.note} characters.`);
    return { kind: 'acknowledge', id, by, note };
  } catch (error) {
    return fault(`${error instanceof Error ? error.message : error}`);
  }
};

const describe = ({ id, kind, about, at, lastAt, count, person, client, patient, detail }: ToldAlert): string => {
  const again = count === 1 ? '' : `, ${count} times, last ${lastAt.toISOString()}`;
  const said = kind === 'emergency-access' ? { reason: detail } : { detail };
  const facts = Object.entries({ about, patient, person, app: client, ...said }).flatMap(([name, value]) =>
    value === undefined ? [] : [`      ${name}: ${value}`],
  );
  return [`${id}  ${kind}  ${at.toISOString()}${again}`, ...facts].join('\n');
};

/** They tell who looked at whose record and why: that somebody read them is recorded before they are shown. */
const list = async (
  { pool, audit: auditPool }: Database,
  { origin }: Config,
  limit: number,
  print: CommandInput['print'],
): Promise<number> => {
  const { open, alerts } = await openAlerts(pool, limit);
  await createAuditLog({ pool: auditPool }).append({
    id: randomUUIDv7(),
    recorded: new Date().toISOString(),
    source: 'command-line',
    event: 'alerts-shown',
    outcome: 'permitted',
    base: origin,
  });
  if (open === 0) print('Nothing waits to be looked at.');
  for (const alert of await tellAlerts({ pool, people: createPeople(pool) }, alerts)) print(describe(alert));
  if (open > alerts.length) print(`and ${open - alerts.length} more`);
  return 0;
};

/** Who looked is who they say they are: whoever may run this command may read the whole database. */
const acknowledge = async (
  database: Database,
  config: Config,
  { id, by, note }: Extract<Call, { kind: 'acknowledge' }>,
  print: CommandInput['print'],
): Promise<number> => {
  const audit = createAuditLog({ pool: database.audit });
  const at = new Date();
  const done = await transaction(database.pool, async (db) => {
    const result = await acknowledgeAlert(db, id, { at, by, note });
    if (result.kind !== 'acknowledged') return result;
    const { patient, client, key, kind } = result.alert;
    await audit.append({
      id: randomUUIDv7(),
      recorded: at.toISOString(),
      source: 'command-line',
      event: 'alert-acknowledged',
      outcome: 'permitted',
      base: config.origin,
      reason: `${kind} ${key}: ${by}: ${note}`,
      ...(patient === undefined ? {} : { patient }),
      ...(client === undefined ? {} : { client }),
    });
    return result;
  });
  if (done.kind === 'unknown') print(`There is no alert "${id}".`);
  else if (done.kind === 'already') print(`${done.alert.acknowledged?.by} looked at it before; nothing was changed.`);
  else print(`${done.alert.kind} of ${done.alert.at.toISOString()}: looked at by ${by}.`);
  return done.kind === 'acknowledged' ? 0 : 1;
};

export const alerts = async ({ config, args, log, print }: CommandInput): Promise<number> => {
  const call = readCall(args);
  if (call.kind === 'fault') {
    print(call.fault);
    return 2;
  }
  const database = await openDatabase(config, { log, join: true, onLost: (message) => log(message) });
  try {
    return call.kind === 'list'
      ? await list(database, config, call.limit, print)
      : await acknowledge(database, config, call, print);
  } finally {
    await database.close();
  }
};
