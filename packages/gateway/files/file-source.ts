/**
 * Records that came as files, as a foreign system that can be asked: read, find, earlier versions. It only reads; what is
 * written comes through the folder (folder.ts). FHIR R4 http.html; docs/guides/connect-files.md.
 */
import { BackendTooSlow, BackendUnavailable, type TypeCapability } from '@affinity/core/fhir/backend.ts';
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import { standardParameters } from '@affinity/core/fhir/search-parameter.ts';
import type { Pool, QueryResultRow } from 'pg';
import type { At, Held, Source, SourceHistory, SourceRead } from '../source.ts';
import { findStatement, printCursor, sortParams } from './find-records.ts';
import { heldOf } from './record-version.ts';

export interface FileSourceOptions {
  readonly pool: Pool;
  /** name of the resource server, as the folder that fills it has it */
  readonly server: string;
  /** resource types that may come */
  readonly types: readonly string[];
}

interface Row extends QueryResultRow {
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly updated_at: string;
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly body: string | null;
}

const heldOfRow = ({ type, id, version, updated_at, body }: Row & { readonly body: string }): Held =>
  heldOf({ type, id, version, updatedAt: Number(updated_at), body });
const asRead = (row: Row | undefined): SourceRead => {
  if (row === undefined) return { kind: 'absent' };
  const { body } = row;
  return row.method === 'DELETE' || body === null
    ? { kind: 'deleted' }
    : { kind: 'found', version: heldOfRow({ ...row, body }) };
};

const capabilityOf = (type: string): TypeCapability => {
  const params = standardParameters.of(type);
  return {
    type,
    interactions: ['read', 'vread', 'history-instance', 'search-type'],
    searchParams: params.map(({ code, type: kind, definition }) => ({ name: code, type: kind, definition })),
    sort: sortParams.filter((name) => params.some(({ code }) => code === name)),
  };
};

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '';
/** 57014: the statement was cancelled, because it took too long. */
const told = (error: unknown): Error =>
  codeOf(error) === '57014' ? new BackendTooSlow(error) : new BackendUnavailable(error);

const largestVersion = 2_147_483_647;
const most = 1000;

const versionsSql = `select type, id, version, updated_at, method, case when method = 'DELETE' then null else body end as body
    from file_record where server = $1 and type = $2 and id = $3
  union all select type, id, version, updated_at, method, body
    from file_record_version where server = $1 and type = $2 and id = $3`;

export const createFileSource = ({ pool, server, types }: FileSourceOptions): Source => {
  const query = async <One extends QueryResultRow>(
    statement: { readonly text: string; readonly values: readonly unknown[]; readonly name?: string },
    signal: AbortSignal | undefined,
  ): Promise<readonly One[]> => {
    signal?.throwIfAborted();
    try {
      const { rows } = await pool.query<One>({ ...statement, values: [...statement.values] });
      signal?.throwIfAborted();
      return rows;
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : told(error);
    }
  };
  const place = ({ type, id }: At) => [server, type, id];

  return {
    name: server,
    capabilities: [...new Set(types)].sort().map(capabilityOf),

    async read(at, signal) {
      const text =
        'select type, id, version, updated_at, method, body from file_record where server = $1 and type = $2 and id = $3';
      const [row] = await query<Row>({ name: 'file-source-read', text, values: place(at) }, signal);
      return asRead(row);
    },

    async find(wanted, signal) {
      const count = Math.min(Math.max(wanted.count, 1), most);
      const rows = await query<Row & { readonly body: string; readonly keys: readonly string[] }>(
        findStatement(server, wanted, count),
        signal,
      );
      const page = rows.slice(0, count);
      const last = page.at(-1);
      return {
        found: page.map(heldOfRow),
        ...(rows.length > count && last !== undefined ? { next: printCursor(last.keys) } : {}),
      };
    },

    async vread({ versionId, ...at }, signal) {
      if (!/^[1-9]\d{0,9}$/.test(versionId) || Number(versionId) > largestVersion) return { kind: 'absent' };
      const text = `select * from (${versionsSql}) as known where version = $4`;
      const [row] = await query<Row>(
        { name: 'file-source-vread', text, values: [...place(at), Number(versionId)] },
        signal,
      );
      return asRead(row);
    },

    async historyInstance({ page, ...at }, signal): Promise<SourceHistory | 'absent'> {
      const count = Math.min(Math.max(page.count, 1), most);
      const before = page.before ?? String(largestVersion);
      if (!/^[1-9]\d{0,9}$/.test(before) || Number(before) > largestVersion)
        throw fhirError(400, 'invalid', 'there is no such page');
      const text = `select * from (${versionsSql}) as known where version < $4 order by version desc limit $5`;
      const values = [...place(at), Number(before), count + 1];
      const rows = await query<Row>({ name: 'file-source-history', text, values }, signal);
      if (rows.length === 0 && page.before === undefined) return 'absent';
      const shown = rows.slice(0, count);
      const entries = shown.map((row) => {
        const { type, id, version, method, body } = row;
        const deleted = {
          type,
          id,
          versionId: String(version),
          lastUpdated: new Date(Number(row.updated_at)).toISOString(),
        };
        return { method, version: body === null ? deleted : heldOfRow({ ...row, body }) };
      });
      const last = shown.at(-1);
      return { entries, ...(rows.length > count && last !== undefined ? { next: String(last.version) } : {}) };
    },
  };
};
