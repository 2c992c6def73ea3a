/**
 * Writes by pre-image: what is stored is read and judged, and the foreign system is told to write only where that very
 * version is still the current one. What may not be seen is as if it were not there. FHIR R4 http.html#concurrency.
 */
import type { Update, WriteResult } from '@affinity/core/fhir/backend.ts';
import { everything, type Filter } from '@affinity/core/fhir/filter.ts';
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import { type Content, isResourceId } from '@affinity/core/fhir/resource.ts';
import { createBudget } from './budget.ts';
import { type JudgeOne, type Reading, toDeletion } from './current.ts';
import { keyOf } from './fetch.ts';
import type { GatewayLimits } from './limits.ts';
import type { Locks } from './locks.ts';
import { signalOf } from './request-context.ts';
import type { At, Held, SourceWriter } from './source.ts';
import { toVersion } from './version.ts';

export interface Writing {
  create(input: At & { readonly content: Content }): Promise<WriteResult>;
  update(input: Update, filter: Filter): Promise<WriteResult>;
  delete(input: At & { readonly ifMatch?: string }, filter: Filter): Promise<WriteResult>;
}

const notOffered = () => fhirError(405, 'not-supported', 'the records can only be read here');

export const createWriting = (options: {
  readonly writer: SourceWriter | undefined;
  readonly reading: Reading;
  readonly judgeOne: JudgeOne;
  readonly inTurn: Locks;
  readonly limits: GatewayLimits;
}): Writing => {
  const { reading, judgeOne, inTurn, limits } = options;

  const written = async (kind: 'created' | 'updated', held: Held): Promise<WriteResult> => {
    const around = { budget: createBudget(limits.scannedMost), signal: signalOf() };
    const facts = await judgeOne(held, everything, around);
    // What cannot be read back is not told of as anything else than what was written.
    return { kind, version: toVersion(held, facts ?? { owners: [] }) };
  };
  const writer = (): SourceWriter => {
    if (options.writer === undefined) throw notOffered();
    return options.writer;
  };

  /** Tried again when another write was in the way: what is stored then is judged anew. */
  const again = async (
    attempt: () => Promise<WriteResult | { readonly conflictWith: string }>,
  ): Promise<WriteResult> => {
    let current = '';
    for (let i = 0; i < limits.attempts; i += 1) {
      const result = await attempt();
      if ('kind' in result) return result;
      current = result.conflictWith;
    }
    return { kind: 'version-conflict', current };
  };

  return {
    async create({ type, id, content }) {
      if (!isResourceId(id)) throw new Error('The id of a resource to be created is not valid.');
      const result = await writer().write({ kind: 'create', type, id, content });
      return result.kind === 'written' ? written('created', result.version) : { kind: 'id-taken' };
    },
    update: ({ type, id, content, ifMatch, accepts }, filter) =>
      inTurn([keyOf({ type, id })], () =>
        again(async () => {
          const now = await reading.current({ type, id }, filter);
          if (now.kind === 'absent') return now;
          const { versionId } = now.kind === 'found' ? now.held : now.deletion;
          const { body } = now.kind === 'found' ? now.held : now.last;
          if (accepts !== undefined && !accepts(body)) return { kind: 'refused' };
          if (ifMatch !== undefined && ifMatch !== versionId) return { kind: 'version-conflict', current: versionId };
          const result = await writer().write({ kind: 'update', type, id, content, ifMatch: versionId });
          if (result.kind !== 'written') return { conflictWith: versionId };
          return written(now.kind === 'found' ? 'updated' : 'created', result.version);
        }),
      ),
    delete: ({ type, id, ifMatch }, filter) =>
      inTurn([keyOf({ type, id })], () =>
        again(async () => {
          const now = await reading.current({ type, id }, filter);
          if (now.kind === 'absent') return now;
          if (now.kind === 'deleted') return { kind: 'deleted', deletion: now.deletion };
          const { versionId } = now.held;
          if (ifMatch !== undefined && ifMatch !== versionId) return { kind: 'version-conflict', current: versionId };
          const result = await writer().write({ kind: 'delete', type, id, ifMatch: versionId });
          return result.kind === 'deleted'
            ? { kind: 'deleted', deletion: toDeletion(result.deletion) }
            : { conflictWith: versionId };
        }),
      ),
  };
};
