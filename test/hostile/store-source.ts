/**
 * The store as a foreign system behind the gateway: it knows nothing of any Filter, and behaves as badly as it is told to.
 * FHIR R4 http.html.
 */
import type { Backend, Interactions, WriteResult } from '@affinity/core/fhir/backend.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Deleted, Held, Source, SourceWrite, StagedWrite } from '@affinity/gateway/source.ts';

export interface StoreMisbehaviour {
  /** parameters that it passes over */
  readonly ignores?: (param: string) => boolean;
  /** resources on a page, whatever was asked for */
  readonly pageSize?: number;
}

type Stored = Held | Deleted;
interface Version extends Deleted {
  readonly body?: string;
}
const held = ({ type, id, versionId, lastUpdated, body }: Version): Stored =>
  body === undefined
    ? { type, id, versionId, lastUpdated }
    : { type, id, versionId, lastUpdated, body, resource: JSON.parse(body) as Resource };
const heldOf = (version: Version & { readonly body: string }): Held => held(version) as Held;

const outcome = (result: WriteResult): SourceWrite => {
  if ('version' in result) return { kind: 'written', version: heldOf(result.version) };
  return 'deletion' in result ? { kind: 'deleted', deletion: result.deletion } : { kind: 'conflict' };
};
const writeOn = async (on: Interactions, staged: StagedWrite): Promise<SourceWrite> => {
  const { type, id } = staged;
  if (staged.kind === 'create') return outcome(await on.create({ type, id, content: staged.content }));
  const { ifMatch } = staged;
  if (staged.kind === 'delete') return outcome(await on.delete({ type, id, ifMatch }, everything));
  return outcome(await on.update({ type, id, content: staged.content, ifMatch }, everything));
};

/** Undoes a transaction. Never crosses the source. */
class InTheWay extends Error {}

export const createStoreSource = (
  backend: Backend,
  { ignores = () => false, pageSize }: StoreMisbehaviour = {},
): Source => {
  const { transact } = backend;
  return {
    name: 'store',
    get capabilities() {
      return backend.capabilities;
    },
    async read(at) {
      const result = await backend.read(at, everything);
      if (result.kind === 'found') return { kind: 'found', version: heldOf(result.version) };
      return { kind: result.kind };
    },
    async vread(at) {
      const result = await backend.vread(at, everything);
      if (result.kind === 'found') return { kind: 'found', version: heldOf(result.version) };
      return { kind: result.kind };
    },
    async find({ clauses, cursor, count, ...wanted }, signal) {
      const asked = clauses.filter(({ param }) => !ignores(param));
      const at = cursor === undefined ? {} : { cursor };
      const query = { ...wanted, ...at, clauses: asked, count: pageSize ?? Math.min(count, 1000) };
      const asking = signal === undefined ? {} : { signal };
      const result = await backend.searchType({ ...query, total: 'none', understood: [] }, everything, asking);
      return { found: result.matches.map(heldOf), ...(result.next === undefined ? {} : { next: result.next }) };
    },
    async historyInstance(at, signal) {
      const result = await backend.historyInstance(at, everything, signal);
      if (result.kind === 'absent') return 'absent';
      const entries = result.entries.map(({ method, version }) => ({ method, version: held(version) }));
      return { entries, ...(result.next === undefined ? {} : { next: result.next }) };
    },
    writer: {
      write: (staged) => writeOn(backend, staged),
      ...(transact === undefined
        ? {}
        : {
            async transact(staged) {
              try {
                return await transact(async (within) => {
                  const done: SourceWrite[] = [];
                  for (const one of staged) done.push(await writeOn(within, one));
                  if (done.some(({ kind }) => kind === 'conflict')) throw new InTheWay();
                  return done;
                }, []);
              } catch (error) {
                if (error instanceof InTheWay) return 'conflict';
                throw error;
              }
            },
          }),
    },
  };
};
