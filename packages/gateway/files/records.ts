/**
 * Changes as versions in the table, within a transaction of the caller. What was said earlier never takes the place of what
 * was said later, and no message takes a record from one patient to another. FHIR R4 http.html#versioning.
 */

import type { Resource } from '@affinity/core/fhir/resource.ts';
import { factsOf, type ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import type { ClientBase } from 'pg';
import { type RecordChange, Refused } from './record-change.ts';
import { datesOf, keysOf } from './record-keys.ts';
import { checkResource, digestOf, elementsAfter, printVersion } from './record-version.ts';

export interface Writing {
  readonly client: ClientBase;
  readonly server: string;
  /** epoch milliseconds */
  readonly now: number;
  /** what is demanded of what is written; FHIR's shape unless told */
  readonly check?: (resource: Resource) => void;
}
/** Counts of what became of changes. `older`: something later is known already. */
export interface Applied {
  readonly written: number;
  readonly same: number;
  readonly older: number;
}

interface Current {
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly updated_at: string;
  readonly said_at: string;
  readonly digest: string;
  readonly owner: string | null;
  readonly method: string;
  readonly body: string;
}

/** Nobody else writes records of this server before the transaction ends. */
export const holdServer = async ({ client, server }: Pick<Writing, 'client' | 'server'>): Promise<void> => {
  await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`file records ${server}`]);
};

const readCurrent = async ({ client, server }: Writing, type: string, id: string): Promise<Current | undefined> => {
  const { rows } = await client.query<Current>({
    name: 'file-record-current',
    text: `select type, id, version, updated_at, said_at, digest, owner, method, body from file_record
      where server = $1 and type = $2 and id = $3`,
    values: [server, type, id],
  });
  return rows[0];
};

const keepVersion = async ({ client, server }: Writing, { type, id }: Pick<Current, 'type' | 'id'>): Promise<void> => {
  await client.query({
    name: 'file-record-keep',
    text: `insert into file_record_version (server, type, id, version, updated_at, method, body)
      select server, type, id, version, updated_at, method, case when method = 'DELETE' then null else body end
      from file_record where server = $1 and type = $2 and id = $3`,
    values: [server, type, id],
  });
};

const dropKeys = async ({ client, server }: Writing, { type, id }: Pick<Current, 'type' | 'id'>): Promise<void> => {
  await client.query({
    name: 'file-record-drop-keys',
    text: 'delete from file_record_key where server = $1 and type = $2 and id = $3',
    values: [server, type, id],
  });
};

/** Instants go forward, whatever the clock does. */
const nextInstant = (now: number, current: Current | undefined): number =>
  current === undefined ? now : Math.max(now, Number(current.updated_at) + 1);

const refuseMove = ({ type, mayMove }: RecordChange, current: Current | undefined, owner: string | null): void => {
  if (current !== undefined && current.owner !== owner && mayMove !== true)
    throw new Refused(`it says of a ${type} that is in one patient's record that it is in another's`);
};
const ownerIn = ({ owners }: Pick<ResourceFacts, 'owners'>): string | null =>
  owners.length === 1 ? (owners[0] ?? null) : null;

const writeVersion = async (
  writing: Writing,
  change: RecordChange,
  current: Current | undefined,
  { saidAt, extract }: Said,
): Promise<keyof Applied> => {
  const { client, server, now, check = checkResource } = writing;
  const { type, id } = change;
  const isThere = current !== undefined && current.method !== 'DELETE';
  const elements = elementsAfter(change, isThere ? current.body : undefined);
  const digest = digestOf(elements);
  if (isThere && current.digest === digest) {
    await client.query({
      name: 'file-record-said-again',
      text: 'update file_record set said_at = greatest(said_at, $4), extract = $5 where server = $1 and type = $2 and id = $3',
      values: [server, type, id, saidAt, extract ?? null],
    });
    return 'same';
  }
  const version = (current?.version ?? 0) + 1;
  const made = printVersion(change, elements, { version, updatedAt: nextInstant(now, current) });
  check(made.resource);
  const facts = factsOf(made.resource, []);
  const owner = ownerIn(facts);
  refuseMove(change, current, owner);
  if (current !== undefined) {
    await keepVersion(writing, current);
    await dropKeys(writing, current);
  }
  const dates = datesOf(facts);
  await client.query({
    name: 'file-record-write',
    text: `insert into file_record
        (server, type, id, version, updated_at, said_at, extract, digest, owner, starts, ends, method, body)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
      on conflict (server, type, id) do update set version = excluded.version, updated_at = excluded.updated_at,
        said_at = excluded.said_at, extract = excluded.extract, digest = excluded.digest, owner = excluded.owner,
        starts = excluded.starts, ends = excluded.ends, method = excluded.method, body = excluded.body`,
    values: [
      ...[server, type, id, version, made.updatedAt, saidAt, extract ?? null, digest, owner],
      ...[dates?.starts ?? null, dates?.ends ?? null, current === undefined ? 'POST' : 'PUT', made.body],
    ],
  });
  const keys = keysOf(facts);
  await client.query({
    name: 'file-record-keys',
    text: `insert into file_record_key (server, type, id, param, key)
      select $1, $2, $3, param, key from unnest($4::text[], $5::text[]) as given (param, key)`,
    values: [server, type, id, keys.map(({ param }) => param), keys.map(({ key }) => key)],
  });
  return 'written';
};

export interface Said {
  /** epoch milliseconds by the sender's clock */
  readonly saidAt: number;
  readonly extract?: string;
}

/** @throws Refused: the transaction must be rolled back */
export const applyChange = async (writing: Writing, change: RecordChange, said: Said): Promise<keyof Applied> => {
  const current = await readCurrent(writing, change.type, change.id);
  if (change.says === 'mention') {
    if (current === undefined) return writeVersion(writing, change, undefined, { ...said, saidAt: 0 });
    const mentioned = printVersion(change, elementsAfter(change, undefined), { version: 1, updatedAt: 0 });
    refuseMove(change, current, ownerIn(factsOf(mentioned.resource, [])));
    return 'same';
  }
  if (current !== undefined && said.saidAt < Number(current.said_at)) return 'older';
  return writeVersion(writing, change, current, said);
};

/** A record that is gone: its last content is kept, for those who could see it. */
export const removeRecord = async (
  writing: Writing,
  { type, id }: { readonly type: string; readonly id: string },
  { saidAt }: Said,
): Promise<void> => {
  const current = await readCurrent(writing, type, id);
  if (current === undefined || current.method === 'DELETE') return;
  await keepVersion(writing, current);
  await dropKeys(writing, current);
  await writing.client.query({
    name: 'file-record-remove',
    text: `update file_record set version = version + 1, updated_at = $4, said_at = $5, extract = null, method = 'DELETE'
      where server = $1 and type = $2 and id = $3`,
    values: [writing.server, type, id, nextInstant(writing.now, current), Math.max(saidAt, Number(current.said_at))],
  });
};
