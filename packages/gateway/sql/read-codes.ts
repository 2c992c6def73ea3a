/** The code maps of a mapping file. FHIR R4 terminologies.html. */
import type { CodeMap } from './code-map.ts';
import type { Reader } from './mapping-reader.ts';
import type { Tree } from './mapping-tree.ts';

type Mapped = CodeMap['codes'] extends ReadonlyMap<string, infer Value> ? Value : never;

/** `male`, `[2345-7, Glucose]`, or names: `{ system, code, display }`. */
const readCoding = (reader: Reader, tree: Tree, system: string | undefined): Mapped | undefined => {
  const ofSystem = system === undefined ? {} : { system };
  if (tree.kind === 'value') {
    const code = reader.text(tree);
    return code === undefined ? undefined : { ...ofSystem, code };
  }
  if (tree.kind === 'list') {
    const [code, display, more] = tree.items.map((item) => reader.text(item));
    if (code === undefined || display === undefined || more !== undefined || tree.items.length > 2)
      return reader.fault(tree, 'a code and its display are expected: [2345-7, Glucose]');
    return { ...ofSystem, code, display };
  }
  const entries = reader.map(tree, ['system', 'code', 'display']);
  const code = entries && reader.text(reader.need(entries, 'code', tree));
  if (entries === undefined || code === undefined) return undefined;
  const own = reader.text(entries.get('system')) ?? system;
  const display = reader.text(entries.get('display'));
  return {
    ...(own === undefined ? {} : { system: own }),
    code,
    ...(display === undefined ? {} : { display }),
  };
};

const readMap = (reader: Reader, name: string, tree: Tree): CodeMap => {
  const entries = reader.map(tree, ['system', 'local', 'map', 'else']);
  const codes = new Map<string, Mapped>();
  const system = reader.text(entries?.get('system'));
  const listed = entries?.get('map');
  if (entries !== undefined && listed === undefined && !entries.has('local'))
    reader.fault(tree, 'a code map needs “map”, “local”, or both');
  for (const [local, one] of (listed && reader.map(listed)) ?? []) {
    const coding = readCoding(reader, one, system);
    if (coding !== undefined) codes.set(local, coding);
  }
  const local = reader.text(entries?.get('local'));
  const otherwise = reader.text(entries?.get('else'));
  return {
    name,
    codes,
    ...(local === undefined ? {} : { local }),
    ...(otherwise === undefined ? {} : { otherwise }),
  };
};

export const readCodes = (reader: Reader, tree: Tree | undefined): ReadonlyMap<string, CodeMap> => {
  const maps = tree === undefined ? undefined : reader.map(tree);
  return new Map([...(maps ?? [])].map(([name, one]) => [name, readMap(reader, name, one)]));
};
