/** What stands above and below a concept; a cycle in what others wrote ends by itself. FHIR R4 codesystem.html#hierachy. */
import type { CodeSystemForm, Concept } from './code-system.ts';

const reach = (
  { concepts }: Pick<CodeSystemForm, 'concepts'>,
  from: string,
  next: (concept: Concept) => readonly string[],
): ReadonlySet<string> => {
  const found = new Set<string>();
  const waiting = [from];
  for (let code = waiting.pop(); code !== undefined; code = waiting.pop()) {
    const concept = concepts.get(code);
    if (concept === undefined) continue;
    for (const each of next(concept)) {
      if (found.has(each) || each === from) continue;
      found.add(each);
      waiting.push(each);
    }
  }
  return found;
};

/** Without the concept itself. */
export const descendantsOf = (system: Pick<CodeSystemForm, 'concepts'>, code: string): ReadonlySet<string> =>
  reach(system, code, ({ children }) => children);
export const ancestorsOf = (system: Pick<CodeSystemForm, 'concepts'>, code: string): ReadonlySet<string> =>
  reach(system, code, ({ parents }) => parents);
