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

export const respondError = ({ status, issues, headers }: FhirError): Response =>
  json(status, JSON.stringify(operationOutcome(issues)), headers);

export interface ResponseContext {
  readonly base: string;
  readonly principal: Principal;
  readonly pages: PageCursors;
  readonly preferences: Preferences;
  /** raw header of a conditional read */
  readonly ifNoneMatch: string | null;
  /** what the history was asked with, as it was understood */
  readonly historyParams: readonly (readonly [string, string])[];
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
  { base, preferences }: ResponseContext,
): Response => {
  const { version, status, mayRead } = answer;
  const place = `${base}/${version.type}/${version.id}/_history/${version.versionId}`;
  const headers = { ...versionHeaders(version), ...(status === 201 ? { Location: place } : {}) };
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
  switch (answer.kind) {
    case 'refusal':
      return respondError(answer.error);
    case 'resource': {
      const headers = versionHeaders(answer.version);
      return isKnown(context.ifNoneMatch, answer.version.versionId)
        ? new Response(null, { status: 304, headers: { ...common, ...headers } })
        : json(200, answer.version.body, headers);
    }
    case 'written':
      return respondWritten(answer, context);
    case 'done':
      return new Response(null, { status: 204, headers: common });
    case 'search': {
      const { query, result } = answer;
      const around = links(context, query.type, query.understood, result.next);
      return json(200, searchset(context.base, result.matches, around, result.total));
    }
    case 'history': {
      const path = `${answer.type}/${answer.id}/_history`;
      return json(200, history(context.base, answer.entries, links(context, path, context.historyParams, answer.next)));
    }
  }
};
