/**
 * The writes within a transaction that has begun (`beginWrite`). A conflict is found before anything is written, so that
 * what went before in the transaction stays. FHIR R4 http.html.
 */
import type { Update, WriteResult } from '@affinity/core/fhir/backend.ts';
import { canonicalTypes } from '@affinity/core/fhir/canonical.ts';
import { ownedThrough, throughElements } from '@affinity/core/fhir/compartment.ts';
import type { Filter } from '@affinity/core/fhir/filter.ts';
import { parseJson, rewriteJson } from '@affinity/core/fhir/json.ts';
import type { Content, Resource } from '@affinity/core/fhir/resource.ts';
import { canonicalRow, isHeldByAnother, noteCanonical } from './canonical.ts';
import type { Query } from './database.ts';
import { filterSql } from './filter-sql.ts';
import { insertResource, replaceResource, retireVersion } from './index-rows.ts';
import { rowOf, storedResource } from './indexed-row.ts';
import { decidedBy, lookUpOwners, noteThrough, ownersFrom, setOwnersThrough } from './ownership.ts';
import type { ParameterSet } from './parameter-set.ts';
import type { ResourceRow } from './resource-row.ts';
import { sql } from './sql.ts';
import { resourceKey, type Term } from './terms.ts';
import type { TextValues } from './text-values.ts';
import { toDeletion, toInstant, toVersion, type VersionRow } from './version-row.ts';

export interface WriteWithin {
  /** on the connection of the transaction */
  readonly query: Query;
  readonly set: ParameterSet;
  readonly texts: TextValues;
  readonly ownBases: readonly string[];
  /** epoch milliseconds */
  readonly now: () => number;
}

interface Place {
  readonly type: string;
  readonly id: string;
}
type Written = Place & { readonly content: Content };

/** Whether nobody else may write at the same time: it changes what others are indexed by, or others decide about it. */
export const needsAlone = (resource: Resource, ownBases: readonly string[]): boolean =>
  resource.resourceType === 'SearchParameter' || decidedBy(resource, ownBases) !== undefined;

/** The text to store: the sender's, with our id, version and instant. */
export const storedBody = (json: string, id: string, version: number, lastUpdated: number): string => {
  const parsed = parseJson(json);
  if (parsed.kind === 'fault') throw new Error(`Content to be stored is not sound JSON (${parsed.fault}).`);
  return rewriteJson(json, parsed.members, {
    id,
    meta: { versionId: String(version), lastUpdated: toInstant(lastUpdated) },
  });
};

export const written = (
  kind: 'created' | 'updated',
  { type, id }: Place,
  version: number,
  lastUpdated: number,
  body: string,
  { owner, owners }: ResourceRow,
): WriteResult => ({
  kind,
  version: toVersion(type, { id, version, last_updated: String(lastUpdated), deleted: false, body, owner, owners }),
});

/** Never earlier than the version before, whatever the clock says. */
export const nextInstant = (row: VersionRow, now: number): number => Math.max(now, Number(row.last_updated) + 1);

/** What stands beside the rows: who decides about the resource, what it is known by, and what changes through it. */
export const noteBeside = async (
  { query, ownBases }: Pick<WriteWithin, 'query' | 'ownBases'>,
  type: string,
  rid: Term,
  resource: Resource | undefined,
): Promise<void> => {
  if (Object.hasOwn(throughElements, type)) await noteThrough(query, rid, resource && ownedThrough(resource, ownBases));
  if (canonicalTypes.has(type)) await noteCanonical(query, rid, resource && canonicalRow(resource));
};

/** Everybody indexes by what stands in the database from the end of the transaction on. */
export const noteGeneration = async (query: Query, type: string): Promise<void> => {
  if (type !== 'SearchParameter') return;
  await query(sql`update index_generation set generation = generation + 1`);
};

const prepare = async ({ query, set, texts, ownBases }: WriteWithin, resource: Resource): Promise<ResourceRow> => {
  const deciding = decidedBy(resource, ownBases);
  const ownersOf = ownersFrom(deciding === undefined ? new Map() : await lookUpOwners(query, deciding));
  const row = rowOf(resource, { ownBases, parameters: set.all, ownersOf });
  await texts.keep(query, [row], false);
  return row;
};

export const createWithin = async (within: WriteWithin, input: Written): Promise<WriteResult> => {
  const { query, set, now } = within;
  const { type, id, content } = input;
  const resource = storedResource(input, content);
  const rid = resourceKey(type, id);
  const taken = await query(sql`select from resource f where f.rid = ${rid}`);
  if (taken.length > 0) return { kind: 'id-taken' };
  const canonical = canonicalRow(resource);
  if (canonical !== undefined && (await isHeldByAnother(query, rid, canonical))) return { kind: 'canonical-taken' };
  const row = await prepare(within, resource);
  const lastUpdated = now();
  const body = storedBody(content.json, id, 1, lastUpdated);
  const inserted = await query(insertResource(row, lastUpdated, body, { generation: set.generation, alone: false }));
  if (inserted.length === 0) return { kind: 'id-taken' };
  await noteBeside(within, type, rid, resource);
  await setOwnersThrough(query, [rid]);
  await noteGeneration(query, type);
  return written('created', input, 1, lastUpdated, body, row);
};

/** Locks the stored version, which the Filter must let through: what it does not is as absent as what never was. */
const lockVisible = async (
  query: Query,
  { type, id }: Place,
  filter: Filter,
  body = false,
): Promise<VersionRow | undefined> => {
  const [row] = await query<VersionRow>(sql`
    select f.id, f.version, f.last_updated, f.deleted, ${body ? sql`f.body` : sql`null`} as body from resource f
    where f.rid = ${resourceKey(type, id)} and f.type = ${type} and f.id = ${id} and ${filterSql(filter, type)}
    for update`);
  return row;
};

/** The last content of what is locked and deleted: a statement of its own sees what there was when the lock was got. */
const lastBody = async (query: Query, rid: Term): Promise<string | undefined> => {
  const [last] = await query<{ readonly body: string }>(sql`
    select body from resource_history where rid = ${rid} and body is not null order by version desc limit 1`);
  return last?.body;
};

const conflict = (row: VersionRow, ifMatch: string | undefined): WriteResult | undefined =>
  ifMatch === undefined || ifMatch === String(row.version)
    ? undefined
    : { kind: 'version-conflict', current: String(row.version) };

export const updateWithin = async (within: WriteWithin, input: Update, filter: Filter): Promise<WriteResult> => {
  const { query, now } = within;
  const { accepts } = input;
  const stored = await lockVisible(query, input, filter, accepts !== undefined);
  if (stored === undefined) return { kind: 'absent' };
  const rid = resourceKey(input.type, input.id);
  // Nobody changes what is locked before it is written over.
  const body = accepts === undefined ? undefined : (stored.body ?? (await lastBody(query, rid)));
  if (accepts !== undefined && body !== undefined && !accepts(body)) return { kind: 'refused' };
  const conflicting = conflict(stored, input.ifMatch);
  if (conflicting !== undefined) return conflicting;
  const resource = storedResource(input, input.content);
  const canonical = canonicalRow(resource);
  if (canonical !== undefined && (await isHeldByAnother(query, rid, canonical))) return { kind: 'canonical-taken' };
  const row = await prepare(within, resource);
  const version = stored.version + 1;
  const lastUpdated = nextInstant(stored, now());
  const text = storedBody(input.content.json, input.id, version, lastUpdated);
  await query(retireVersion(rid));
  await query(replaceResource(row, version, lastUpdated, text));
  await noteBeside(within, input.type, rid, resource);
  await setOwnersThrough(query, [rid]);
  await noteGeneration(query, input.type);
  return written(stored.deleted ? 'created' : 'updated', input, version, lastUpdated, text, row);
};

export const deleteWithin = async (
  within: WriteWithin,
  input: Place & { readonly ifMatch?: string },
  filter: Filter,
): Promise<WriteResult> => {
  const { query, now } = within;
  const stored = await lockVisible(query, input, filter);
  if (stored === undefined) return { kind: 'absent' };
  if (stored.deleted) return { kind: 'deleted', deletion: toDeletion(input.type, stored) };
  const conflicting = conflict(stored, input.ifMatch);
  if (conflicting !== undefined) return conflicting;
  const rid = resourceKey(input.type, input.id);
  await query(retireVersion(rid));
  const [row] = await query<VersionRow>(sql`
    update resource set version = version + 1, last_updated = ${nextInstant(stored, now())}, deleted = true,
      method = 'DELETE', body = null, occurred = 0, occurred_end = null,
      dates = (select h.dates from resource_history h where h.rid = ${rid} and h.version = ${stored.version})
    where rid = ${rid} returning id, version, last_updated, deleted, body`);
  if (row === undefined) throw new Error(`${input.type}/${input.id} was locked and is gone.`);
  await noteBeside(within, input.type, rid, undefined);
  await noteGeneration(query, input.type);
  return { kind: 'deleted', deletion: toDeletion(input.type, row) };
};
