/**
 * How a definition becomes active, and how it is retired: by one who may, or, where the registry says so, by one who
 * proposes and another who approves. Who did what is kept. FHIR R4 publicationstatus; docs/decisions/0036-the-registry.md.
 */
import type { Backend, Version } from '@affinity/core/fhir/backend.ts';
import { canonicalChange } from '@affinity/core/fhir/canonical.ts';
import { isExactObject, parseExact, printExact } from '@affinity/core/fhir/exact-json.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import type { Content, Resource } from '@affinity/core/fhir/resource.ts';
import type pg from 'pg';

export type Wanted = 'active' | 'retired';

/** Somebody who may publish. */
export interface Publisher {
  /** subject of a person, or id of a service */
  readonly id: string;
  readonly name: string;
}

export interface Proposal {
  readonly id: string;
  readonly type: string;
  readonly artefact: string;
  readonly versionId: string;
  readonly wanted: Wanted;
  readonly note: string;
  readonly proposedBy: Publisher;
  readonly proposedAt: Date;
  readonly decision?: { readonly kind: 'approved' | 'refused'; readonly by: Publisher; readonly at: Date };
}

export type Published =
  | { readonly kind: 'done'; readonly version: Version }
  | { readonly kind: 'waiting'; readonly proposal: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'absent' }
  /** it is what is wanted, or cannot become so */
  | { readonly kind: 'not-possible'; readonly reason: string }
  /** who proposed may not approve */
  | { readonly kind: 'same-person' }
  /** it is another version by now than the one that was proposed */
  | { readonly kind: 'changed' };

export interface Publication {
  readonly twoPersons: boolean;
  /** Publishes or retires; where two are needed, it waits for another. */
  want(
    at: { readonly type: string; readonly id: string },
    wanted: Wanted,
    by: Publisher,
    note: string,
  ): Promise<Published>;
  decide(
    at: { readonly type: string; readonly id: string },
    decision: 'approved' | 'refused',
    by: Publisher,
  ): Promise<Published>;
  waiting(): Promise<readonly Proposal[]>;
  /** of one artefact, or the latest of all; the latest first */
  history(at?: { readonly type: string; readonly id: string }): Promise<readonly Proposal[]>;
}

export interface PublicationNeighbours {
  readonly pool: pg.Pool;
  readonly backend: Pick<Backend, 'read' | 'update'>;
  readonly twoPersons: boolean;
  readonly changed: () => void;
  readonly now: () => Date;
}

interface Row {
  readonly id: string;
  readonly type: string;
  readonly artefact: string;
  readonly version_id: string;
  readonly wanted: Wanted;
  readonly note: string;
  readonly proposed_by: string;
  readonly proposed_name: string;
  readonly proposed_at: Date;
  readonly decision: 'approved' | 'refused' | null;
  readonly decided_by: string | null;
  readonly decided_name: string | null;
  readonly decided_at: Date | null;
}

const proposalOf = (row: Row): Proposal => ({
  id: row.id,
  type: row.type,
  artefact: row.artefact,
  versionId: row.version_id,
  wanted: row.wanted,
  note: row.note,
  proposedBy: { id: row.proposed_by, name: row.proposed_name },
  proposedAt: row.proposed_at,
  ...(row.decision === null || row.decided_at === null
    ? {}
    : {
        decision: {
          kind: row.decision,
          by: { id: row.decided_by ?? '', name: row.decided_name ?? '' },
          at: row.decided_at,
        },
      }),
});

const shownHistory = 200;
const columns = `id::text, type, artefact, version_id, wanted, note, proposed_by, proposed_name, proposed_at, decision,
  decided_by, decided_name, decided_at`;

const notPossible = (reason: string): Published => ({ kind: 'not-possible', reason });

export const createPublication = (neighbours: PublicationNeighbours): Publication => {
  const { pool, backend, twoPersons, changed, now } = neighbours;

  const current = async (type: string, id: string): Promise<Version | undefined> => {
    const result = await backend.read({ type, id }, everything);
    return result.kind === 'found' ? result.version : undefined;
  };

  /** The resource with the wanted status; or why it cannot be. */
  const becoming = ({ body }: Version, wanted: Wanted): Content | string => {
    const resource = JSON.parse(body) as Resource;
    if (resource.status === wanted) return `it is ${wanted} already`;
    if (wanted === 'retired' && resource.status !== 'active') return 'only what is active can be retired';
    const exact = parseExact(body);
    if (!isExactObject(exact)) return 'it cannot be read';
    const json = printExact({ ...exact, status: wanted, date: now().toISOString() });
    const after = JSON.parse(json) as Resource;
    return canonicalChange(resource, after)?.diagnostics ?? { resource: after, json };
  };

  const make = async (version: Version, wanted: Wanted): Promise<Published> => {
    const content = becoming(version, wanted);
    if (typeof content === 'string') return notPossible(content);
    const { type, id, versionId } = version;
    const written = await backend.update({ type, id, content, ifMatch: versionId }, everything);
    if (written.kind !== 'updated') return { kind: 'changed' };
    changed();
    return { kind: 'done', version: written.version };
  };

  return {
    twoPersons,
    want: async ({ type, id }, wanted, by, note) => {
      const version = await current(type, id);
      if (version === undefined) return { kind: 'absent' };
      const after = becoming(version, wanted);
      if (typeof after === 'string') return notPossible(after);
      const decided = twoPersons ? null : 'approved';
      const made = twoPersons ? undefined : await make(version, wanted);
      if (made !== undefined && made.kind !== 'done') return made;
      const { rows } = await pool.query<{ id: string }>(
        `insert into registry_proposal (type, artefact, version_id, wanted, note, proposed_by, proposed_name, proposed_at,
           decision, decided_by, decided_name, decided_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict (type, artefact) where decision is null do nothing returning id::text`,
        [
          ...[type, id, version.versionId, wanted, note.slice(0, 1000), by.id, by.name, now(), decided],
          ...(twoPersons ? [null, null, null] : [by.id, by.name, now()]),
        ],
      );
      const [row] = rows;
      if (made !== undefined) return made;
      return row === undefined
        ? notPossible('another wish waits for its decision')
        : { kind: 'waiting', proposal: row.id };
    },
    decide: async ({ type, id }, decision, by) => {
      const { rows } = await pool.query<Row>(
        `select ${columns} from registry_proposal where type = $1 and artefact = $2 and decision is null`,
        [type, id],
      );
      const [row] = rows;
      if (row === undefined) return { kind: 'absent' };
      if (decision === 'approved' && row.proposed_by === by.id) return { kind: 'same-person' };
      const settle = async (kind: 'approved' | 'refused'): Promise<boolean> => {
        const settled = await pool.query(
          `update registry_proposal set decision = $2, decided_by = $3, decided_name = $4, decided_at = $5
           where id = $1 and decision is null`,
          [row.id, kind, by.id, by.name, now()],
        );
        return settled.rowCount === 1;
      };
      if (decision === 'refused') return (await settle('refused')) ? { kind: 'refused' } : { kind: 'absent' };
      const version = await current(type, id);
      if (version === undefined) return { kind: 'absent' };
      // What was proposed is what is approved: whoever changed it meanwhile has to propose it again.
      if (version.versionId !== row.version_id) {
        await settle('refused');
        return { kind: 'changed' };
      }
      const made = await make(version, row.wanted);
      if (made.kind === 'done') await settle('approved');
      return made;
    },
    waiting: async () => {
      const { rows } = await pool.query<Row>(
        `select ${columns} from registry_proposal where decision is null order by proposed_at, id`,
      );
      return rows.map(proposalOf);
    },
    history: async (at) => {
      const { rows } = await pool.query<Row>(
        `select ${columns} from registry_proposal where $1::text is null or (type = $1 and artefact = $2)
         order by registry_proposal.id desc limit ${shownHistory}`,
        [at?.type ?? null, at?.id ?? null],
      );
      return rows.map(proposalOf);
    },
  };
};
