/** The composition of one ValueSet under way: what it may ask, what it has used, and how much of its time is spent. */
import { setImmediate } from 'node:timers/promises';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { CodeSystemForm } from './code-system.ts';
import { tooCostly } from './faults.ts';
import type { TerminologyLimits } from './limits.ts';
import type { MemberList } from './value-set.ts';

export interface Composing {
  /** the edition of a code system that the ValueSet, or the question, means */
  readonly codeSystem: (system: string, said: string | undefined) => Promise<CodeSystemForm | undefined>;
  readonly valueSet: (canonical: string) => Promise<Resource | undefined>;
  readonly limits: TerminologyLimits;
}

export interface Work extends Composing {
  /** of this ValueSet and those that it is made for, the outermost first */
  readonly path: readonly string[];
  readonly made: Map<string, Promise<MemberList>>;
  readonly versions: Set<string>;
  readonly partial: Set<string>;
  readonly artefacts: Set<string>;
  /** Notes what is done; other requests have their turn in between. */
  readonly spend: (steps: number) => Promise<void>;
}

/** Steps of one composition, for each code that a ValueSet may have: includes may overlap, but not without end. */
const stepsPerCode = 20;
const stepsInOneTurn = 50_000;

export const canonicalOf = (url: string, version: string | undefined): string =>
  version === undefined ? url : `${url}|${version}`;

export const startWork = (composing: Composing, path: readonly string[]): Work => {
  const most = composing.limits.valueSetCodes * stepsPerCode;
  let spent = 0;
  let turn = 0;
  return {
    ...composing,
    path,
    made: new Map(),
    versions: new Set(),
    partial: new Set(),
    artefacts: new Set(),
    async spend(steps) {
      spent += steps;
      turn += steps;
      if (spent > most) throw tooCostly('the composition of the ValueSet takes more steps than it may');
      if (turn < stepsInOneTurn) return;
      turn = 0;
      await setImmediate();
    },
  };
};

/** Notes that an artefact is led through. */
export const noteArtefact = (artefact: string, { artefacts, limits }: Work): void => {
  artefacts.add(artefact);
  if (artefacts.size > limits.artefacts)
    throw tooCostly(`a ValueSet leads through at most ${limits.artefacts} artefacts here`);
};
