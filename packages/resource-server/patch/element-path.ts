/**
 * The FHIRPath that a patch may name an element by: a chain of members, each followed by an index, `first()`, `last()` or
 * `where(member = 'text')`, and `extension('url')`. Nothing else of FHIRPath is taken, so that a path is read in one
 * pass, computes nothing and reaches nothing outside the resource. FHIR R4 fhirpatch.html, fhirpath.html; FHIRPath N1.
 */
import { malformed } from './work.ts';

export type Step =
  | { readonly kind: 'member'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'first' }
  | { readonly kind: 'last' }
  /** items of which some value at the members is this text; booleans and numbers as they are written */
  | { readonly kind: 'where'; readonly members: readonly string[]; readonly text: string };

export interface ElementPath {
  /** the type of the resource, with which the path begins */
  readonly type: string;
  readonly steps: readonly Step[];
}

const longest = 2000;
const unsupported = () =>
  malformed(
    "a path is made of members, [index], first(), last(), where(member = 'text') and extension('url'), such as Patient.name.where(use = 'official').given[0]",
  );

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f' };
/** FHIRPath N1 §4.1.2: a string in single quotes with its escapes. */
const literal = (text: string): string =>
  text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, hex: string | undefined, char: string) =>
    hex === undefined ? (escapes[char] ?? char) : String.fromCharCode(Number.parseInt(hex, 16)),
  );

/** Each is tried where the one before has ended. */
const name = /\.([a-zA-Z_]\w*)(?!\w*\()/y;
const index = /\[(\d{1,9})\]/y;
const call = /\.(first|last)\(\)/y;
const extension = /\.extension\(\s*'((?:[^'\\]|\\.)*)'\s*\)/y;
const where =
  /\.where\(\s*([a-zA-Z_]\w*(?:\.[a-zA-Z_]\w*)*)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|(true|false|-?\d+(?:\.\d+)?))\s*\)/y;

export const parseElementPath = (text: string): ElementPath => {
  if (text.length > longest) throw malformed(`a path has at most ${longest} characters`);
  const type = /^[A-Z]\w*/.exec(text)?.[0];
  if (type === undefined) throw unsupported();
  const steps: Step[] = [];
  let at = type.length;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) at += found[0].length;
    return found;
  };
  while (at < text.length) {
    const called = take(call);
    if (called !== null) {
      steps.push({ kind: called[1] === 'first' ? 'first' : 'last' });
      continue;
    }
    const ofUrl = take(extension);
    if (ofUrl !== null) {
      steps.push(
        { kind: 'member', name: 'extension' },
        { kind: 'where', members: ['url'], text: literal(ofUrl[1] ?? '') },
      );
      continue;
    }
    const filtered = take(where);
    if (filtered !== null) {
      const [, members = '', quoted, bare = ''] = filtered;
      steps.push({ kind: 'where', members: members.split('.'), text: quoted === undefined ? bare : literal(quoted) });
      continue;
    }
    const indexed = take(index);
    if (indexed !== null) {
      steps.push({ kind: 'index', index: Number(indexed[1]) });
      continue;
    }
    const member = take(name);
    if (member === null) throw unsupported();
    steps.push({ kind: 'member', name: member[1] ?? '' });
  }
  return { type, steps };
};
