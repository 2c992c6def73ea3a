/** One resource of a foreign server, as it is now or as it was in one version. FHIR R4 http.html#read, #vread. */
import type { At, SourceRead } from '../source.ts';
import { heldIn, type Reading, useless } from './answer.ts';
import type { Ask } from './client.ts';
import { instancePath, versionPath } from './upstream-path.ts';

const readAt = async (
  ask: Ask,
  reading: Reading,
  path: string | undefined,
  at: At & { readonly versionId?: string },
  signal?: AbortSignal,
): Promise<SourceRead> => {
  if (path === undefined) return { kind: 'absent' };
  const answer = await ask({ method: 'GET', path, isSafe: true, signal });
  if (answer.status === 200) return { kind: 'found', version: heldIn(answer, reading, at) };
  if (answer.status === 404) return { kind: 'absent' };
  if (answer.status === 410) return { kind: 'deleted' };
  reading.report({ kind: 'upstream-refused', source: reading.source, detail: `read ${at.type} ${answer.status}` });
  throw useless(reading, `read ${answer.status}`);
};

export const createRead =
  (ask: Ask, reading: Reading) =>
  ({ type, id }: At, signal?: AbortSignal): Promise<SourceRead> =>
    readAt(ask, reading, instancePath(type, id), { type, id }, signal);

export const createVread =
  (ask: Ask, reading: Reading) =>
  ({ type, id, versionId }: At & { readonly versionId: string }, signal?: AbortSignal): Promise<SourceRead> =>
    readAt(ask, reading, versionPath(type, id, versionId), { type, id, versionId }, signal);
