/**
 * Documents of a server taken over into the locator: once or many times is the same. One whose patient nobody knows yet waits; one
 * that was withdrawn there is withdrawn here. docs/decisions/0034-the-record-locator.md.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Backend } from '@affinity/core/fhir/backend.ts';
import { type ExactObject, isExactObject, parseExact, printExact } from '@affinity/core/fhir/exact-json.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import { parseReference } from '@affinity/core/fhir/reference.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { StoreBackend } from '@affinity/store/backend.ts';
import type pg from 'pg';
import { objectsAt, textAt, textsAt } from '../json-reading.ts';
import type { Persons } from '../persons.ts';
import { entryIdOf, type FollowedServer, locatedEntry } from './located-entry.ts';

export interface TakingNeighbours extends FollowedServer {
  /** of the server that keeps the documents */
  readonly documents: Pick<Backend, 'read' | 'searchType'>;
  /** of the locator */
  readonly store: StoreBackend;
  /** of connections that find the main schema */
  readonly pool: pg.Pool;
  /** of connections that find the schema of the locator */
  readonly space: pg.Pool;
  readonly persons: Persons;
  /** epoch milliseconds */
  readonly now: () => number;
}

export interface Heard {
  readonly id: string;
  /** absent: it is not there any more */
  readonly body?: string;
}

const type = 'DocumentReference';

const withdraw = async (id: string, { base, store, pool }: TakingNeighbours): Promise<void> => {
  await store.delete({ type, id: entryIdOf(base, id) }, everything);
  await pool.query('delete from locator_waiting where base = $1 and id = $2', [base, id]);
};

/** Names of the authors that the server knows by a Practitioner of its own. */
const authorsOf = async (
  given: ExactObject,
  { base, documents }: TakingNeighbours,
): Promise<readonly ExactObject[]> => {
  const names: ExactObject[] = [];
  for (const reference of textsAt(given, 'author.reference')) {
    const target = parseReference(reference, [base]);
    if (target.kind !== 'local' || target.type !== 'Practitioner') continue;
    const found = await documents.read({ type: target.type, id: target.id }, everything).catch(() => undefined);
    if (found?.kind === 'found') names.push(...objectsAt(parseExact(found.version.body), 'name'));
  }
  return names;
};

/** What a version says, without what the store says of it. */
const saying = (body: string): unknown => {
  const { meta, ...rest } = JSON.parse(body) as Resource;
  const { versionId: _, lastUpdated: __, ...said } = meta ?? {};
  return { ...rest, meta: said };
};

const keep = async (entry: ExactObject & { readonly id: string }, { store, space, now }: TakingNeighbours) => {
  const at = { type, id: entry.id };
  const json = printExact(entry);
  const content = { resource: JSON.parse(json) as Resource, json };
  const known = await store.read(at, everything);
  const isSame = known.kind === 'found' && isDeepStrictEqual(saying(known.version.body), saying(json));
  const made = known.kind === 'absent' ? await store.create({ ...at, content }) : undefined;
  // Where somebody else has taken the same document over meanwhile, what it says now stands.
  if (!isSame && made?.kind !== 'created') await store.update({ ...at, content }, everything);
  await space.query('update location set renewed_at = $3 where type = $1 and id = $2', [
    type,
    entry.id,
    new Date(now()),
  ]);
};

const takeOne = async ({ id, body }: Heard, around: TakingNeighbours): Promise<void> => {
  const given = body === undefined ? undefined : parseExact(body);
  if (!isExactObject(given) || given.status === 'entered-in-error') return withdraw(id, around);
  const { base, persons, pool } = around;
  const target = parseReference(textAt(given, 'subject.reference') ?? '', [base]);
  if (target.kind !== 'local' || target.type !== 'Patient') return withdraw(id, around);
  const person = await persons.personAt({ base, patient: target.id });
  if (person === undefined) {
    await withdraw(id, around);
    await pool.query(
      `insert into locator_waiting (base, id, tried_at) values ($1, $2, $3)
       on conflict (base, id) do update set tried_at = excluded.tried_at`,
      [base, id, new Date(around.now())],
    );
    return;
  }
  const entry = locatedEntry(given, id, person, around, await authorsOf(given, around));
  await keep({ ...entry, id: entryIdOf(base, id) }, around);
  await pool.query('delete from locator_waiting where base = $1 and id = $2', [base, id]);
};

export const takeOver = async (heard: readonly Heard[], around: TakingNeighbours): Promise<void> => {
  for (const one of heard) await takeOne(one, around);
};

/** What the server says of these now. */
export const takeAgain = async (ids: readonly string[], around: TakingNeighbours): Promise<void> => {
  for (const id of ids) {
    const found = await around.documents.read({ type, id }, everything);
    await takeOne(found.kind === 'found' ? { id, body: found.version.body } : { id }, around);
  }
};

/** Those that wait, if somebody knows their patients by now. */
export const takeWaiting = async (around: TakingNeighbours, most: number, afterMilliseconds: number): Promise<void> => {
  const { rows } = await around.pool.query<{ id: string }>(
    'select id from locator_waiting where base = $1 and tried_at <= $2 order by tried_at limit $3',
    [around.base, new Date(around.now() - afterMilliseconds), most],
  );
  await takeAgain(
    rows.map(({ id }) => id),
    around,
  );
};
