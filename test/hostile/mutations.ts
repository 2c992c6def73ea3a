/** One rule or one path, broken on purpose by another text in one place of one file, and a world that notices. */
import { pathMutations } from './mutations-of-paths.ts';
import { ruleMutations } from './mutations-of-rules.ts';

/** A world in which two answers differ once it is broken. */
export interface Noticed {
  readonly caller: string;
  readonly seed: number;
}

/** Another text in one place of one file. */
export interface Breakage {
  readonly name: string;
  /** from the root of the project */
  readonly file: string;
  /** stands there exactly once */
  readonly find: string;
  readonly replace: string;
}

export interface Mutation extends Breakage {
  readonly noticed: Noticed;
}

export const mutations: readonly Mutation[] = [...ruleMutations, ...pathMutations];

/** @throws Error when the text does not stand there exactly once: then the mutation is about code that is gone */
export const mutated = ({ name, file, find, replace }: Breakage, text: string): string => {
  const [before = '', after, ...more] = text.split(find);
  if (after === undefined || more.length > 0)
    throw new Error(`${name}: its text stands ${more.length + (after === undefined ? 0 : 1)} times in ${file}.`);
  return `${before}${replace}${after}`;
};
