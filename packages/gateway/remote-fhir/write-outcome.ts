/**
 * What became of a write at a foreign server: the version that it made, or why it made none. A conflict is told from a refusal
 * by looking at what is there now. FHIR R4 http.html#create, #update, #delete, #concurrency.
 */
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Deleted, Source, SourceWrite, StagedWrite } from '../source.ts';
import { fhirJson, heldIn, type Reading, useless } from './answer.ts';
import { type Answer, headerOf } from './connection.ts';
import { instantOf, versionOfTag } from './held.ts';
import { notOffered, refusedContent } from './upstream-fault.ts';

/** How what is there is looked at. */
export type Looking = Required<Pick<Source, 'read' | 'vread' | 'historyInstance'>>;

/** Whether what the write is based upon is not so any more. */
export const hasMoved = async (staged: StagedWrite, { read }: Looking): Promise<boolean> => {
  const now = await read(staged);
  if (staged.kind === 'create') return now.kind !== 'absent';
  return now.kind !== 'found' || now.version.versionId !== staged.ifMatch;
};

/** `Type/id/_history/3` at the end of a Location. FHIR R4 http.html#create. */
export const placeOfLocation = (location: string | undefined) => {
  const [, type, id, versionId] =
    /(?:^|\/)([A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/([A-Za-z0-9\-.]{1,64}))?\/?$/.exec(location ?? '') ?? [];
  return type === undefined || id === undefined ? undefined : { type, id, versionId };
};

/** What was written, read where the answer does not show it. */
export const readBack = async (
  at: { readonly type: string; readonly id: string },
  versionId: string | undefined,
  looking: Looking,
  reading: Reading,
): Promise<SourceWrite> => {
  const exact = versionId === undefined ? undefined : await looking.vread({ ...at, versionId });
  const read = exact?.kind === 'found' ? exact : await looking.read(at);
  if (read.kind !== 'found') throw useless(reading, 'a write that cannot be read');
  return { kind: 'written', version: read.version };
};

/** Of a server that does not say which version the deletion is and when it was made, its history is asked. */
export const deletionOf = async (
  { type, id, ifMatch }: Extract<StagedWrite, { kind: 'delete' }>,
  said: { readonly versionId?: string | undefined; readonly lastUpdated?: string | undefined },
  { historyInstance }: Looking,
  now: number,
): Promise<SourceWrite> => {
  const known = (deletion: Deleted): SourceWrite => ({ kind: 'deleted', deletion });
  const versionId = said.versionId === ifMatch ? undefined : said.versionId;
  const { lastUpdated } = said;
  if (versionId !== undefined && lastUpdated !== undefined) return known({ type, id, versionId, lastUpdated });
  const history = await historyInstance({ type, id, page: { count: 1 } }).catch(() => 'absent' as const);
  const [newest] = history === 'absent' ? [] : history.entries;
  if (newest?.method === 'DELETE') {
    const { versionId: version, lastUpdated: instant } = newest.version;
    return known({ type, id, versionId: version, lastUpdated: instant });
  }
  return known({
    type,
    id,
    versionId: versionId ?? `${ifMatch.slice(0, 56)}.deleted`,
    lastUpdated: lastUpdated ?? new Date(now).toISOString(),
  });
};

/** A status that says that nothing was written. */
export const refusalOf = async (
  status: number,
  staged: readonly StagedWrite[],
  looking: Looking,
  reading: Reading,
): Promise<'conflict'> => {
  if (status === 412) return 'conflict';
  if ([400, 404, 409, 410, 413, 422].includes(status)) {
    // Some say so of a version that is not the current one, some of much else.
    for (const one of staged) if (await hasMoved(one, looking)) return 'conflict';
    reading.report({ kind: 'upstream-refused', source: reading.source, detail: `write ${status}` });
    throw status === 409
      ? fhirError(409, 'conflict', 'the records system does not let this be changed')
      : refusedContent();
  }
  if (status === 405 || status === 501) throw notOffered();
  throw useless(reading, `write ${status}`);
};

export const outcomeOf = async (
  staged: StagedWrite,
  answer: Answer,
  looking: Looking,
  reading: Reading,
  now: number,
): Promise<SourceWrite> => {
  const { status } = answer;
  const etag = versionOfTag(headerOf(answer, 'etag'));
  if (staged.kind === 'delete') {
    if (status === 200 || status === 204)
      return deletionOf(
        staged,
        { versionId: etag, lastUpdated: instantOf(headerOf(answer, 'last-modified')) },
        looking,
        now,
      );
  } else if (status === 200 || status === 201) {
    const place = placeOfLocation(headerOf(answer, 'location'));
    const isNew = staged.kind === 'create';
    // An outcome in place of the content: FHIR R4 http.html#ops, Prefer.
    const isShown = answer.text.trim() !== '' && fhirJson(answer, reading).value.resourceType === staged.type;
    const at = { type: staged.type, id: isNew && place?.type === staged.type ? place.id : staged.id };
    if (isShown) return { kind: 'written', version: heldIn(answer, reading, isNew ? { type: staged.type } : at) };
    return readBack(at, place?.versionId ?? etag, looking, reading);
  }
  return { kind: await refusalOf(status, [staged], looking, reading) };
};
