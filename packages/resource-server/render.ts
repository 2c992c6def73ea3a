/**
 * An answer as status, headers and JSON text: the same whether it leaves as a Response or as an entry of a Bundle. FHIR
 * R4 http.html.
 */
import type { Version } from '@affinity/core/fhir/backend.ts';
import { type FhirError, operationOutcome } from '@affinity/core/fhir/outcome.ts';
import type { Subset } from '@affinity/core/fhir/search-query.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { Answer } from './answer.ts';
import type { Understood } from './asked.ts';
import { type EntryResponse, history, type Link, searchset } from './bundle.ts';
import type { Preferences } from './negotiation.ts';
import type { PageCursors } from './page-cursor.ts';
import { subsetOf } from './subset.ts';

export interface RenderContext {
  readonly base: string;
  readonly principal: Principal;
  readonly pages: PageCursors;
  readonly preferences: Preferences;
  /** of the request: its conditions on a read */
  readonly headers: Headers;
  /** which part of each resource is wanted */
  readonly subset?: Subset;
}

const versionHeaders = ({ versionId, lastUpdated }: Version): Record<string, string> => ({
  ETag: `W/"${versionId}"`,
  'Last-Modified': new Date(lastUpdated).toUTCString(),
});

export const renderError = (error: FhirError): EntryResponse => ({
  status: error.status,
  headers: error.headers,
  json: JSON.stringify(operationOutcome(error.issues)),
  error,
});

const withQuery = (url: string, params: Understood): string => {
  const query = new URLSearchParams(params.map(([name, value]): [string, string] => [name, value])).toString();
  return query === '' ? url : `${url}?${query}`;
};

interface Paged {
  readonly path: string;
  readonly understood: Understood;
  readonly cursor?: string;
}

/** FHIR R4 http.html#paging. A page that a link led to is known by a link again, and the first one by what was asked. */
const linksOf = (
  { path, understood, cursor }: Paged,
  around: { readonly next?: string; readonly previous?: string; readonly last?: string },
  { base, pages, principal }: RenderContext,
): readonly Link[] => {
  const plain = withQuery(`${base}/${path}`, understood);
  const sealed = (to: string): string =>
    `${base}/${path}?_cursor=${pages.seal({ params: understood, cursor: to }, path, principal)}`;
  const link = (relation: Link['relation'], to: string | undefined): readonly Link[] =>
    to === undefined ? [] : [{ relation, url: sealed(to) }];
  const paged = cursor !== undefined || around.next !== undefined;
  return [
    { relation: 'self', url: cursor === undefined ? plain : sealed(cursor) },
    ...(paged ? [{ relation: 'first', url: plain } as const] : []),
    ...link('previous', around.previous),
    ...link('next', around.next),
    ...link('last', around.last),
  ];
};

const renderWritten = (
  { version, status, mayRead, unchanged }: Extract<Answer, { kind: 'written' }>,
  { base, preferences }: RenderContext,
): EntryResponse => {
  const place = `${base}/${version.type}/${version.id}/_history/${version.versionId}`;
  const headers = {
    ...versionHeaders(version),
    ...(status === 201 ? { Location: place } : unchanged === true ? { 'Content-Location': place } : {}),
  };
  if (preferences.return === 'OperationOutcome') {
    const diagnostics = unchanged === true ? 'it is stored already' : 'stored';
    const outcome = operationOutcome([{ severity: 'information', code: 'informational', diagnostics }]);
    return { status, headers, json: JSON.stringify(outcome) };
  }
  if (!mayRead || preferences.return === 'minimal') return { status, headers };
  return { status, headers, json: version.body };
};

/** RFC 9110 §13.1.2: weak comparison with a list of tags. */
const isKnown = (ifNoneMatch: string, versionId: string): boolean =>
  ifNoneMatch.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === `"${versionId}"`);

/** RFC 9110 §13.2.2: a tag goes before a date. The date has whole seconds. */
const isUnchanged = (headers: Headers, { versionId, lastUpdated }: Version): boolean => {
  const tags = headers.get('if-none-match');
  if (tags !== null) return isKnown(tags, versionId);
  const since = Date.parse(headers.get('if-modified-since') ?? '');
  return Math.floor(Date.parse(lastUpdated) / 1000) * 1000 <= since;
};

export const render = (answer: Answer, context: RenderContext): EntryResponse => {
  const { base, subset } = context;
  const shown = ({ body, type }: Version): string => (subset === undefined ? body : subsetOf(body, type, subset));
  switch (answer.kind) {
    case 'refusal':
      return renderError(answer.error);
    case 'resource': {
      const headers = versionHeaders(answer.version);
      return isUnchanged(context.headers, answer.version)
        ? { status: 304, headers }
        : { status: 200, headers, json: shown(answer.version) };
    }
    case 'written':
      return renderWritten(answer, context);
    case 'done':
      return answer.versionId === undefined
        ? { status: 204, headers: {} }
        : { status: 204, headers: { ETag: `W/"${answer.versionId}"` } };
    case 'search': {
      const { result, ignored } = answer;
      // Elements are named of what matches; a summary is of all.
      const whole = (mode: 'match' | 'include') => mode === 'include' && subset?.kind === 'elements';
      const json = searchset({
        base,
        result,
        links: linksOf(answer, result, context),
        ...(ignored === undefined ? {} : { ignored }),
        shown: (version, mode) => (whole(mode) ? version.body : shown(version)),
      });
      return { status: 200, headers: {}, json };
    }
    case 'history':
      return { status: 200, headers: {}, json: history(base, answer.entries, linksOf(answer, answer, context)) };
    case 'made':
      return { status: answer.status ?? 200, headers: {}, json: answer.json };
  }
};
