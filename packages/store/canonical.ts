/**
 * Resources that are known by a canonical url: who holds which, and what a reference to one means. FHIR R4
 * references.html#canonical. The versions' order is that of core's `compareVersions`.
 */
import { canonicalTypes, compareVersions, parseCanonical } from '@affinity/core/fhir/canonical.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Query } from './database.ts';
import { sql, withoutNul } from './sql.ts';
import { canonicalKey, type Term } from './terms.ts';

export interface CanonicalRow {
  readonly key: Term;
  readonly byUrl: Term;
  readonly version: string;
  readonly status: string;
}

const text = (value: unknown): string => (typeof value === 'string' ? withoutNul(value) : '');

/** The url and version that a resource is known by; undefined where it has no url. */
export const canonicalRow = (resource: Resource): CanonicalRow | undefined => {
  const { resourceType: type } = resource;
  const url = text(resource.url);
  if (!canonicalTypes.has(type) || url === '') return undefined;
  const version = text(resource.version);
  return {
    key: canonicalKey(type, url, version),
    byUrl: canonicalKey(type, url),
    version,
    status: text(resource.status),
  };
};

/** Whether another resource holds the url and version. */
export const isHeldByAnother = async (query: Query, rid: Term, row: CanonicalRow): Promise<boolean> => {
  const held = await query(sql`select from canonical c where c.key = ${row.key} and c.rid <> ${rid}`);
  return held.length > 0;
};

/** Notes what a resource is known by from now on, in place of what it was. Another's hold fails by the key's constraint. */
export const noteCanonical = async (query: Query, rid: Term, row: CanonicalRow | undefined): Promise<void> => {
  if (row === undefined) {
    await query(sql`delete from canonical where rid = ${rid}`);
    return;
  }
  const { key, byUrl, version, status } = row;
  await query(sql`
    insert into canonical (key, rid, by_url, version, status)
    values (${key}, ${rid}, ${byUrl}, ${version}, ${status})
    on conflict (rid) do update set key = excluded.key, by_url = excluded.by_url, version = excluded.version,
      status = excluded.status`);
};

interface HeldRow {
  readonly id: string;
  readonly version: string;
}

/**
 * The id of the resource that a canonical names: with a version that one, whatever its status; without, the latest active
 * one. Whether somebody may read it is decided elsewhere.
 */
export const resolveCanonical = async (query: Query, type: string, canonical: string): Promise<string | undefined> => {
  const { url, version } = parseCanonical(withoutNul(canonical));
  const rows = await query<HeldRow>(
    version === undefined
      ? sql`select f.id, c.version from canonical c join resource f using (rid)
          where c.by_url = ${canonicalKey(type, url)} and c.status = 'active' and f.type = ${type}`
      : sql`select f.id, c.version from canonical c join resource f using (rid)
          where c.key = ${canonicalKey(type, url, version)} and f.type = ${type}`,
  );
  const [latest] = rows
    .map((row) => ({ ...row, compared: row.version === '' ? undefined : row.version }))
    .sort((a, b) => compareVersions(b.compared, a.compared) || (a.id < b.id ? -1 : 1));
  return latest?.id;
};

/** Of these resources, those whose url and version another one holds already, in the store or among them before. */
export const canonicalsTaken = async (
  query: Query,
  resources: readonly { readonly rid: Term; readonly canonical: CanonicalRow | undefined }[],
): Promise<ReadonlySet<Term>> => {
  const claims = resources.flatMap(({ rid, canonical }) =>
    canonical === undefined ? [] : [{ rid, key: canonical.key }],
  );
  if (claims.length === 0) return new Set();
  const held = await query<{ key: Term; rid: Term }>(sql`
    select c.key, c.rid from canonical c where c.key = any(${claims.map(({ key }) => key)}::bigint[])`);
  const holders = new Map(held.map(({ key, rid }) => [key, rid]));
  const taken = new Set<Term>();
  for (const { key, rid } of claims) {
    const holder = holders.get(key);
    if (holder === undefined) holders.set(key, rid);
    else if (holder !== rid) taken.add(rid);
  }
  return taken;
};
