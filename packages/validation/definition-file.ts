/**
 * HL7's definitions of R4 and US Core 6.1.0, read from the committed file when they are first asked for. A line is parsed
 * when its definition is needed, because most never are.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import type { StructureDefinition } from './structure-definition.ts';
import type { Expansion } from './value-set.ts';

export interface Definitions {
  structure(url: string): StructureDefinition | undefined;
  codes(url: string): Expansion | undefined;
}

const path = join(import.meta.dirname, 'definitions', 'r4-us-core-6.1.0.ndjson.br');

export const readDefinitions = (): Definitions => {
  const text = brotliDecompressSync(readFileSync(path)).toString('utf8');
  const lines = new Map<string, { readonly start: number; readonly end: number }>();
  for (let start = 0; start < text.length; ) {
    const tab = text.indexOf('\t', start);
    const next = text.indexOf('\n', tab);
    const end = next < 0 ? text.length : next;
    lines.set(text.slice(start, tab), { start: tab + 1, end });
    start = end + 1;
  }
  const parse = (url: string): unknown => {
    const line = lines.get(url);
    return line === undefined ? undefined : JSON.parse(text.slice(line.start, line.end));
  };
  return {
    structure: (url) => {
      const found = parse(url) as StructureDefinition | undefined;
      return found?.snapshot === undefined ? undefined : found;
    },
    codes: (url) => (parse(url) as { readonly codes?: Expansion } | undefined)?.codes,
  };
};
