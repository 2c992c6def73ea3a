/**
 * The texts that `:text` looks through, each kept once (0050-search-values.sql, `text_value`). They are put in before the
 * resources that have them. FHIR R4 search.html#token.
 */
import type { Query } from './database.ts';
import type { ResourceRow } from './resource-row.ts';
import { sql } from './sql.ts';
import type { Term } from './terms.ts';

export interface TextValues {
  /** Puts in what is not known to be there. `lasting`: what this query puts in stays, whatever becomes of the rest. */
  keep(query: Query, rows: readonly ResourceRow[], lasting: boolean): Promise<void>;
}

const kept = 100_000;

export const createTextValues = (): TextValues => {
  const known = new Set<Term>();
  return {
    keep: async (query, rows, lasting) => {
      const missing = new Map(
        rows.flatMap(({ texts }) => texts.filter(({ term }) => !known.has(term)).map((text) => [text.term, text])),
      );
      if (missing.size === 0) return;
      // In one order, so that two who put in the same texts never wait for each other in a circle.
      const texts = [...missing.values()].sort((a, b) => (a.term < b.term ? -1 : 1));
      await query(sql`
        insert into text_value (term, parameter, folded)
        select * from unnest(${texts.map(({ term }) => term)}::bigint[],
          ${texts.map(({ parameter }) => parameter)}::bigint[], ${texts.map(({ folded }) => folded)}::text[])
        on conflict do nothing`);
      if (!lasting) return;
      if (known.size + texts.length > kept) known.clear();
      for (const { term } of texts) known.add(term);
    },
  };
};
