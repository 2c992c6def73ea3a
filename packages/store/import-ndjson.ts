/** ndjson: one resource a line. FHIR Bulk Data; a line over the limit is refused without being held in memory. */

import { documentItems } from './import-bundle.ts';
import type { ImportItem } from './import-item.ts';

/** `chunks` is the decoded text of a file. Empty lines are nothing. */
export async function* ndjsonItems(
  chunks: AsyncIterable<string>,
  origin: string,
  limit: number,
): AsyncGenerator<ImportItem> {
  let line = '';
  let number = 1;
  let over = false;
  const take = function* (): Generator<ImportItem> {
    const at = `${origin} line ${number}`;
    if (over) yield { kind: 'refused', reason: `a line of more than ${limit} characters`, origin: at };
    else if (line.trim() !== '') yield* documentItems(line, at);
    line = '';
    over = false;
    number += 1;
  };
  const add = (part: string): void => {
    over ||= line.length + part.length > limit;
    line = over ? '' : line + part;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', start)) {
      add(chunk.slice(start, end));
      yield* take();
      start = end + 1;
    }
    add(chunk.slice(start));
  }
  yield* take();
}
