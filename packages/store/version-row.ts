/** A version as the tables hold it, made into what a Backend answers. FHIR R4 http.html#versions. */
import type { Deletion, Version } from '@affinity/core/fhir/backend.ts';

/** As the driver gives it: bigint columns are text. */
export interface VersionRow {
  readonly id: string;
  readonly version: number;
  readonly last_updated: string;
  readonly deleted: boolean;
  readonly body: string | null;
  /** the one patient whose record it is, or the several; where the statement asked for them */
  readonly owner?: string | null;
  readonly owners?: readonly string[] | null;
}

/** Epoch milliseconds as an instant of FHIR. The last is remembered: what was stored together has one instant. */
export const toInstant = (milliseconds: number): string => {
  if (milliseconds !== last.milliseconds) last = { milliseconds, text: new Date(milliseconds).toISOString() };
  return last.text;
};
let last = { milliseconds: Number.NaN, text: '' };

export const toDeletion = (type: string, row: VersionRow): Deletion => ({
  type,
  id: row.id,
  versionId: String(row.version),
  lastUpdated: toInstant(Number(row.last_updated)),
});

/** @throws Error when the row is of a deletion: the caller looks first. */
export const toVersion = (type: string, row: VersionRow): Version => {
  if (row.body === null) throw new Error(`Version ${row.version} of ${type}/${row.id} has no content.`);
  const { owner, owners } = row;
  const patients = owners ?? (owner === undefined ? undefined : owner === null ? [] : [owner]);
  return { ...toDeletion(type, row), body: row.body, ...(patients === undefined ? {} : { patients }) };
};

/** The number behind a version id of ours; undefined for a text that we never gave out. */
export const parseVersionId = (versionId: string): number | undefined =>
  /^[1-9]\d{0,8}$/.test(versionId) ? Number(versionId) : undefined;
