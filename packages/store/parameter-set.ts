/**
 * The search parameters that the store knows at a moment: those that every write indexes by, and those of them that a
 * search may use because everything stored is indexed by them. docs/decisions/0009-references-and-reindexing.md.
 */
import { hash } from 'node:crypto';
import type { TypeCapability } from '@affinity/core/fhir/backend.ts';
import { resourceTypes } from '@affinity/core/fhir/resource-type.ts';
import {
  type SearchParameter,
  type SearchParameters,
  standardParameters,
} from '@affinity/core/fhir/search-parameter.ts';
import { isStored, storeCapabilities } from './capability.ts';
import { customParameters, type StoredDefinition } from './custom-parameters.ts';
import type { Query } from './database.ts';
import firstLayout from './first-layout.json' with { type: 'json' };
import { sql } from './sql.ts';

/** Changes with the way in which values are put into the tables: then everything is indexed again. */
const layout = 1;

/**
 * Changes with what a resource is judged by beside its search values, such as its confidentiality: then everything is gone
 * through again, and found by what it was found by meanwhile. It stands among the fingerprints, under the name of no parameter.
 */
const judged = { name: '', edition: 'sensitivity' } as const;

/** What a parameter is indexed by, `{"code": "fingerprint"}`. */
export type Fingerprints = Readonly<Record<string, string>>;

export interface ParameterSet {
  /** the count of changes of what is indexed by, which every write names */
  readonly generation: number;
  /** what a write indexes by */
  readonly all: SearchParameters;
  /** what a search may use */
  readonly usable: SearchParameters;
  readonly capabilities: readonly TypeCapability[];
  /** of each stored type */
  readonly fingerprints: ReadonlyMap<string, Fingerprints>;
  /** types of which something stored is not yet found by everything that it could be found by */
  readonly incomplete: ReadonlySet<string>;
  /** types that were stored before references, texts and typed identifiers were indexed, and are not gone through yet */
  readonly old: ReadonlySet<string>;
  /** types of which something stored is judged by what counted before, and not gone through yet */
  readonly unjudged: ReadonlySet<string>;
}

const fingerprintOf = (parameter: SearchParameter, edition: string): string =>
  hash('sha256', `${layout} ${edition} ${JSON.stringify(parameter)}`).slice(0, 16);

const known = new WeakMap<SearchParameter, string>();
/** HL7's parameters are the same objects for as long as the process runs. */
const standardFingerprint = (parameter: SearchParameter): string => {
  const found = known.get(parameter) ?? fingerprintOf(parameter, '');
  known.set(parameter, found);
  return found;
};

/** What the types were found by before there were fingerprints. */
const atFirst = new Map<string, ReadonlySet<string>>(
  Object.entries(firstLayout).map(([type, codes]) => [type, new Set(codes.split(' '))]),
);

interface IndexedRow {
  readonly type: string;
  readonly parameters: Fingerprints;
}

const storedTypes = resourceTypes.filter(isStored);

export const makeParameterSet = (
  generation: number,
  definitions: readonly StoredDefinition[],
  indexed: readonly IndexedRow[],
): ParameterSet => {
  const { parameters: all, editionOf } = customParameters(standardParameters, definitions);
  const indexedBy = new Map(indexed.map(({ type, parameters }) => [type, parameters]));
  const fingerprints = new Map<string, Fingerprints>();
  const incomplete = new Set<string>();
  const old = new Set<string>();
  const unjudged = new Set<string>();
  const usableOf = new Map<string, readonly SearchParameter[]>();
  for (const type of storedTypes) {
    const parameters = all.of(type);
    const wanted: Record<string, string> = {};
    for (const parameter of parameters) {
      const edition = editionOf(parameter);
      wanted[parameter.code] =
        edition === undefined ? standardFingerprint(parameter) : fingerprintOf(parameter, edition);
    }
    wanted[judged.name] = judged.edition;
    fingerprints.set(type, wanted);
    const has = indexedBy.get(type);
    const isJudgedAnew = has === undefined || has[judged.name] === judged.edition;
    if (!isJudgedAnew) unjudged.add(type);
    const isOld = has !== undefined && Object.keys(has).length === 0;
    const isUsable = ({ code }: SearchParameter): boolean =>
      has === undefined || (isOld ? atFirst.get(type)?.has(code) === true : has[code] === wanted[code]);
    const usable = parameters.filter(isUsable);
    if (isOld) old.add(type);
    if (usable.length < parameters.length || isOld || !isJudgedAnew) incomplete.add(type);
    usableOf.set(type, usable.length === parameters.length ? parameters : usable);
  }
  const usable: SearchParameters = {
    find: (type, code) => {
      const lookup = all.find(type, code);
      if (lookup.kind !== 'indexed' || !incomplete.has(type)) return lookup;
      const found = usableOf.get(type)?.some((parameter) => parameter.code === code);
      return found ? lookup : { kind: 'not-indexed', type: lookup.parameter.type };
    },
    of: (type) => usableOf.get(type) ?? all.of(type),
  };
  const capabilities = storeCapabilities(usable);
  return { generation, all, usable, capabilities, fingerprints, incomplete, old, unjudged };
};

export interface ParameterWatch {
  /** As this process knows it; before the first `refresh`, HL7's parameters. */
  current(): ParameterSet;
  /** Looks what the database says. The same object as long as nothing has changed. */
  refresh(): Promise<ParameterSet>;
  /** As this process knows it, once it has looked. */
  ready(): Promise<ParameterSet>;
}

interface StateRow {
  readonly generation: number;
  readonly indexed: readonly IndexedRow[] | null;
  readonly definitions: readonly StoredDefinition[] | null;
}

/** Changes whenever the state does: cheaper to ask for than the state. */
const readStamp = async (query: Query): Promise<string> => {
  const [row] = await query<{ stamp: string }>(sql`
    select g.generation || ' ' || count(t.type) || ' ' || coalesce(max(t.changed_at)::text, '') as stamp
    from index_generation g left join type_index t on true group by g.generation`);
  return row?.stamp ?? '';
};

const readState = async (query: Query): Promise<StateRow> => {
  // One statement, so that all of it is of one moment.
  const [row] = await query<StateRow>(sql`
    select g.generation,
      (select jsonb_agg(jsonb_build_object('type', t.type, 'parameters', t.parameters) order by t.type)
        from type_index t) as indexed,
      (select jsonb_agg(jsonb_build_object('id', d.id, 'version', d.version, 'body', d.body) order by d.given, d.place)
        from (select r.id, r.version, r.body, false as given, r.rid::text as place from resource r
              where r.type = 'SearchParameter' and not r.deleted
          union all
          select p.url, p.version, p.body, true, p.url from given_search_parameter p) d) as definitions
    from index_generation g`);
  if (row === undefined) throw new Error('The database has not had the migrations.');
  return row;
};

const setOf = ({ generation, definitions, indexed }: StateRow): ParameterSet =>
  makeParameterSet(generation, definitions ?? [], indexed ?? []);

const lacksTypes = ({ indexed }: StateRow): boolean => {
  const known = new Set(indexed?.map(({ type }) => type));
  return storedTypes.some((type) => !known.has(type));
};

/** What the database says, read and no more; undefined where nobody has looked yet by whom the types are claimed. */
export const readParameters = async (query: Query): Promise<ParameterSet | undefined> => {
  const state = await readState(query);
  return lacksTypes(state) ? undefined : setOf(state);
};

/** A type that has no row yet is indexed by what is known now: whoever writes it from here on knows at least that. */
const claimTypes = async (query: Query, set: ParameterSet): Promise<void> => {
  const types = [...set.fingerprints];
  await query(sql`
    insert into type_index (type, parameters)
    select entry.type, entry.parameters::jsonb from unnest(${types.map(([type]) => type)}::text[],
      ${types.map(([, fingerprints]) => JSON.stringify(fingerprints))}::text[]) entry (type, parameters)
    on conflict do nothing`);
};

export const watchParameters = (query: Query): ParameterWatch => {
  let current: { readonly stamp: string; readonly text: string; readonly set: ParameterSet } | undefined;
  let first: ParameterSet | undefined;
  let refreshing: Promise<ParameterSet> | undefined;

  const look = async (): Promise<ParameterSet> => {
    const stamp = await readStamp(query);
    if (current !== undefined && current.stamp === stamp) return current.set;
    let state = await readState(query);
    if (lacksTypes(state)) {
      await claimTypes(query, setOf(state));
      state = await readState(query);
    }
    const text = JSON.stringify(state);
    const set = current?.text === text ? current.set : setOf(state);
    // The stamp is of before the state: what has changed in between is looked at again.
    current = { stamp, text, set };
    return set;
  };
  const refresh = (): Promise<ParameterSet> => {
    // Whoever asks while one look is under way may not be answered by it: what was changed since may be missing.
    const before = refreshing?.catch(() => {}) ?? Promise.resolve();
    const next = before.then(look).finally(() => {
      if (refreshing === next) refreshing = undefined;
    });
    refreshing = next;
    return next;
  };
  return {
    current: () => {
      first ??= makeParameterSet(0, [], []);
      return current?.set ?? first;
    },
    refresh,
    ready: () => (current === undefined ? refresh() : Promise.resolve(current.set)),
  };
};
