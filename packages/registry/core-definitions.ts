/**
 * HL7's own definitions of FHIR R4, which the registry carries: types, profiles and extensions with their snapshots, code
 * systems and value sets. Read from the committed files when they are first asked for; a line is parsed when it is needed.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import type { Resource } from '@affinity/core/fhir/resource.ts';

type Carried = (url: string, type: string, version?: string) => Resource | undefined;

interface Line {
  readonly start: number;
  readonly end: number;
}

/** The text is kept as bytes: as a string it would lie on the heap. */
const readFile = (name: string): ((key: string) => Resource | undefined) => {
  const bytes = brotliDecompressSync(readFileSync(join(import.meta.dirname, 'definitions', `${name}.ndjson.br`)));
  const lines = new Map<string, Line>();
  for (let start = 0; start < bytes.length; ) {
    const tab = bytes.indexOf('\t', start);
    const next = bytes.indexOf('\n', tab);
    const end = next < 0 ? bytes.length : next;
    lines.set(bytes.toString('utf8', start, tab), { start: tab + 1, end });
    start = end + 1;
  }
  return (key) => {
    const line = lines.get(key);
    return line === undefined ? undefined : (JSON.parse(bytes.toString('utf8', line.start, line.end)) as Resource);
  };
};

export const createCoreDefinitions = (): Carried => {
  const files = new Map<string, (key: string) => Resource | undefined>();
  const fileOf = (type: string) => {
    const name = type === 'StructureDefinition' ? 'structures' : 'terminology';
    const file = files.get(name) ?? readFile(name);
    files.set(name, file);
    return file;
  };
  return (url, type, version) => {
    // What cannot be HL7's is not looked for: the files are read at the first question.
    if (!/^http:\/\/(hl7\.org\/fhir|terminology\.hl7\.org)\//.test(url)) return undefined;
    const found = fileOf(type)(`${type} ${url}`);
    return version === undefined || found?.version === version ? found : undefined;
  };
};
