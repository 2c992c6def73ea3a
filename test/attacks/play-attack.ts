/** Tries one attack on a domain of its own and says whether it succeeded: told by its name. */
import { startDomain } from '@affinity/authorization-server/testing/domain.ts';
import { attacks } from './attacks.ts';

/** The attack failed, it succeeded, or it could not be tried. */
export type Outcome =
  | { readonly kind: 'withstood' }
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'broken'; readonly why: string };

const outcomeOf = (error: unknown): Outcome =>
  error instanceof Error && error.name === 'AssertionError'
    ? { kind: 'succeeded' }
    : { kind: 'broken', why: error instanceof Error ? (error.stack ?? error.message) : String(error) };

export const playAttack = async (name: string): Promise<Outcome> => {
  const ends: (() => Promise<void>)[] = [];
  try {
    const attack = attacks.find((one) => one.name === name);
    if (attack === undefined) throw new Error(`There is no attack named ${name}.`);
    const domain = await startDomain({ after: (work) => void ends.push(work) });
    return await attack.run(domain).then((): Outcome => ({ kind: 'withstood' }), outcomeOf);
  } catch (error) {
    return outcomeOf(error);
  } finally {
    for (const end of ends.reverse()) await end();
  }
};
