/**
 * The elements that a Consent is made of, read strictly: what is not wholly understood is a fault with the place where it
 * stands, never left out, since what is left out could be what the person said no to. FHIR R4 datatypes.html, consent.html.
 */
import type { Span } from './consent.ts';
import { dateRange } from './date-range.ts';
import { parseReference } from './reference.ts';
import type { Coding } from './resource.ts';

/** What cannot be understood, and where. Never crosses `parseConsent`. */
export class Unclear extends Error {
  readonly expression: string;
  constructor(expression: string, reason: string) {
    super(reason);
    this.expression = expression;
  }
}
export const unclear = (at: string, reason: string): never => {
  throw new Unclear(at, reason);
};

export type Json = Readonly<Record<string, unknown>>;
export const objectAt = (value: unknown, at: string): Json => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return unclear(at, 'is not an object');
  const object = value as Json;
  if (object.modifierExtension !== undefined)
    unclear(`${at}.modifierExtension`, 'changes the meaning in an unknown way');
  return object;
};

/** Refuses elements that are not among these: what is not known could take something back. */
export const onlyElements = (object: Json, names: ReadonlySet<string>, at: string): void => {
  for (const name of Object.keys(object)) {
    if (!names.has(name) && name !== 'id' && name !== 'extension') unclear(`${at}.${name}`, 'is not known there');
  }
};

/** The items of a list that may be left out, but is not empty where it stands. */
export const itemsAt = <Item>(
  value: unknown,
  at: string,
  read: (item: unknown, at: string) => Item,
): readonly Item[] => {
  if (value === undefined) return [];
  const items = Array.isArray(value) && value.length > 0 ? value : unclear(at, 'is not a list with something in it');
  return items.map((item: unknown, index: number) => read(item, `${at}[${index}]`));
};

export const textAt = (value: unknown, at: string): string =>
  typeof value === 'string' && value !== '' ? value : unclear(at, 'is not a text');

export const codingAt = (value: unknown, at: string): Coding => {
  const { system, code } = objectAt(value, at);
  if (code === undefined) return unclear(at, 'has no code');
  return {
    ...(system === undefined ? {} : { system: textAt(system, `${at}.system`) }),
    code: textAt(code, `${at}.code`),
  };
};

/** The codings of a concept; one that is said in words alone has none, and is a fault. */
export const conceptAt = (value: unknown, at: string): readonly Coding[] => {
  const codings = itemsAt(objectAt(value, at).coding, `${at}.coding`, codingAt);
  return codings.length === 0 ? unclear(at, 'has no code') : codings;
};

const rangeAt = (value: unknown, at: string) => dateRange(textAt(value, at)) ?? unclear(at, 'is not a date or time');

/** A Period by the precision of its dates: `2022` as an end is until the end of that year. */
export const spanAt = (value: unknown, at: string): Span | undefined => {
  if (value === undefined) return undefined;
  const period = objectAt(value, at);
  onlyElements(period, new Set(['start', 'end']), at);
  const start = period.start === undefined ? undefined : rangeAt(period.start, `${at}.start`).start;
  const end = period.end === undefined ? undefined : rangeAt(period.end, `${at}.end`).end;
  if (start === undefined && end === undefined) return unclear(at, 'has neither start nor end');
  if (start !== undefined && end !== undefined && start >= end) return unclear(at, 'ends before it starts');
  return { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) };
};

/** A reference to a resource of this server; undefined where it names none, only an identifier or a text. */
export const localAt = (
  value: unknown,
  ownBases: readonly string[],
  at: string,
): { readonly type: string; readonly id: string } | undefined => {
  const { reference } = objectAt(value, at);
  if (reference === undefined) return undefined;
  const target = parseReference(textAt(reference, `${at}.reference`), ownBases);
  return target.kind === 'local'
    ? { type: target.type, id: target.id }
    : unclear(`${at}.reference`, 'is not a resource of this server');
};
