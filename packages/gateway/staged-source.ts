/**
 * A foreign system with the writes of a transaction over it, which it does not know of yet: reads and searches within the
 * transaction see them, and all are sent at once when it ends. FHIR R4 http.html#transaction.
 */
import type { Version } from '@affinity/core/fhir/backend.ts';
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Confirm } from './confirm.ts';
import { keyOf } from './fetch.ts';
import type { At, Found, Held, Source, SourceRead, SourceWrite, StagedWrite, Wanted } from './source.ts';
import type { Unwritten } from './version.ts';

interface Staged {
  readonly write: StagedWrite;
  /** absent: a deletion */
  readonly held?: Unwritten;
  /** what has become of it, once that is known */
  readonly done: { as?: Held };
}
export interface StagedSource extends Source {
  /** False: another write was in the way, and nothing stands. */
  commit(
    transact: (staged: readonly StagedWrite[]) => Promise<readonly SourceWrite[] | 'conflict'>,
    confirm: Confirm,
  ): Promise<boolean>;
}

const notYet = () =>
  fhirError(400, 'not-supported', 'the version of what a transaction writes is known here when it stands, not before');

/** Its version, instant and body are the foreign system's to say. */
const laterVersion = ({ type, id }: At, done: Staged['done']): Version => {
  const made = (): Held => {
    if (done.as === undefined) throw notYet();
    return done.as;
  };
  return {
    type,
    get id() {
      return done.as?.id ?? id;
    },
    get versionId() {
      return made().versionId;
    },
    get lastUpdated() {
      return made().lastUpdated;
    },
    get body() {
      return made().body;
    },
  };
};

/** What stands when a write is staged over another of the same resource. */
const over = (before: StagedWrite | undefined, write: StagedWrite): StagedWrite | undefined => {
  if (before === undefined) return write;
  if (write.kind === 'delete') return before.kind === 'create' ? undefined : { ...write, ifMatch: before.ifMatch };
  if (before.kind === 'create') return { ...before, content: write.content };
  return write.kind === 'update' ? { ...write, ifMatch: before.ifMatch } : before;
};

export const createStagedSource = (source: Source): StagedSource => {
  const staged = new Map<string, Staged>();
  const reads = new Map<string, Promise<SourceRead>>();

  /** Read once: what it has read does not change under it. */
  const stored = (at: At, signal?: AbortSignal): Promise<SourceRead> => {
    const before = reads.get(keyOf(at));
    const read = before ?? source.read(at, signal);
    reads.set(keyOf(at), read);
    return read;
  };
  const read = async (at: At, signal?: AbortSignal): Promise<SourceRead> => {
    const over = staged.get(keyOf(at));
    if (over === undefined) return stored(at, signal);
    return over.held === undefined ? { kind: 'absent' } : { kind: 'found', version: over.held };
  };

  const find = async (wanted: Wanted, signal?: AbortSignal): Promise<Found> => {
    const { found, next } = await source.find(wanted, signal);
    const unchanged = found.filter((held) => !staged.has(keyOf(held)));
    // What is staged comes first, all of it: it is judged by the question like anything that is found.
    const first = wanted.cursor !== undefined ? [] : [...staged.values()].flatMap(({ held }) => held ?? []);
    return {
      found: [...first.filter(({ type }) => type === wanted.type), ...unchanged],
      ...(next === undefined ? {} : { next }),
    };
  };

  const write = async (given: StagedWrite): Promise<SourceWrite> => {
    const at = { type: given.type, id: given.id };
    const key = keyOf(at);
    const before = staged.get(key)?.write;
    if (given.kind === 'create' && (before !== undefined || (await stored(at)).kind !== 'absent'))
      return { kind: 'conflict' };
    const write = over(before, given);
    const lastUpdated = new Date().toISOString();
    if (write === undefined) staged.delete(key);
    if (given.kind === 'delete') {
      if (write !== undefined) staged.set(key, { write, done: {} });
      return { kind: 'deleted', deletion: { ...at, versionId: 'staged', lastUpdated } };
    }
    const done: Staged['done'] = {};
    const resource = { ...given.content.resource, resourceType: at.type, id: at.id };
    const body = given.content.json;
    const version = laterVersion(at, done);
    const held: Unwritten = { ...at, versionId: 'staged', lastUpdated, body, resource, version };
    if (write !== undefined) staged.set(key, { write, held, done });
    return { kind: 'written', version: held };
  };

  const { vread, historyInstance, parameters } = source;
  return {
    name: source.name,
    capabilities: source.capabilities,
    ...(parameters === undefined ? {} : { parameters }),
    read,
    find,
    ...(vread === undefined ? {} : { vread: (...given) => vread(...given) }),
    ...(historyInstance === undefined ? {} : { historyInstance: (...given) => historyInstance(...given) }),
    writer: { write },
    async commit(transact, confirm) {
      const all = [...staged.values()];
      if (all.length === 0) return true;
      const results = await transact(all.map((one) => one.write));
      if (results === 'conflict') return false;
      for (const [i, { done, write: sent }] of all.entries()) {
        const result = results[i];
        if (sent.kind !== 'delete' && result?.kind === 'written') {
          await confirm(sent, result.version);
          done.as = result.version;
        } else if (sent.kind !== 'delete' || result?.kind !== 'deleted')
          throw new Error(`${source.name} has not told what became of a transaction`);
      }
      return true;
    },
  };
};
