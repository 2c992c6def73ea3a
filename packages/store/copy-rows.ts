/** New resources by COPY: version 1 of each, with all the rows that it is found by. docs/decisions/0002-table-layout.md. */
import type pg from 'pg';
import { copyLine, copyLines, textArray } from './copy-text.ts';
import { termArray } from './filter-sql.ts';
import type { ResourceRow } from './resource-row.ts';
import { valueLines } from './value-rows.ts';

export interface NewResource {
  readonly row: ResourceRow;
  /** its JSON text, as version 1 stored now */
  readonly body: string;
}

const resourceColumns =
  'rid, last_updated, occurred, occurred_end, version, confidentiality, deleted, method, type, id, owner, owners, patients, terms, body';
const compartmentColumns = 'rid, occurred, occurred_end, last_updated, confidentiality, patient, type, owner, terms';

/** @throws the error of the driver; code 23505 when another writer was faster */
export const copyResources = async (
  client: pg.PoolClient,
  resources: readonly NewResource[],
  now: number,
): Promise<void> => {
  const lines = new Map<string, string[]>();
  const add = (target: string, line: string): void => {
    const known = lines.get(target);
    if (known === undefined) lines.set(target, [line]);
    else known.push(line);
  };
  for (const { row, body } of resources) {
    const { rid, type, id, owner, owners, confidentiality, occurredEnd, patients } = row;
    const occurred = row.occurred ?? now;
    const terms = termArray(row.terms);
    add(
      `resource (${resourceColumns})`,
      copyLine([
        rid,
        now,
        occurred,
        occurredEnd,
        1,
        confidentiality,
        false,
        'PUT',
        type,
        id,
        owner,
        owners && textArray(owners),
        textArray(patients),
        terms,
        body,
      ]),
    );
    for (const patient of patients) {
      add(
        `compartment (${compartmentColumns})`,
        copyLine([rid, occurred, occurredEnd, now, confidentiality, patient, type, owner, terms]),
      );
    }
    for (const term of row.postings) add('posting (term, occurred, rid)', `${term}\t${occurred}\t${rid}\n`);
    for (const { param, folded, text } of row.strings) {
      add('string_index (rid, parameter, folded, text)', copyLine([rid, param, folded, text]));
    }
    for (const { param, start, end } of row.dates) {
      add('date_index (rid, parameter, start_at, end_at)', copyLine([rid, param, start, end]));
    }
    for (const [target, line] of valueLines(row)) add(target, line);
  }
  for (const [target, of] of lines) await copyLines(client, target, of);
};
