/**
 * Entries of persons whose records were linked, merged or taken apart since: each is again of whom its document is of. What was
 * published leads by the id that it came with, so that a merge that is taken back leads back. IHE PIXm; PMIR.
 */
import { everything } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { StoreBackend } from '@affinity/store/backend.ts';
import type pg from 'pg';
import type { Persons } from '../persons.ts';
import { type TakingNeighbours, takeAgain } from './taking.ts';

export interface MovedNeighbours {
  readonly servers: readonly TakingNeighbours[];
  readonly store: StoreBackend;
  readonly pool: pg.Pool;
  readonly space: pg.Pool;
  readonly persons: Persons;
  readonly most: number;
}

interface Entry {
  readonly type: string;
  readonly id: string;
  readonly source: string;
  readonly person: string | null;
}

const move = async (entry: Entry, { store, persons }: MovedNeighbours): Promise<void> => {
  const { type, id, person } = entry;
  const survivor = person === null ? undefined : await persons.survivorOf(person);
  const found = await store.read({ type, id }, everything);
  if (survivor === undefined || found.kind !== 'found') return;
  const resource = JSON.parse(found.version.body) as Resource;
  const { subject } = resource;
  const reference = `Patient/${survivor}`;
  if (typeof subject !== 'object' || subject === null || ('reference' in subject && subject.reference === reference))
    return;
  const moved = { ...resource, subject: { ...subject, reference } };
  await store.update(
    { type, id, content: { resource: moved, json: JSON.stringify(moved) }, ifMatch: found.version.versionId },
    everything,
  );
};

const settle = async (entry: Entry, around: MovedNeighbours): Promise<void> => {
  const server = around.servers.find(({ base }) => entry.source.startsWith(`${base}/DocumentReference/`));
  if (server === undefined) return move(entry, around);
  await takeAgain([entry.source.slice(server.base.length + '/DocumentReference/'.length)], server);
};

export const followMovedPersons = async (around: MovedNeighbours): Promise<void> => {
  const { pool, space, most } = around;
  const { rows: moved } = await pool.query<{ person: string; change: string }>(
    'select person, change from locator_moved order by change limit $1',
    [most],
  );
  for (const { person, change } of moved) {
    const { rows } = await space.query<Entry>(
      `select l.type, l.id, l.source, l.person from location l join resource r on r.type = l.type and r.id = l.id
       where r.owner = $1 union
       select type, id, source, person from location where person = $1`,
      [person],
    );
    for (const entry of rows) await settle(entry, around);
    await pool.query('delete from locator_moved where person = $1 and change = $2', [person, change]);
  }
};
