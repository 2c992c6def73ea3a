/**
 * `affinity patients` and `affinity practitioners`: under which id a further server of the domain knows somebody. IHE PIXm (ITI-83);
 * FHIR R4 security.html#audit.
 */
import { randomUUIDv7 } from 'node:crypto';
import { parseArgs } from 'node:util';
import { type LinkedType, link, listLinks, unlink } from '@affinity/authorization-server/cross-reference.ts';
import { isResourceId } from '@affinity/core/fhir/resource.ts';
import { createAuditLog } from '@affinity/store/audit-log.ts';
import { transaction } from '@affinity/store/postgres/pool.ts';
import type { Config } from '../config.ts';
import { type Database, openDatabase } from '../database.ts';
import { furtherServersOf } from '../demo/hospital/hospital-server.ts';
import { furtherBase } from '../further-server.ts';
import type { FurtherServer } from '../upstreams.ts';
import type { CommandInput } from './command.ts';

type Call =
  | { readonly kind: 'list'; readonly server: string | undefined; readonly limit: number }
  | { readonly kind: 'link'; readonly id: string; readonly server: string; readonly there: string }
  | { readonly kind: 'unlink'; readonly id: string; readonly server: string }
  | { readonly kind: 'fault'; readonly fault: string };

const mostListed = 10_000;

const readCall = (command: string, args: readonly string[]): Call => {
  const usage =
    `Usage: npx affinity ${command} [list] [--server NAME] [--limit N] | ${command} link ID --server NAME ID_THERE | ` +
    `${command} unlink ID --server NAME`;
  const fault = (why: string): Call => ({ kind: 'fault', fault: `${why} ${usage}`.trim() });
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { server: { type: 'string' }, limit: { type: 'string' } },
    });
    const [verb = 'list', id, there, ...rest] = positionals;
    const { server } = values;
    if (verb === 'list' && id === undefined) {
      const limit = Number(values.limit ?? 100);
      return Number.isInteger(limit) && limit >= 1 && limit <= mostListed
        ? { kind: 'list', server, limit }
        : fault(`--limit takes a number from 1 to ${mostListed}.`);
    }
    if ((verb !== 'link' && verb !== 'unlink') || id === undefined || rest.length > 0) return fault('');
    if (values.limit !== undefined) return fault('--limit is for lists.');
    if (server === undefined) return fault('--server says which one: its name in affinity.yaml.');
    if (!isResourceId(id)) return fault(`"${id}" is not an id.`);
    if (verb === 'unlink') return there === undefined ? { kind: 'unlink', id, server } : fault('');
    if (there === undefined || !isResourceId(there)) return fault(`"${there ?? ''}" is not an id.`);
    return { kind: 'link', id, server, there };
  } catch (error) {
    return fault(`${error instanceof Error ? error.message : error}`);
  }
};

/** A link is recorded before it is committed: there is none that nobody could read of. */
const change = async (
  { pool, audit }: Database,
  { origin }: Config,
  type: LinkedType,
  call: Extract<Call, { kind: 'link' | 'unlink' }>,
  base: string,
): Promise<'done' | 'nothing' | 'taken'> => {
  const log = createAuditLog({ pool: audit });
  return transaction(pool, async (db) => {
    const done =
      call.kind === 'link'
        ? await link(db, type, call.id, base, call.there)
        : (await unlink(db, type, call.id, base))
          ? 'unlinked'
          : 'linked-already';
    if (done === 'taken') return 'taken';
    if (done === 'linked-already') return 'nothing';
    await log.append({
      id: randomUUIDv7(),
      recorded: new Date().toISOString(),
      source: 'command-line',
      event: 'identity-linked',
      outcome: 'permitted',
      issuer: `${origin}/auth`,
      base: origin,
      ...(type === 'Patient' ? { patient: call.id } : {}),
      target: `${type}/${call.id}`,
      reason: call.kind === 'link' ? `is ${base}/${type}/${call.there}` : `is nobody known at ${base} any more`,
    });
    return 'done';
  });
};

const list = async (
  { pool }: Database,
  { origin }: Config,
  furtherServers: readonly FurtherServer[],
  type: LinkedType,
  { limit }: Extract<Call, { kind: 'list' }>,
  base: string | undefined,
  print: CommandInput['print'],
): Promise<number> => {
  const links = await listLinks(pool, type, { limit, ...(base === undefined ? {} : { base }) });
  if (links.length === 0) print('Nobody is linked.');
  for (const one of links) {
    const name = furtherServers.find((server) => furtherBase(origin, server) === one.base)?.name ?? one.base;
    print(`${type}/${one.id}  ${name}  ${type}/${one.there}`);
  }
  return 0;
};

const linksOf =
  (command: string, type: LinkedType) =>
  async ({ config, args, log, print }: CommandInput): Promise<number> => {
    const call = readCall(command, args);
    if (call.kind === 'fault') {
      print(call.fault);
      return 2;
    }
    const { all } = furtherServersOf(config, '');
    const server = all.find(({ name }) => name === call.server);
    if (call.server !== undefined && server === undefined) {
      const names = all.map(({ name }) => name).join(', ');
      print(
        `There is no server "${call.server}" under resource_servers. ${names === '' ? 'There is none.' : `There are: ${names}.`}`,
      );
      return 2;
    }
    const base = server === undefined ? undefined : furtherBase(config.origin, server);
    const database = await openDatabase(config, { log, join: true, onLost: (message) => log(message) });
    try {
      if (call.kind === 'list') return await list(database, config, all, type, call, base, print);
      const done = await change(database, config, type, call, base ?? '');
      const [who, where] = [`${type}/${call.id}`, call.server];
      if (done === 'taken') {
        print(`Nothing was changed: ${who} has another id at ${where}, or somebody else has this one. Unlink first.`);
        return 1;
      }
      if (done === 'nothing')
        print(
          `Nothing was changed: ${call.kind === 'link' ? 'it is so already' : `${who} is not linked at ${where}`}.`,
        );
      else
        print(
          call.kind === 'link'
            ? `${who} is ${type}/${call.there} at ${where}.`
            : `${who} is nobody at ${where} any more.`,
        );
      return 0;
    } finally {
      await database.close();
    }
  };

export const patients = linksOf('patients', 'Patient');
export const practitioners = linksOf('practitioners', 'Practitioner');
