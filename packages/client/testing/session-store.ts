/** A session store in memory, for tests: it copies through JSON, as a real one would. */
import type { Session, SessionStore } from '../session.ts';

export function createMemoryStore(first?: Session): SessionStore & { readonly saves: () => number } {
  let text = first === undefined ? undefined : JSON.stringify(first);
  let saves = 0;
  return {
    load: async () => (text === undefined ? undefined : (JSON.parse(text) as Session)),
    save: async (session) => {
      saves += 1;
      text = session === undefined ? undefined : JSON.stringify(session);
    },
    saves: () => saves,
  };
}
