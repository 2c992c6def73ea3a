/** What an element of a differential says, laid over the element that it constrains. FHIR R4 profiling.html#snapshot, elementdefinition.html. */
import { isDeepStrictEqual } from 'node:util';
import { isJson, type Json } from '../terminology/json-read.ts';
import { copyOf, type SnapshotElement } from './element.ts';

/** A text that begins so goes on after the one before. FHIR R4 elementdefinition.html#interpretation. */
const longer = (before: unknown, after: unknown): unknown =>
  typeof after === 'string' && after.startsWith('...') && typeof before === 'string'
    ? `${before}\r\n${after.slice(3)}`
    : after;

const added = (before: unknown, after: unknown, isSame: (a: unknown, b: unknown) => boolean): readonly unknown[] => {
  const known = Array.isArray(before) ? before : [];
  const given = Array.isArray(after) ? after : [];
  return [...known, ...given.filter((each) => !known.some((other) => isSame(other, each)))];
};

const bySame =
  (...names: readonly string[]) =>
  (a: unknown, b: unknown): boolean =>
    isJson(a) && isJson(b) && names.every((name) => isDeepStrictEqual(a[name], b[name]));

/** Lists that grow: by what tells their members apart. */
const growing: Readonly<Record<string, (a: unknown, b: unknown) => boolean>> = {
  alias: isDeepStrictEqual,
  condition: isDeepStrictEqual,
  extension: bySame('url'),
  modifierExtension: bySame('url'),
  mapping: bySame('identity', 'map'),
  constraint: bySame('key'),
  example: bySame('label'),
};
const texts = new Set(['definition', 'comment', 'requirements', 'meaningWhenMissing', 'short']);
const kept = new Set(['id', 'path', 'base', 'sliceName']);

/** Of a choice, the one that is said takes the place of another: a pattern, a default, the least value. */
const choices = ['fixed', 'pattern', 'defaultValue', 'minValue', 'maxValue'];
const choiceOf = (name: string): string | undefined =>
  choices.find((stem) => name.startsWith(stem) && /^[A-Z]/.test(name.slice(stem.length)));

/** What is not said again of slicing, and of a binding which ValueSet it is and how strictly, stays. */
const completed = (name: string, before: unknown, after: unknown): unknown => {
  if (!isJson(before) || !isJson(after)) return after;
  if (name === 'slicing') return { ...before, ...after };
  const { strength, valueSet } = before;
  return {
    ...Object.fromEntries(Object.entries({ strength, valueSet }).filter(([, value]) => value !== undefined)),
    ...after,
  };
};

export const mergeElement = (onto: SnapshotElement, from: Json): void => {
  for (const [name, value] of Object.entries(from)) {
    if (kept.has(name)) continue;
    const stem = choiceOf(name);
    if (stem !== undefined) for (const other of Object.keys(onto)) if (choiceOf(other) === stem) delete onto[other];
    const isSame = Object.hasOwn(growing, name) ? growing[name] : undefined;
    const said = name === 'slicing' || name === 'binding' ? completed(name, onto[name], value) : value;
    const laid = texts.has(name) ? longer(onto[name], said) : said;
    onto[name] = copyOf(isSame === undefined ? laid : added(onto[name], said, isSame));
  }
};
