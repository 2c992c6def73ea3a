/**
 * The part of XPath that a selector of an XML Patch may use: steps from the root by name or `*`, each with `[2]`,
 * `[@a = 'x']` or `[b/c/@a = 'x']`, and an attribute at the end. RFC 5261 §4.1, §9 (its schema allows little more).
 */
import type { XmlElement } from '../xml/tree.ts';
import { inapplicable, malformed, type Work } from './work.ts';

type Predicate =
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'equal'; readonly names: readonly string[]; readonly attribute: string; readonly text: string };
interface SelectorStep {
  /** `*`: any */
  readonly name: string;
  readonly predicates: readonly Predicate[];
}
export interface Selector {
  readonly steps: readonly SelectorStep[];
  readonly attribute?: string;
}

/** Whether a prefix stands for a namespace of FHIR's XML where the selector is written. */
export type KnowsPrefix = (prefix: string) => boolean;

const longest = 2000;
const unsupported = () =>
  malformed(
    "a selector is made of names, *, [2], [@url = 'x'], [use/@value = 'x'] and an attribute at the end, such as Patient/name[1]/family/@value",
  );

/** Each is tried where the one before has ended. */
const step = /\/?(?:(\w[\w.-]*):)?(\w[\w.-]*|\*)/y;
const attribute = /\/@(\w[\w.-]*)$/y;
const index = /\[\s*(\d{1,9})\s*\]/y;
const equal = /\[\s*((?:(?:\w[\w.-]*:)?\w[\w.-]*\/)*)@(\w[\w.-]*)\s*=\s*(?:'([^']*)'|"([^"]*)")\s*\]/y;

export const parseSelector = (text: string, knows: KnowsPrefix): Selector => {
  if (text.length > longest) throw malformed(`a selector has at most ${longest} characters`);
  const steps: SelectorStep[] = [];
  const local = (qualified: string): string => {
    const [prefix, name] = qualified.includes(':') ? qualified.split(':') : ['', qualified];
    if (prefix !== '' && !knows(prefix ?? ''))
      throw malformed('a selector uses a prefix that is not declared for FHIR');
    return name ?? '';
  };
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) at += found[0].length;
    return found;
  };
  while (at < text.length) {
    const last = steps.length === 0 ? null : take(attribute);
    if (last !== null) return { steps, attribute: last[1] ?? '' };
    if (steps.length > 0 && text[at] !== '/') throw unsupported();
    const named = take(step);
    if (named === null) throw unsupported();
    const [, prefix, name = ''] = named;
    const predicates: Predicate[] = [];
    for (;;) {
      const indexed = take(index);
      const compared = indexed === null ? take(equal) : null;
      if (indexed !== null) predicates.push({ kind: 'index', index: Number(indexed[1]) });
      else if (compared !== null) {
        const [, path = '', of = '', single, double = ''] = compared;
        const names = path.split('/').slice(0, -1).map(local);
        predicates.push({ kind: 'equal', names, attribute: of, text: single ?? double });
      } else break;
    }
    steps.push({ name: prefix === undefined ? name : local(`${prefix}:${name}`), predicates });
  }
  if (steps.length === 0) throw unsupported();
  return { steps };
};

const childrenNamed = (element: XmlElement, name: string, work: Work): readonly XmlElement[] =>
  element.children.filter((child) => {
    work.look();
    return name === '*' || child.name === name;
  });

const meets = (element: XmlElement, predicate: Extract<Predicate, { kind: 'equal' }>, work: Work): boolean =>
  predicate.names
    .reduce<readonly XmlElement[]>((found, name) => found.flatMap((one) => childrenNamed(one, name, work)), [element])
    .some((one) => one.attributes.get(predicate.attribute) === predicate.text);

const narrowed = (found: readonly XmlElement[], { predicates }: SelectorStep, work: Work): readonly XmlElement[] =>
  predicates.reduce<readonly XmlElement[]>(
    (left, predicate) =>
      predicate.kind === 'index'
        ? left.slice(Math.max(predicate.index - 1, 0), predicate.index)
        : left.filter((one) => meets(one, predicate, work)),
    found,
  );

export interface Target {
  readonly element: XmlElement;
  /** absent of the root */
  readonly parent?: XmlElement;
}

/** RFC 5261 §4.1: a selector selects exactly one node. */
export const selectOne = (root: XmlElement, { steps }: Selector, work: Work): Target => {
  let found: readonly Target[] = [];
  for (const [i, each] of steps.entries()) {
    if (i === 0) {
      const isRoot = each.name === '*' || each.name === root.name;
      found = narrowed(isRoot ? [root] : [], each, work).map((element) => ({ element }));
    } else
      found = found.flatMap(({ element: parent }) =>
        narrowed(childrenNamed(parent, each.name, work), each, work).map((element) => ({ element, parent })),
      );
  }
  const [target, second] = found;
  if (target === undefined) throw inapplicable('a selector selects nothing');
  if (second !== undefined) throw inapplicable('a selector selects more than one element');
  return target;
};
