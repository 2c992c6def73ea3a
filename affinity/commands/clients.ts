/** `affinity clients`: the apps that have registered themselves, who vouches for them, and the tokens to register with. RFC 7591; RFC 7592. */
import { randomUUIDv7 } from 'node:crypto';
import { moveClient } from '@affinity/authorization-server/client-lifecycle.ts';
import { createClientRegistry } from '@affinity/authorization-server/clients.ts';
import { effectiveMetadata } from '@affinity/authorization-server/effective-metadata.ts';
import {
  addInitialToken,
  endInitialToken,
  listInitialTokens,
} from '@affinity/authorization-server/initial-access-token.ts';
import {
  createRegisteredClients,
  findRegistered,
  listRegistered,
  type RegisteredClient,
} from '@affinity/authorization-server/registered-clients.ts';
import { defaultSettings, longestToken } from '@affinity/authorization-server/settings.ts';
import type { AuditRecord } from '@affinity/core/fhir/audit-event.ts';
import { createAuditLog } from '@affinity/store/audit-log.ts';
import { createBackend } from '@affinity/store/backend.ts';
import { endGrant } from '@affinity/store/grant-feed.ts';
import { transaction } from '@affinity/store/postgres/pool.ts';
import { createIndexing } from '@affinity/store/reindexing.ts';
import type { Config } from '../config.ts';
import { type Database, openDatabase } from '../database.ts';
import { domainClients } from '../domain-clients.ts';
import { createGrantConsents } from '../grant-consents.ts';
import { type ClientsCall, readClientsCall } from './clients-call.ts';
import type { CommandInput } from './command.ts';

interface Desk {
  readonly config: Config;
  readonly database: Database;
  readonly print: CommandInput['print'];
  readonly log: CommandInput['log'];
  note(facts: Pick<AuditRecord, 'event' | 'reason'> & { readonly client?: string }): Promise<void>;
}

const line = ({ id, status, metadata, publisher, createdAt }: RegisteredClient): string =>
  `${id}  ${status.padEnd(9)}  ${createdAt.toISOString().slice(0, 10)}  ${metadata.client_name ?? 'without a name'}` +
  (publisher === undefined ? '' : `, by ${publisher}`);

const describe = (client: RegisteredClient): string => {
  const { status, metadata, admittedBy } = client;
  const holds = effectiveMetadata(metadata, status === 'listed' ? 'listed' : 'pending');
  const by = { open: 'nobody', statement: 'a software statement' }[admittedBy] ?? `initial access token ${admittedBy}`;
  const facts = {
    'vouched for by': by,
    'sends people to': metadata.redirect_uris?.join(' '),
    'is launched at': metadata.launch_uris?.join(' '),
    'asks for': metadata.scope ?? 'whatever a person allows',
    'may ask for': status === 'suspended' ? 'nothing' : (holds.scope ?? 'whatever a person allows'),
    grants: metadata.grant_types?.join(' '),
    'proves itself by': metadata.token_endpoint_auth_method,
    'keys at': metadata.jwks_uri,
    website: metadata.client_uri,
    'privacy policy': metadata.policy_uri,
    terms: metadata.tos_uri,
    contacts: metadata.contacts?.join(', '),
    software: [metadata.software_id, metadata.software_version].filter(Boolean).join(' ') || undefined,
  };
  const told = Object.entries(facts).flatMap(([name, value]) => (value ? [`  ${name}: ${value}`] : []));
  return [line(client), ...told].join('\n');
};

const done = {
  list: 'may do now what it asked for',
  suspend: 'may do nothing any more',
  resume: 'is again what it was',
  remove: 'is gone',
} as const;

const move = async (
  { config, database, print, log, note }: Desk,
  { move: verb, id, publisher }: Extract<ClientsCall, { kind: 'move' }>,
): Promise<number> => {
  const { pool, shared } = database;
  const base = `${config.origin}/fhir`;
  const { parameters } = createIndexing({ pool, ownBases: [base], log: (event) => log(event) });
  await parameters.refresh();
  const backend = createBackend({ pool, shared, ownBases: [base], parameters });
  const clients = createClientRegistry(domainClients(config), createRegisteredClients(pool));
  const { access_token_seconds: accessTokenSeconds, emergency_seconds: emergencySeconds } = config.file.tokens;
  const moved = await moveClient(
    {
      pool,
      consents: createGrantConsents({ backend, base, clients }),
      endGrant,
      tokenSeconds: longestToken({ ...defaultSettings, accessTokenSeconds, emergencySeconds }),
      now: () => new Date(),
    },
    id,
    verb,
    ({ status }) =>
      note({
        event: verb === 'remove' ? 'client-removed' : 'client-changed',
        client: id,
        reason: `${verb}; ${status} before${publisher === undefined ? '' : `; by ${publisher}`}`,
      }),
    publisher === undefined ? {} : { publisher },
  );
  if (moved.kind === 'unknown') print(`No app "${id}" has registered itself. Apps of affinity.yaml are changed there.`);
  else if (moved.kind === 'already') print(`${id} is ${moved.status}; nothing was changed.`);
  else print(`${id} ${done[verb]}.${moved.endedGrants > 0 ? ` Permissions that ended: ${moved.endedGrants}.` : ''}`);
  return moved.kind === 'moved' ? 0 : 1;
};

const makeToken = async (
  { config, database, print, note }: Desk,
  { note: whom, uses, hours, scope }: Extract<ClientsCall, { kind: 'token' }>,
): Promise<number> => {
  const createdAt = new Date();
  const expiresAt = new Date(createdAt.getTime() + hours * 3_600_000);
  const { id, token } = await transaction(database.pool, async (db) => {
    const made = await addInitialToken(db, { note: whom, uses, createdAt, expiresAt, ...(scope && { scope }) });
    await note({ event: 'policy-changed', reason: `initial access token ${made.id} for ${whom}: ${uses} apps` });
    return made;
  });
  print(`${token}\n`);
  print(
    `Initial access token ${id} for ${whom}: ${uses === 1 ? 'one app' : `${uses} apps`}, until ${expiresAt.toISOString()}.`,
  );
  print(`It is shown this once. Register with it at ${config.origin}/auth/register (Authorization: Bearer …).`);
  return 0;
};

const endToken = async ({ database, print, note }: Desk, id: string): Promise<number> => {
  const ended = await transaction(database.pool, async (db) => {
    if (!(await endInitialToken(db, id))) return false;
    await note({ event: 'policy-changed', reason: `initial access token ${id} ended` });
    return true;
  });
  print(ended ? `Nobody registers with ${id} any more.` : `There is no initial access token "${id}".`);
  return ended ? 0 : 1;
};

const run = async (desk: Desk, call: Exclude<ClientsCall, { kind: 'fault' }>): Promise<number> => {
  const { database, print } = desk;
  if (call.kind === 'move') return move(desk, call);
  if (call.kind === 'token') return makeToken(desk, call);
  if (call.kind === 'end-token') return endToken(desk, call.id);
  if (call.kind === 'show') {
    const client = await findRegistered(database.pool, call.id);
    print(client === undefined ? `No app "${call.id}" has registered itself.` : describe(client));
    return client === undefined ? 1 : 0;
  }
  if (call.kind === 'tokens') {
    const tokens = await listInitialTokens(database.pool, new Date());
    if (tokens.length === 0) print('There is no initial access token.');
    for (const { id, note, usesLeft, expiresAt, scope } of tokens)
      print(
        `${id}  for ${note}, ${usesLeft} left, until ${expiresAt.toISOString()}${scope ? `, at most ${scope}` : ''}`,
      );
    return 0;
  }
  const clients = await listRegistered(database.pool, call.limit);
  if (clients.length === 0) print('No app has registered itself.');
  for (const client of clients) print(line(client));
  return 0;
};

export const clients = async ({ config, args, log, print }: CommandInput): Promise<number> => {
  const call = readClientsCall(args);
  if (call.kind === 'fault') {
    print(call.fault);
    return 2;
  }
  const database = await openDatabase(config, { log, join: true, onLost: (message) => log(message) });
  const audit = createAuditLog({ pool: database.audit });
  try {
    const note: Desk['note'] = (facts) =>
      audit.append({
        id: randomUUIDv7(),
        recorded: new Date().toISOString(),
        source: 'command-line',
        outcome: 'permitted',
        issuer: `${config.origin}/auth`,
        base: config.origin,
        ...facts,
      });
    return await run({ config, database, print, log, note }, call);
  } finally {
    await database.close();
  }
};
