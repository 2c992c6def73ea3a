/**
 * The Consents of everybody, for callers who reach every record: read once, and then only those of the patients whose
 * Consents have changed. IHE PCF.
 */
import type { PatientConsents } from '@affinity/policy/facts.ts';
import { FactsUnavailable } from './unavailable.ts';

type Consents = ReadonlyMap<string, PatientConsents>;

export interface EverybodyOptions {
  readonly scan: () => Promise<Consents | 'too-many'>;
  /** of these patients, as they stand now */
  readonly of: (patients: readonly string[]) => Promise<Consents>;
  /** epoch milliseconds */
  readonly now: () => number;
}

export interface Everybody {
  /** Patients without any are left out. The same map as long as nothing has changed. */
  all(): Promise<Consents>;
  /** What is known of this patient is out of date. */
  forget(patient: string): void;
  forgetAll(): void;
}

/** When there are too many of them, they are not read again for so long. */
const tooManyMs = 30_000;
/** Rounds of reading what has changed during the round before. */
const mostRounds = 20;

export const createEverybody = ({ scan, of, now }: EverybodyOptions): Everybody => {
  let known: Consents | undefined;
  /** since `known` was begun to be read */
  let changed = new Set<string>();
  let settling: Promise<Consents> | undefined;
  let tooManyUntil = 0;
  /** counts how often everything was forgotten */
  let forgotten = 0;

  const scanned = async (): Promise<void> => {
    const before = forgotten;
    changed = new Set();
    const found = await scan();
    if (found === 'too-many') {
      tooManyUntil = now() + tooManyMs;
      throw new FactsUnavailable('there are more Consents than policy.consents_most');
    }
    if (before === forgotten) known = found;
  };

  const caughtUp = async (from: Consents): Promise<void> => {
    const before = forgotten;
    const again = changed;
    changed = new Set();
    try {
      const current = await of([...again]);
      if (before !== forgotten) return;
      const next = new Map(from);
      for (const patient of again) {
        const its = current.get(patient);
        if (its === undefined || (its.consents.length === 0 && !its.faulty)) next.delete(patient);
        else next.set(patient, its);
      }
      known = next;
    } catch (error) {
      for (const patient of again) changed.add(patient);
      throw error;
    }
  };

  const settle = async (): Promise<Consents> => {
    if (now() < tooManyUntil) throw new FactsUnavailable('there are more Consents than policy.consents_most');
    for (let round = 0; round < mostRounds; round += 1) {
      if (known === undefined) await scanned();
      else if (changed.size > 0) await caughtUp(known);
      if (known !== undefined && changed.size === 0) return known;
    }
    throw new FactsUnavailable('Consents change faster than they can be read');
  };

  return {
    all: () => {
      // What is being caught up with is no longer in `changed`, and not yet in `known`.
      if (settling === undefined && known !== undefined && changed.size === 0) return Promise.resolve(known);
      settling ??= settle().finally(() => {
        settling = undefined;
      });
      return settling;
    },
    forget: (patient) => {
      changed.add(patient);
    },
    forgetAll: () => {
      forgotten += 1;
      known = undefined;
    },
  };
};
