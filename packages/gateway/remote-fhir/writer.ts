/**
 * Writes to a foreign server, each only where the version is the one that was judged: alone, or several as one transaction.
 * They are not given up when a caller goes: what became of them must be known. FHIR R4 http.html#concurrency, #transaction.
 */
import { createLocks } from '../locks.ts';
import type { SourceWrite, SourceWriter, StagedWrite } from '../source.ts';
import { type Reading, useless } from './answer.ts';
import { bundleIn } from './bundle-entries.ts';
import type { Ask, Asked } from './client.ts';
import { instantOf, versionOfTag } from './held.ts';
import type { RemoteFhirOptions } from './options.ts';
import { stagedContent } from './staged-content.ts';
import { notOffered } from './upstream-fault.ts';
import { instancePath, typePath } from './upstream-path.ts';
import {
  deletionOf,
  hasMoved,
  type Looking,
  outcomeOf,
  placeOfLocation,
  readBack,
  refusalOf,
} from './write-outcome.ts';

export interface WriterNeighbours {
  readonly ask: Ask;
  readonly reading: Reading;
  readonly looking: Looking;
  readonly create: NonNullable<RemoteFhirOptions['create']>;
  readonly transacts: boolean;
  readonly now: () => number;
}

const sent = { 'content-type': 'application/fhir+json; charset=utf-8', prefer: 'return=representation' };

const placeOf = ({ type, id }: StagedWrite): string => {
  const path = instancePath(type, id);
  if (path === undefined) throw notOffered();
  return path;
};

export const createWriter = (neighbours: WriterNeighbours): SourceWriter => {
  const { ask, reading, looking, create, now } = neighbours;
  const { names } = reading;

  const requestOf = (staged: StagedWrite): Asked => {
    const path = placeOf(staged);
    if (staged.kind === 'delete')
      return { method: 'DELETE', path, headers: { 'if-match': `W/"${staged.ifMatch}"` }, isSafe: false };
    const body = stagedContent(staged, names);
    if (staged.kind === 'update')
      return { method: 'PUT', path, headers: { ...sent, 'if-match': `W/"${staged.ifMatch}"` }, body, isSafe: false };
    if (create === 'post')
      return { method: 'POST', path: typePath(staged.type) ?? path, headers: sent, body, isSafe: false };
    const condition = create === 'put' ? {} : { 'if-none-match': '*' };
    return { method: 'PUT', path, headers: { ...sent, ...condition }, body, isSafe: false };
  };

  // Not every server heeds `If-None-Match`: of those who make the same here, one looks and makes, and the next finds it.
  const inTurn = createLocks();
  const alone = async <Result>(staged: readonly StagedWrite[], work: () => Promise<Result>): Promise<Result> => {
    const made = create === 'post' ? [] : staged.filter(({ kind }) => kind === 'create').map(placeOf);
    return made.length === 0 ? work() : inTurn(made, work);
  };

  const write = async (staged: StagedWrite): Promise<SourceWrite> => {
    const request = requestOf(staged);
    const isPut = staged.kind === 'create' && create !== 'post';
    if (isPut && (await hasMoved(staged, looking))) return { kind: 'conflict' };
    const answer = await ask(request);
    if (isPut && answer.status === 200) reading.report({ kind: 'upstream-overwrote', source: reading.source });
    return outcomeOf(staged, answer, looking, reading, now());
  };

  const entryOf = (staged: StagedWrite): string => {
    const { method, headers = {}, body } = requestOf(staged);
    const request = {
      method,
      url: placeOf(staged).slice(1),
      ...(headers['if-match'] === undefined ? {} : { ifMatch: headers['if-match'] }),
      ...(headers['if-none-match'] === undefined ? {} : { ifNoneMatch: headers['if-none-match'] }),
    };
    return `{${body === undefined ? '' : `"resource":${body},`}"request":${JSON.stringify(request)}}`;
  };

  const transact = async (staged: readonly StagedWrite[]): Promise<readonly SourceWrite[] | 'conflict'> => {
    const body = `{"resourceType":"Bundle","type":"transaction","entry":[${staged.map(entryOf).join(',')}]}`;
    for (const one of staged) if (one.kind === 'create' && (await hasMoved(one, looking))) return 'conflict';
    const answer = await ask({ method: 'POST', path: '', headers: sent, body, isSafe: false });
    if (answer.status !== 200) return refusalOf(answer.status, staged, looking, reading);
    const { entries } = bundleIn(answer, reading, 'transaction-response');
    if (entries.length !== staged.length) throw useless(reading, 'a transaction of another length');
    const written: SourceWrite[] = [];
    for (const [i, one] of staged.entries()) {
      const { held, response = {} } = entries[i] ?? {};
      const { status, etag, location, lastModified } = response;
      if (typeof status !== 'string' || !/^2\d\d\b/.test(status)) throw useless(reading, 'a transaction in parts');
      const place = placeOfLocation(typeof location === 'string' ? location : undefined);
      const versionId = versionOfTag(typeof etag === 'string' ? etag : undefined) ?? place?.versionId;
      if (one.kind === 'delete')
        written.push(await deletionOf(one, { versionId, lastUpdated: instantOf(lastModified) }, looking, now()));
      else if (held !== undefined && held.type === one.type && held.id === one.id)
        written.push({ kind: 'written', version: held });
      else if (held === undefined) written.push(await readBack(one, versionId, looking, reading));
      else throw useless(reading, 'another resource');
    }
    return written;
  };

  // An id that the foreign server chooses is not known to the other entries.
  return {
    write: (staged) => alone([staged], () => write(staged)),
    ...(neighbours.transacts && create !== 'post'
      ? { transact: (staged) => alone(staged, () => transact(staged)) }
      : {}),
  };
};
