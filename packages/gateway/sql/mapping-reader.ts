/** Reads pieces of a mapping's tree and notes every fault, so that all of them can be told at once. YAML 1.2.2. */
import type { Fault, Place, Tree } from './mapping-tree.ts';

export interface Reader {
  /** Notes a fault. */
  fault(place: Place, text: string): undefined;
  /** A map in which only these names may stand. */
  map(tree: Tree, known?: readonly string[]): ReadonlyMap<string, Tree> | undefined;
  text(tree: Tree | undefined): string | undefined;
  /** A list of texts, or one by itself. */
  texts(tree: Tree): readonly string[];
  /** What must be there. */
  need(entries: ReadonlyMap<string, Tree>, name: string, place: Place): Tree | undefined;
}

/** `a, b or c` */
export const oneOf = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;

export const createReader = (faults: Fault[]): Reader => {
  const fault: Reader['fault'] = ({ line, path }, text) => {
    faults.push({ line, path, fault: text });
    return undefined;
  };
  const text: Reader['text'] = (tree) => {
    if (tree === undefined) return undefined;
    if (tree.kind !== 'value' || tree.text === '') return fault(tree, 'a text is expected here');
    return tree.text;
  };
  return {
    fault,
    text,
    map(tree, known) {
      if (tree.kind !== 'map') return fault(tree, 'names and what they are, each on a line, are expected here');
      for (const [name, child] of tree.entries)
        if (known !== undefined && !known.includes(name))
          fault(child, `“${name}” is not known here; what may stand here is ${oneOf(known)}`);
      return tree.entries;
    },
    texts: (tree) => (tree.kind === 'list' ? tree.items : [tree]).flatMap((item) => text(item) ?? []),
    need(entries, name, place) {
      const found = entries.get(name);
      return found ?? fault(place, `“${name}” is missing here`);
    },
  };
};
