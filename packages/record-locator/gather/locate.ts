/**
 * `Patient/$locate`: which servers of the domain hold what of a person, as far as the caller may know. Each is asked for the caller
 * under the caller's own rights there, so that what it keeps back is not counted here either. Nobody, and somebody who is hidden,
 * are one answer. docs/decisions/0035-locate-and-gather.md.
 */
import { type ExactObject, isExactObject } from '@affinity/core/fhir/exact-json.ts';
import type { FhirError } from '@affinity/core/fhir/outcome.ts';
import type { PersonIndex } from '@affinity/core/identity/person-index.ts';
import { speaksOf } from '@affinity/core/smart/scope-interaction.ts';
import type { Ask, Caller } from './asking.ts';
import { clinicalDate, sortOf } from './clinical-date.ts';
import { type GatherLimits, type Pairs, readLocate } from './gather-parameters.ts';
import { type Missing, missingOutcome, withMissing } from './missing.ts';
import { type Failure, type Source, sourcesFor } from './source.ts';
import { readBatch, readSearchset } from './source-answer.ts';
import { type Whereabout, whereaboutsOf } from './whereabouts.ts';

export interface LocateNeighbours {
  readonly base: string;
  readonly sources: readonly Source[];
  readonly index: PersonIndex;
  readonly ask: Ask;
  readonly limits: Pick<GatherLimits, 'maxTypes'> & {
    readonly wholeMilliseconds: number;
    /** asked for where none are named */
    readonly usualTypes: readonly string[];
  };
}

export interface Holding {
  readonly type: string;
  /** absent: the server does not count exactly */
  readonly count?: number;
  /** of the newest, as it is written there */
  readonly latest?: string;
}

export interface Location {
  readonly source: Source;
  readonly patient: string;
  readonly holdings: readonly Holding[];
}

export interface LocateAnswer {
  readonly json: string;
  /** id of the person at the locator, where there is anything to be said */
  readonly person?: string;
  readonly locations: readonly Location[];
  readonly missing: readonly Missing[];
}

export type Locate = (caller: Caller, id: string | undefined, pairs: Pairs) => Promise<LocateAnswer | FhirError>;

const questionOf = (type: string, patient: string, isSorted: boolean): string => {
  const about = type === 'Patient' ? '_id' : 'patient';
  return `${type}?${new URLSearchParams([
    [about, patient],
    ...(isSorted ? [['_sort', sortOf(type)] as [string, string]] : []),
    ['_count', '1'],
    ['_total', 'accurate'],
  ])}`;
};

const batchOf = (types: readonly string[], patient: string, isSorted: boolean): string =>
  JSON.stringify({
    resourceType: 'Bundle',
    type: 'batch',
    entry: types.map((type) => ({ request: { method: 'GET', url: questionOf(type, patient, isSorted) } })),
  });

/** What one entry of the batch says; undefined: nothing is held, or nothing may be known; a failure: it is not to be believed. */
const holdingOf = (
  entry: ExactObject,
  type: string,
  isSorted: boolean,
  { source: { base }, patient }: Whereabout,
): Holding | Failure | undefined => {
  const status = isExactObject(entry.response) ? entry.response.status : undefined;
  if (typeof status !== 'string' || !/^\d{3}/.test(status)) return 'malformed';
  if (/^(403|404)/.test(status)) return undefined;
  if (/^4/.test(status)) return 'not-supported';
  if (!/^200/.test(status)) return 'unreachable';
  const page = readSearchset(entry.resource, { base, type, patient });
  if (page === undefined) return 'malformed';
  const [newest] = page.found;
  const { total } = page;
  if (newest === undefined) return undefined;
  const latest = isSorted ? clinicalDate(newest.resource) : undefined;
  return { type, ...(total === undefined ? {} : { count: total }), ...(latest === undefined ? {} : { latest }) };
};

const parametersOf = ({ person, locations, missing }: Omit<LocateAnswer, 'json'>): object => ({
  resourceType: 'Parameters',
  parameter: [
    ...(person === undefined ? [] : [{ name: 'patient', valueReference: { reference: `Patient/${person}` } }]),
    ...locations.map(({ source: { title, base }, patient, holdings }) => ({
      name: 'location',
      part: [
        { name: 'title', valueString: title },
        { name: 'base', valueUrl: base },
        { name: 'patient', valueReference: { reference: `${base}/Patient/${patient}` } },
        ...holdings.map(({ type, count, latest }) => ({
          name: 'holding',
          part: [
            { name: 'type', valueCode: type },
            ...(count === undefined ? [] : [{ name: 'count', valueUnsignedInt: count }]),
            ...(latest === undefined ? [] : [{ name: 'latest', valueDateTime: latest }]),
          ],
        })),
      ],
    })),
    ...(missing.length === 0 ? [] : [{ name: 'outcome', resource: missingOutcome(missing) }]),
  ],
});

export const createLocate = ({ base, sources, index, ask, limits }: LocateNeighbours): Locate => {
  const look = async (
    caller: Caller,
    where: Whereabout,
    types: readonly string[],
    isSorted = true,
  ): Promise<readonly Holding[] | Failure> => {
    const { source, patient } = where;
    const body = batchOf(types, patient, isSorted);
    const answered = await ask(caller, source, { method: 'POST', url: source.base, body });
    if (answered.kind === 'failed') return answered.why;
    if (answered.kind === 'nothing') return [];
    const entries = readBatch(answered.body, types.length);
    if (entries === undefined) return 'malformed';
    const holdings: Holding[] = [];
    const unsorted: string[] = [];
    for (const [at, type] of types.entries()) {
      const entry = entries[at];
      const holding = entry === undefined ? 'malformed' : holdingOf(entry, type, isSorted, where);
      if (holding === 'not-supported' && isSorted) unsorted.push(type);
      else if (typeof holding === 'string') return holding;
      else if (holding !== undefined) holdings.push(holding);
    }
    if (unsorted.length === 0) return holdings;
    // Where it cannot be sorted it can be counted still.
    const more = await look(caller, where, unsorted, false);
    return typeof more === 'string' ? more : [...holdings, ...more];
  };

  return async (asking, id, pairs) => {
    const read = readLocate(pairs, id, base, limits);
    if ('status' in read) return read;
    const types = (read.types ?? limits.usualTypes).filter((type) =>
      asking.principal.scopes.some((scope) => speaksOf(scope, { kind: 'search-type', type })),
    );
    const { person, all } = await whereaboutsOf(read.named, index, sourcesFor(sources, asking.principal));
    const signal = AbortSignal.any([asking.signal, AbortSignal.timeout(limits.wholeMilliseconds)]);
    const caller = { ...asking, signal };
    const looked = await Promise.all(
      all.map(async (where) => ({ where, held: types.length === 0 ? [] : await look(caller, where, types) })),
    );
    asking.signal.throwIfAborted();
    let missing: readonly Missing[] = [];
    const locations: Location[] = [];
    for (const { where, held } of looked) {
      const { source, patient } = where;
      if (typeof held === 'string') missing = withMissing(missing, { title: source.title, why: held });
      else if (held.length > 0) locations.push({ source, patient, holdings: held });
    }
    // Who is known to be somebody is told only to whom something is shown.
    const answer = { ...(person === undefined || locations.length === 0 ? {} : { person }), locations, missing };
    return { ...answer, json: JSON.stringify(parametersOf(answer)) };
  };
};
