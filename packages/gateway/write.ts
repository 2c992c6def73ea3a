/**
 * Writes by pre-image: what is stored is read and judged, and the foreign system is told to write only where that very
 * version is still the current one. What may not be seen is as if it were not there. FHIR R4 http.html#concurrency.
 */
import type { Update, WriteResult } from '@affinity/core/fhir/backend.ts';
import type { Filter } from '@affinity/core/fhir/filter.ts';
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import { type Content, isResourceId } from '@affinity/core/fhir/resource.ts';
import type { Confirm, Sent } from './confirm.ts';
import { type Reading, toDeletion } from './current.ts';
import { keyOf } from './fetch.ts';
import type { GatewayLimits } from './limits.ts';
import type { Locks } from './locks.ts';
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
  readonly confirm: Confirm;
  readonly inTurn: Locks;
  readonly limits: GatewayLimits;
}): Writing => {
  const { reading, confirm, inTurn, limits } = options;

  const written = async (kind: 'created' | 'updated', sent: Sent, held: Held): Promise<WriteResult> => ({
    kind,
    version: toVersion(held, await confirm(sent, held)),
  });
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
      const sent = { kind: 'create', type, id, content } as const;
      const result = await writer().write(sent);
      return result.kind === 'written' ? written('created', sent, result.version) : { kind: 'id-taken' };
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
          const sent = { kind: 'update', type, id, content, ifMatch: versionId } as const;
          const result = await writer().write(sent);
          if (result.kind !== 'written') return { conflictWith: versionId };
          return written(now.kind === 'found' ? 'updated' : 'created', sent, result.version);
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
