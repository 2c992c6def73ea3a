/** An answer made into a Response; every error is an OperationOutcome, and none says how it came about. FHIR R4 http.html. */
import type { Version } from '@affinity/core/fhir/backend.ts';
import { type FhirError, operationOutcome } from '@affinity/core/fhir/outcome.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { Answer } from './answer.ts';
import { history, type Link, searchset } from './bundle.ts';
import { fhirJson, type Preferences } from './negotiation.ts';
import type { PageCursors } from './page-cursor.ts';

/** What every answer about records carries: nobody between us and the caller keeps it. */
const common = {
  'Cache-Control': 'private, no-store',
  'X-Content-Type-Options': 'nosniff',
} as const;

const versionHeaders = ({ versionId, lastUpdated }: Version): Record<string, string> => ({
  ETag: `W/"${versionId}"`,
  'Last-Modified': new Date(lastUpdated).toUTCString(),
});

const json = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(body, { status, headers: { ...common, 'Content-Type': fhirJson, ...headers } });

/** Headers that an answer has whatever it says; given when it is made, because adding to a Response costs more. */
export type EdgeHeaders = Readonly<Record<string, string>>;

export const respondError = ({ status, issues, headers }: FhirError, edge: EdgeHeaders = {}): Response =>
  json(status, JSON.stringify(operationOutcome(issues)), { ...edge, ...headers });

export interface ResponseContext {
  readonly base: string;
  readonly principal: Principal;
  readonly pages: PageCursors;
  readonly preferences: Preferences;
  /** raw header of a conditional read */
  readonly ifNoneMatch: string | null;
  /** what the history was asked with, as it was understood */
  readonly historyParams: readonly (readonly [string, string])[];
  readonly edge: EdgeHeaders;
}

const withQuery = (url: string, params: readonly (readonly [string, string])[]): string => {
  const query = new URLSearchParams(params.map(([name, value]): [string, string] => [name, value])).toString();
  return query === '' ? url : `${url}?${query}`;
};

const links = (
  context: ResponseContext,
  path: string,
  params: readonly (readonly [string, string])[],
  next: string | undefined,
): readonly Link[] => {
  const self: Link = { relation: 'self', url: withQuery(`${context.base}/${path}`, params) };
  if (next === undefined) return [self];
  const sealed = context.pages.seal({ params, cursor: next }, path, context.principal);
  return [self, { relation: 'next', url: `${context.base}/${path}?_cursor=${sealed}` }];
};

const respondWritten = (
  answer: Extract<Answer, { kind: 'written' }>,
  { base, preferences, edge }: ResponseContext,
): Response => {
  const { version, status, mayRead } = answer;
  const place = `${base}/${version.type}/${version.id}/_history/${version.versionId}`;
  const headers = { ...edge, ...versionHeaders(version), ...(status === 201 ? { Location: place } : {}) };
  if (preferences.return === 'OperationOutcome') {
    const outcome = operationOutcome([{ severity: 'information', code: 'informational', diagnostics: 'stored' }]);
    return json(status, JSON.stringify(outcome), headers);
  }
  if (!mayRead || preferences.return === 'minimal')
    return new Response(null, { status, headers: { ...common, ...headers } });
  return json(status, version.body, headers);
};

/** RFC 9110 §13.1.2: weak comparison with a list of tags. */
const isKnown = (ifNoneMatch: string | null, versionId: string): boolean =>
  (ifNoneMatch ?? '')
    .split(',')
    .some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === `"${versionId}"`);

export const respond = (answer: Answer, context: ResponseContext): Response => {
  const { edge } = context;
  switch (answer.kind) {
    case 'refusal':
      return respondError(answer.error, edge);
    case 'resource': {
      const headers = { ...edge, ...versionHeaders(answer.version) };
      return isKnown(context.ifNoneMatch, answer.version.versionId)
        ? new Response(null, { status: 304, headers: { ...common, ...headers } })
        : json(200, answer.version.body, headers);
    }
    case 'written':
      return respondWritten(answer, context);
    case 'done':
      return new Response(null, { status: 204, headers: { ...common, ...edge } });
    case 'search': {
      const { query, result } = answer;
      const around = links(context, query.type, query.understood, result.next);
      return json(200, searchset(context.base, result.matches, around, result.total), edge);
    }
    case 'history': {
      const path = `${answer.type}/${answer.id}/_history`;
      const around = links(context, path, context.historyParams, answer.next);
      return json(200, history(context.base, answer.entries, around), edge);
    }
  }
};
