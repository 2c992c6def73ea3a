/**
 * A Backend in memory, for tests: the plainest thing that passes the conformance suite. Writes and transactions go one
 * after another, each transaction on a copy that takes the place of the whole when it ends well. FHIR R4 http.html.
 */
import type { Backend, Interactions, ReadResult } from '../fhir/backend.ts';
import { isResourceId } from '../fhir/resource.ts';
import { standardParameters } from '../fhir/search-parameter.ts';
import { capabilitiesBy, standardCapabilities } from './memory-capability.ts';
import { historyOf, instanceHistory } from './memory-history.ts';
import { createRecords, hasBody, type MemoryOptions, type Records, type Stored } from './memory-records.ts';
import { everythingOf, searchSystem, searchType } from './memory-search.ts';

const asRead = ({ version }: Stored): ReadResult =>
  hasBody(version) ? { kind: 'found', version } : { kind: 'deleted', deletion: version };

/** The interactions on the records that there are at the time of each. */
const interactionsOn = (records: () => Records, evaluate: MemoryOptions['evaluate']): Interactions => ({
  async read(at, filter) {
    const current = records().visible(at, filter).at(-1);
    return current === undefined ? { kind: 'absent' } : asRead(current);
  },
  async vread(at, filter) {
    const wanted = records()
      .visible(at, filter)
      .find(({ version }) => version.versionId === at.versionId);
    return wanted === undefined || !evaluate(filter, wanted.facts) ? { kind: 'absent' } : asRead(wanted);
  },
  async create({ type, id, content }) {
    if (!isResourceId(id)) throw new Error('The id of a resource to be created is not valid.');
    if (records().versionsOf({ type, id }).length > 0) return { kind: 'id-taken' };
    if (records().isCanonicalTaken({ type, id }, content)) return { kind: 'canonical-taken' };
    const { version } = records().add({ type, id }, content);
    return hasBody(version) ? { kind: 'created', version } : { kind: 'absent' };
  },
  async update({ content, ifMatch, accepts, ...at }, filter) {
    const versions = records().visible(at, filter);
    const current = versions.at(-1)?.version;
    if (current === undefined) return { kind: 'absent' };
    const last = versions.findLast(({ version }) => hasBody(version))?.version;
    if (accepts !== undefined && last !== undefined && hasBody(last) && !accepts(last.body)) return { kind: 'refused' };
    if (ifMatch !== undefined && ifMatch !== current.versionId)
      return { kind: 'version-conflict', current: current.versionId };
    if (records().isCanonicalTaken(at, content)) return { kind: 'canonical-taken' };
    const { version } = records().add(at, content);
    if (!hasBody(version)) return { kind: 'absent' };
    return { kind: hasBody(current) ? 'updated' : 'created', version };
  },
  async delete({ ifMatch, ...at }, filter) {
    const current = records().visible(at, filter).at(-1)?.version;
    if (current === undefined) return { kind: 'absent' };
    if (!hasBody(current)) return { kind: 'deleted', deletion: current };
    if (ifMatch !== undefined && ifMatch !== current.versionId)
      return { kind: 'version-conflict', current: current.versionId };
    return { kind: 'deleted', deletion: records().add(at, undefined).version };
  },
  async historyInstance({ page, ...at }, filter, signal) {
    signal?.throwIfAborted();
    return instanceHistory(records().visible(at, filter), page, filter, evaluate);
  },
  async searchType(query, filter, asking) {
    asking?.signal?.throwIfAborted();
    return searchType(records(), query, filter, asking);
  },
});

export const createMemoryBackend = (options: MemoryOptions): Backend => {
  const { evaluate, parameters = standardParameters } = options;
  let records = createRecords(options);
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
  const now = interactionsOn(() => records, evaluate);
  return {
    ...now,
    appliesFilter: true,
    capabilities: parameters === standardParameters ? standardCapabilities : capabilitiesBy(parameters),
    parameters,
    create: (input) => inTurn(() => now.create(input)),
    update: (input, filter) => inTurn(() => now.update(input, filter)),
    delete: (input, filter) => inTurn(() => now.delete(input, filter)),
    async history(of, filterOf, signal) {
      signal?.throwIfAborted();
      return historyOf(records, of, filterOf, evaluate);
    },
    async searchSystem(query, filterOf, signal) {
      signal?.throwIfAborted();
      return searchSystem(records, query, filterOf);
    },
    async everything(of, filterOf, signal) {
      signal?.throwIfAborted();
      return everythingOf(records, of, filterOf);
    },
    async ownersOf(references) {
      return new Map(
        references.flatMap((at) => {
          const owners = records.current(at)?.facts.owners;
          return owners === undefined ? [] : [[`${at.type}/${at.id}`, owners] as const];
        }),
      );
    },
    transact: (work, _hold, _readsDecide, signal) =>
      inTurn(async () => {
        const copy = records.copy();
        const result = await work(interactionsOn(() => copy, evaluate));
        signal?.throwIfAborted();
        records = copy;
        return result;
      }),
  };
};
