/** `affinity keys`: shows the keys that sign tokens, plans their change, and replaces one that somebody else may have. */
import { randomUUIDv7 } from 'node:crypto';
import { parseArgs } from 'node:util';
import {
  type KeyTimes,
  type KeyUse,
  keyTermsOf,
  keyUses,
  readKeys,
  replaceKey,
  rotateKey,
} from '@affinity/authorization-server/key-schedule.ts';
import { defaultSettings } from '@affinity/authorization-server/settings.ts';
import { createAuditLog } from '@affinity/store/audit-log.ts';
import type { Config } from '../config.ts';
import { type Database, openDatabase } from '../database.ts';
import type { CommandInput } from './command.ts';

type Call =
  | { readonly kind: 'list' }
  | { readonly kind: 'rotate'; readonly uses: readonly KeyUse[]; readonly now: boolean }
  | { readonly kind: 'fault'; readonly fault: string };

const usage = `Say "keys list", or "keys rotate [--use ${keyUses.join('|')}] [--now]".`;

export const readCall = (args: readonly string[]): Call => {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { use: { type: 'string' }, now: { type: 'boolean', default: false } },
    });
    const [verb = 'list', ...more] = positionals;
    if (more.length > 0) return { kind: 'fault', fault: usage };
    if (verb === 'list' && values.use === undefined && !values.now) return { kind: 'list' };
    const uses = keyUses.filter((use) => values.use === undefined || use === values.use);
    if (verb !== 'rotate' || uses.length === 0) return { kind: 'fault', fault: usage };
    // Replacing kills tokens that are in use: which, has to be said.
    if (values.now && values.use === undefined) return { kind: 'fault', fault: `--now needs --use. ${usage}` };
    return { kind: 'rotate', uses, now: values.now };
  } catch {
    return { kind: 'fault', fault: usage };
  }
};

const day = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;

const describe = ({
  kid,
  use,
  alg,
  state,
  publishedAt,
  signsFrom,
  signsUntil,
  publishedUntil,
  withdrawnAt,
}: KeyTimes) =>
  [
    `${state.padEnd(9)}  ${use.padEnd(14)}  ${alg}  ${kid}`,
    `           published ${day(publishedAt)}, signs from ${day(signsFrom)}` +
      (signsUntil === undefined ? '' : ` until ${day(signsUntil)}`) +
      (withdrawnAt !== undefined
        ? `, taken out ${day(withdrawnAt)}`
        : publishedUntil === undefined
          ? ''
          : `, published until ${day(publishedUntil)}`),
  ].join('\n');

const rotate = async (
  { pool, audit }: Database,
  config: Config,
  { uses, now }: Extract<Call, { kind: 'rotate' }>,
  print: CommandInput['print'],
): Promise<number> => {
  const log = createAuditLog({ pool: audit });
  const note = (reason: string): Promise<void> =>
    log.append({
      id: randomUUIDv7(),
      recorded: new Date().toISOString(),
      source: 'command-line',
      event: 'key-rotated',
      outcome: 'permitted',
      base: config.origin,
      reason,
    });
  let code = 0;
  for (const use of uses) {
    if (now) {
      await note(`${use}: replaced at once`);
      const { kid, withdrawn } = await replaceKey(pool, use);
      print(`${use}: ${withdrawn} taken out, ${kid} signs from now on. What the others signed counts no longer.`);
      continue;
    }
    await note(`${use}: a new key was asked for`);
    const planned = await rotateKey(pool, use, keyTermsOf(defaultSettings));
    const from = day(planned.signsFrom);
    if (planned.kind === 'planned') print(`${use}: ${planned.kid} is published, and signs from ${from}.`);
    else {
      print(`${use}: ${planned.kid} is on its way already, and signs from ${from}. Nothing was changed.`);
      code = 1;
    }
  }
  return code;
};

export const keys = async ({ config, args, log, print }: CommandInput): Promise<number> => {
  const call = readCall(args);
  if (call.kind === 'fault') {
    print(call.fault);
    return 2;
  }
  const database = await openDatabase(config, { log, join: true, onLost: (message) => log(message) });
  try {
    if (call.kind === 'rotate') return await rotate(database, config, call, print);
    const known = await readKeys(database.pool);
    if (known.length === 0) print('No key was made yet: the first start makes them.');
    for (const key of known) print(describe(key));
    return 0;
  } finally {
    await database.close();
  }
};
