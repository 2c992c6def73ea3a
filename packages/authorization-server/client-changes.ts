/** Apps that were added, changed or taken out since the last start, each an event of the audit log. FHIR R4 security.html#audit. */
import type pg from 'pg';
import type { Record } from './audit-recorder.ts';

export interface ClientChangeNeighbours {
  readonly pool: pg.Pool;
  readonly record: Record;
  /** keyed with a secret of the domain, since clients have secrets */
  readonly digest: (text: string) => string;
}

/** The same text for the same members in whatever order they stand. */
const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join()}}`;
};

/**
 * Of several processes that start at once, one records a change. Recorded before it is noted, so that a crash in between
 * records it again rather than never.
 */
export async function recordClientChanges(
  { pool, record, digest }: ClientChangeNeighbours,
  clients: readonly { readonly client_id: string }[],
): Promise<void> {
  const { rows } = await pool.query<{ client_id: string; digest: string }>(
    'select client_id, digest from known_client',
  );
  const known = new Map(rows.map((row) => [row.client_id, row.digest]));
  for (const client of clients) {
    const { client_id: id } = client;
    const now = digest(`client ${canonical(client)}`);
    const before = known.get(id);
    known.delete(id);
    if (before === now) continue;
    await record(before === undefined ? 'client-registered' : 'client-changed', 'permitted', { client: id });
    await pool.query(
      'insert into known_client values ($1, $2) on conflict (client_id) do update set digest = excluded.digest',
      [id, now],
    );
  }
  for (const id of known.keys()) {
    await record('client-removed', 'permitted', { client: id, reason: 'the app was taken out' });
    await pool.query('delete from known_client where client_id = $1', [id]);
  }
}
