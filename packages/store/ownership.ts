/**
 * Whose record resources are, and how confidential, that are in one through others: a Provenance through its targets, a
 * Binary through its security context (core/fhir/compartment.ts). What they refer to may change its own owner, or come later: then they are
 * set right in the same transaction. docs/decisions/0009-references-and-reindexing.md.
 */
import { type OwnersOf, ownedThrough } from '@affinity/core/fhir/compartment.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Query } from './database.ts';
import { termArray } from './filter-sql.ts';
import { sql } from './sql.ts';
import { resourceKey, type Term } from './terms.ts';

interface Place {
  readonly type: string;
  readonly id: string;
}

/** The resources that decide whose record a resource is; undefined where its content alone does. */
export const decidedBy = (resource: Resource, ownBases: readonly string[]): readonly Place[] | undefined => {
  const through = ownedThrough(resource, ownBases);
  if (through === undefined || !through.whole) return undefined;
  return through.targets.some(({ type }) => type !== 'Patient') ? through.targets : undefined;
};

type Through = NonNullable<ReturnType<typeof ownedThrough>>;

interface OwnedRow extends Place {
  readonly owner: string | null;
  readonly owners: readonly string[] | null;
}

/** Whose record each of these is, by `Type/id`; what was never stored is left out. */
export const lookUpOwners = async (
  query: Query,
  places: readonly Place[],
): Promise<ReadonlyMap<string, readonly string[]>> => {
  const wanted = new Set(places.map(({ type, id }) => `${type}/${id}`));
  const keys = termArray(places.map(({ type, id }) => resourceKey(type, id)));
  const rows = await query<OwnedRow>(sql`
    select f.type, f.id, f.owner, f.owners from resource f where f.rid = any(${keys}::bigint[])`);
  return new Map(
    rows
      .map(({ type, id, owner, owners }) => [`${type}/${id}`, owners ?? (owner === null ? [] : [owner])] as const)
      .filter(([place]) => wanted.has(place)),
  );
};

export const ownersFrom =
  (known: ReadonlyMap<string, readonly string[]>): OwnersOf =>
  ({ type, id }) =>
    known.get(`${type}/${id}`);

/**
 * Notes what it speaks of, in place of what it did: that decides whose record it is, and it is no less confidential. Key 0
 * stands for what can never give an owner.
 */
export const noteThrough = async (query: Query, rid: Term, through: Through | undefined): Promise<void> => {
  await query(sql`delete from owned_through where rid = ${rid}`);
  const { targets = [], whole = true } = through ?? {};
  if (targets.length === 0) return;
  const keys = [...targets.map(({ type, id }) => resourceKey(type, id)), ...(whole ? [] : ['0'])];
  const owners = [...targets.map(({ type, id }) => (type === 'Patient' ? id : null)), ...(whole ? [] : [null])];
  await query(sql`
    insert into owned_through (rid, target, owner)
    select ${rid}::bigint, entry.* from unnest(${keys}::bigint[], ${owners}::text[]) entry`);
};

/** Whether it speaks of resources of this server by its type, so that these bear on it. */
export const speaksOfOthers = (resource: Resource, ownBases: readonly string[]): boolean =>
  (ownedThrough(resource, ownBases)?.targets.length ?? 0) > 0;

/** Sets the owners of these right. Their rows are locked first, so that what decides about them stays while it is read. */
const setOwners = async (query: Query, rids: readonly Term[]): Promise<readonly Term[]> => {
  const keys = termArray(rids);
  await query(sql`select from resource f where f.rid = any(${keys}::bigint[]) order by f.rid for update`);
  const changed = await query<{ rid: Term }>(sql`
    with decided as (
      select o.rid, case when count(*) = count(coalesce(o.owner, t.owner))
        and min(coalesce(o.owner, t.owner)) = max(coalesce(o.owner, t.owner))
        then min(coalesce(o.owner, t.owner)) end as owner
      from owned_through o left join resource t on t.rid = o.target
      where o.rid = any(${keys}::bigint[]) group by o.rid),
    changed as (
      update resource f set owner = d.owner, patients = case
        when d.owner is null or d.owner = any(f.patients) then f.patients else f.patients || d.owner end
      from decided d
      where f.rid = d.rid and not f.deleted and f.owner is distinct from d.owner
      returning f.*),
    renamed as (
      update compartment c set owner = n.owner from changed n
      where c.patient = any(n.patients) and c.type = n.type and c.occurred = n.occurred and c.rid = n.rid),
    entered as (
      insert into compartment (rid, occurred, occurred_end, last_updated, confidentiality, patient, type, owner, terms)
      select rid, occurred, occurred_end, last_updated, confidentiality, owner, type, owner, terms
      from changed where owner is not null
      on conflict do nothing)
    select rid from changed`);
  return changed.map(({ rid }) => rid);
};

/** After these were written: sets right whatever is in a record through them, and what is through that. */
export const setOwnersThrough = async (query: Query, rids: readonly Term[]): Promise<void> => {
  let written = rids;
  // Nothing is in a record through itself (core's `ownedThrough`), so this ends.
  while (written.length > 0) {
    const through = await query<{ rid: Term }>(sql`
      select distinct o.rid from owned_through o where o.target = any(${termArray(written)}::bigint[]) order by o.rid`);
    written =
      through.length === 0
        ? []
        : await setOwners(
            query,
            through.map(({ rid }) => rid),
          );
  }
};
