/**
 * Several writes and reads, all of them or none, whose outcome does not depend on their order in the Bundle: first what
 * is deleted, then what is created and changed, then what is read. FHIR R4 http.html#trules.
 */
import type { Version } from '@affinity/core/fhir/backend.ts';
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import type { ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import { type Answer, refusal, statusOf } from '../answer.ts';
import type { Identities, Looking, Writing } from '../asked.ts';
import { meeting } from './condition.ts';
import { look } from './look.ts';
import { type Plan, planOf } from './plan.ts';
import { holdsOf, type Prepared } from './preparation.ts';
import { type PreparedProvenance, storeProvenance } from './provenance.ts';
import { isDenied, several } from './refusals.ts';
import type { On, Surroundings } from './surroundings.ts';
import { type Before, type Place, write } from './write.ts';

export interface PreparedEntry {
  readonly prepared: Prepared | Looking;
  /** of what the entry would create: chosen once, so that a second run writes the same */
  readonly freshId: string;
}
/** One entry cannot be done: nothing of the transaction stands. Never crosses the guard. */
export class EntryRefused extends Error {
  readonly entry: number;
  readonly answer: Answer;
  constructor(entry: number, answer: Answer) {
    super('an entry was refused');
    this.entry = entry;
    this.answer = answer;
  }
}

/** Records the permits of one run, before it is committed. */
export type Record = (entry: number, ...given: Parameters<Before>) => Promise<void>;

interface Write {
  readonly index: number;
  readonly prepared: Prepared;
  readonly freshId: string;
}

const order = ['delete', 'create', 'update', 'patch'];
/** What speaks of others comes after these, and a Provenance after the Binary that it may speak of. */
const speaking = ['Binary', 'Provenance'];
const rankOf = ({ prepared }: Write): number => {
  const { kind, type } = prepared.asked.intent;
  return order.indexOf(kind) + order.length * (speaking.indexOf(type) + 1);
};

const settled = (index: number, answer: Answer): Answer => {
  if (statusOf(answer) >= 400) throw new EntryRefused(index, answer);
  return answer;
};

/** The same resource written twice would make the outcome a matter of order. */
const checkOverlap = (plans: ReadonlyMap<number, Plan>): void => {
  const seen = new Set<string>();
  for (const [index, plan] of plans) {
    if (plan.kind !== 'create' && plan.kind !== 'change') continue;
    const key = `${plan.at.type}/${plan.at.id}`;
    if (seen.has(key))
      throw new EntryRefused(index, refusal(fhirError(400, 'business-rule', 'another entry writes the same resource')));
    seen.add(key);
  }
};

/** Two creates under one condition would each make what the other looks for. */
const checkConditions = (writes: readonly Write[]): void => {
  const seen = new Set<string>();
  for (const { index, prepared } of writes) {
    const hold = prepared.search?.condition.hold;
    if (hold !== undefined && seen.has(hold))
      throw new EntryRefused(index, refusal(fhirError(400, 'business-rule', 'another entry has the same condition')));
    if (hold !== undefined) seen.add(hold);
  }
};

const identityOf = (plan: Plan): string | undefined => {
  if (plan.kind === 'found') return `${plan.version.type}/${plan.version.id}`;
  return plan.kind === 'create' || plan.kind === 'change' ? `${plan.at.type}/${plan.at.id}` : undefined;
};

/** What the references that are searches stand for, once everything without such references is written. */
const resolveReferences = async (
  on: On,
  writes: readonly Write[],
  identities: Map<string, string>,
  { signal }: Surroundings,
): Promise<void> => {
  for (const { index, prepared } of writes) {
    for (const [text, search] of prepared.references) {
      if (identities.has(text)) continue;
      const found = await meeting(on, search, signal());
      if (found === 'several') throw new EntryRefused(index, several());
      if (found === 'none')
        throw new EntryRefused(index, refusal(fhirError(412, 'not-found', 'a conditional reference meets nothing')));
      identities.set(text, `${found.type}/${found.id}`);
    }
  }
};

/** What the transaction holds, whatever order its entries have. */
export const holdsOfAll = (entries: readonly PreparedEntry[]): readonly string[] =>
  [...new Set(entries.flatMap(({ prepared }) => (prepared.kind === 'prepared' ? holdsOf(prepared) : [])))].sort();

/** Whether what is stored decides what is written: not where all that is written is new and unconditional. */
export const readsDecide = (entries: readonly PreparedEntry[]): boolean =>
  holdsOfAll(entries).length > 0 ||
  entries.some(({ prepared }) => prepared.kind === 'prepared' && prepared.asked.intent.kind !== 'create');

/** @throws EntryRefused, which undoes everything */
export const run = async (
  on: On,
  entries: readonly PreparedEntry[],
  around: Surroundings,
  record: Record,
  provenance?: PreparedProvenance,
): Promise<readonly Answer[]> => {
  const answers: Answer[] = [];
  const stored: Version[] = [];
  const facts = new Map<string, ResourceFacts>();
  const identities = new Map<string, string>();
  const writes = entries
    .flatMap(({ prepared, freshId }, index): Write[] =>
      prepared.kind === 'prepared' ? [{ index, prepared, freshId }] : [],
    )
    .sort((a, b) => rankOf(a) - rankOf(b));
  const plans = new Map<number, Plan>();
  const plan = async ({ index, prepared, freshId }: Write): Promise<void> => {
    const made = await planOf(on, prepared, freshId, around);
    if (made.kind === 'refused') throw new EntryRefused(index, made.answer);
    plans.set(index, made);
  };
  const perform = async ({ index, prepared }: Write): Promise<void> => {
    const planned = plans.get(index);
    if (planned === undefined) return;
    const place: Place = {
      on,
      around,
      before: (...given) => record(index, ...given),
      identities: identities as Identities,
      facts,
    };
    const answer = settled(index, await write(prepared, planned, place));
    answers[index] = answer;
    if (answer.kind === 'written' && answer.unchanged === undefined) stored.push(answer.version);
  };

  checkConditions(writes);
  const deletes = writes.filter(({ prepared }) => prepared.asked.intent.kind === 'delete');
  const others = writes.filter(({ prepared }) => prepared.asked.intent.kind !== 'delete');
  for (const each of deletes) await plan(each);
  for (const each of deletes) await perform(each);
  for (const each of others) await plan(each);
  checkOverlap(plans);
  for (const { index, prepared } of writes) {
    const planned = plans.get(index);
    const identity = planned === undefined ? undefined : identityOf(planned);
    const { fullUrl } = prepared.asked as Writing;
    if (fullUrl !== undefined && identity !== undefined) identities.set(fullUrl, identity);
  }
  const bound = others.filter(({ prepared }) => prepared.references.size > 0);
  for (const each of others) if (!bound.includes(each)) await perform(each);
  await resolveReferences(on, bound, identities, around);
  for (const each of bound) await perform(each);
  if (provenance !== undefined && stored.length > 0) {
    const first = writes[0]?.index ?? 0;
    const place: Place = { on, around, before: (...given) => record(first, ...given), facts };
    settled(first, await storeProvenance(provenance, stored, place));
  }
  for (const [index, { prepared }] of entries.entries()) {
    if (prepared.kind !== 'look') continue;
    const answer = await look(prepared, on, around);
    if (isDenied(answer)) throw new EntryRefused(index, refusal(answer.error));
    answers[index] = settled(index, answer);
  }
  return answers;
};
