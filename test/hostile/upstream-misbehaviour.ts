/**
 * What a foreign FHIR server does wrong with one question. It hangs on the seed and on what is asked, never on what is
 * stored nor on what was asked before, so that two worlds meet the same. FHIR R4 http.html, search.html#errors.
 */
import { createHash } from 'node:crypto';

export interface Misdeed {
  /** parameters that it passes over */
  ignores(param: string): boolean;
  /** resources on a page, whatever was asked for */
  readonly pageSize?: number;
  /** a resource of another patient stands among the matches */
  readonly adds: boolean;
  /** what it says of a total */
  readonly total?: number;
  readonly delayMs: number;
  /** no answer that can be used: cut off within the body, a page of HTML, or another resource than was asked for */
  readonly breaks?: 'cut' | 'html' | 'another';
}

const passedOver = ['patient', 'subject', '_id', 'category', 'code', 'date', 'status'];
const pageState = /(?<=[?&])(?:_page|_count)=[^&]*&?/g;
const breaking = ['cut', 'html', 'another'] as const;

/** `question`: method, and what is asked below the base, in words that are the same in both worlds. */
export const misdeedOf = (seed: number, question: string): Misdeed => {
  const digest = createHash('sha256')
    .update(`${seed} ${question.replaceAll(pageState, '')}`)
    .digest();
  const die = (at: number, sides: number): number => (digest[at] ?? 0) % sides;
  const ignored = new Set(passedOver.filter((_, at) => die(at, 2) === 0));
  const breaks = die(16, 24) === 0 ? breaking[die(17, breaking.length)] : undefined;
  return {
    ignores: (param) => ignored.has(param),
    ...(die(18, 3) === 0 ? { pageSize: 1 + die(19, 5) } : {}),
    adds: die(20, 2) === 0,
    ...(die(21, 4) === 0 ? {} : { total: die(22, 200) }),
    delayMs: die(23, 8) === 0 ? 1 + die(24, 4) : 0,
    ...(breaks === undefined ? {} : { breaks }),
  };
};
