/** The text of a mapping file as a tree in which every piece knows its line, so that a fault can be told where it is. YAML 1.2.2. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';

export interface Place {
  /** from 1 */
  readonly line: number;
  /** `resources.Patient.elements.gender` */
  readonly path: string;
}
/** A fault is a plain sentence about one place. */
export interface Fault extends Place {
  readonly fault: string;
}
export type Tree = Place &
  (
    | { readonly kind: 'map'; readonly entries: ReadonlyMap<string, Tree> }
    | { readonly kind: 'list'; readonly items: readonly Tree[] }
    /** `text`: as it is written, so that 0047113 keeps its zeros */
    | { readonly kind: 'value'; readonly value: string | number | boolean | null; readonly text: string }
  );

export type ReadTree =
  | { readonly kind: 'tree'; readonly tree: Tree }
  | { readonly kind: 'faults'; readonly faults: readonly Fault[] };

/** Names that reach a prototype: no element, table or code is called so. */
const refused = new Set(['__proto__', 'constructor', 'prototype']);
const deepest = 30;

export const readTree = (source: string): ReadTree => {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const faults: Fault[] = document.errors.map(({ pos, message }) => ({
    line: lines.linePos(pos[0]).line,
    path: '',
    fault: `this is not YAML: ${message}`,
  }));
  const fault = (place: Place, text: string): undefined => {
    faults.push({ line: place.line, path: place.path, fault: text });
    return undefined;
  };
  const lineOf = (node: Node | null | undefined, otherwise: number): number =>
    node?.range ? lines.linePos(node.range[0]).line : otherwise;
  const build = (given: unknown, path: string, above: number, depth: number): Tree | undefined => {
    const node = isAlias(given) ? given.resolve(document) : (given as Node | null);
    const place = { path, line: lineOf(isAlias(given) ? given : node, above) };
    if (depth > deepest) return fault(place, `this is nested more than ${deepest} levels deep`);
    if (node === null || node === undefined) return { ...place, kind: 'value', value: null, text: '' };
    if (isScalar(node)) {
      const { value } = node;
      const plain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
      if (!plain && value !== null) return fault(place, 'a text, a number, true or false is expected');
      return {
        ...place,
        kind: 'value',
        value,
        text: typeof value === 'string' ? value : (node.source ?? String(value)),
      };
    }
    if (isSeq(node)) {
      const items = node.items.flatMap((item, index) => build(item, `${path}[${index}]`, place.line, depth + 1) ?? []);
      return { ...place, kind: 'list', items };
    }
    if (!isMap(node)) return fault(place, 'this cannot stand in a mapping');
    const entries = new Map<string, Tree>();
    for (const { key, value } of node.items) {
      const line = lineOf(key as Node, place.line);
      const name = isScalar(key) ? (typeof key.value === 'string' ? key.value : (key.source ?? '')) : undefined;
      const at = { line, path: path === '' ? (name ?? '') : `${path}.${name ?? ''}` };
      if (name === undefined || refused.has(name)) fault(at, 'this cannot be a name here');
      else {
        const child = build(value, at.path, line, depth + 1);
        // A fault of what a name holds is told at the line of the name, where it is looked for.
        if (child !== undefined) entries.set(name, { ...child, line });
      }
    }
    return { ...place, kind: 'map', entries };
  };
  const tree = document.errors.length > 0 ? undefined : build(document.contents, '', 1, 1);
  return faults.length > 0 || tree === undefined ? { kind: 'faults', faults } : { kind: 'tree', tree };
};
