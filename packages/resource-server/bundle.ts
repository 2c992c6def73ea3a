/** Bundles by concatenation: bodies leave as the text that is stored. FHIR R4 bundle.html. */
import type { HistoryEntry, SearchResult, Version } from '@affinity/core/fhir/backend.ts';
import { type FhirError, operationOutcome } from '@affinity/core/fhir/outcome.ts';
import { bundleLabels } from './bundle-labels.ts';
import type { Representation } from './negotiation.ts';

export interface Link {
  readonly relation: 'self' | 'first' | 'previous' | 'next' | 'last';
  readonly url: string;
}

interface Parts {
  readonly links: readonly Link[];
  readonly entries: readonly string[];
  /** JSON texts of the resources that it shows, by which it is labelled */
  readonly bodies: readonly string[];
  readonly total?: number | undefined;
}

const bundle = (type: string, { links, entries, bodies, total }: Parts): string => {
  const labels = bundleLabels(bodies);
  const meta = labels.length === 0 ? '' : `,"meta":${JSON.stringify({ security: labels })}`;
  const counted = total === undefined ? '' : `,"total":${total}`;
  const linked = links.length === 0 ? '' : `,"link":${JSON.stringify(links)}`;
  const listed = entries.length === 0 ? '' : `,"entry":[${entries.join(',')}]`;
  return `{"resourceType":"Bundle"${meta},"type":"${type}"${counted}${linked}${listed}}`;
};

/** Names of parameters are the caller's own words: enough of them to be known by. */
const ignoredEntry = (ignored: readonly string[]): string => {
  const names = ignored.slice(0, 20).map((name) => name.slice(0, 64));
  const diagnostics = `passed over, because they are not known here: ${names.join(', ')}`;
  const outcome = operationOutcome([{ severity: 'warning', code: 'not-supported', diagnostics }]);
  return `{"resource":${JSON.stringify(outcome)},"search":{"mode":"outcome"}}`;
};

export interface Searchset {
  /** without trailing slash */
  readonly base: string;
  readonly result: SearchResult;
  readonly links: readonly Link[];
  readonly ignored?: readonly string[];
  /** what is given of a version */
  readonly shown: (version: Version, mode: 'match' | 'include') => string;
}

export const searchset = ({ base, result, links, ignored = [], shown }: Searchset): string => {
  const { matches, included = [], total, scores } = result;
  const entryOf =
    (mode: 'match' | 'include') =>
    (version: Version): string => {
      const fullUrl = JSON.stringify(`${base}/${version.type}/${version.id}`);
      const score = mode === 'match' ? scores?.get(version.id) : undefined;
      const scored = score === undefined ? '' : `,"score":${score}`;
      return `{"fullUrl":${fullUrl},"resource":${shown(version, mode)},"search":{"mode":"${mode}"${scored}}}`;
    };
  const entries = [...matches.map(entryOf('match')), ...included.map(entryOf('include'))];
  if (ignored.length > 0) entries.push(ignoredEntry(ignored));
  return bundle('searchset', { links, entries, bodies: [...matches, ...included].map(({ body }) => body), total });
};

/** Statuses that the interactions had; a deletion has no resource (FHIR R4 http.html#history). */
const statuses = { POST: '201', PUT: '200', DELETE: '204' } as const;

export const history = (base: string, entries: readonly HistoryEntry[], links: readonly Link[]): string =>
  bundle('history', {
    links,
    bodies: entries.flatMap(({ version }) => ('body' in version ? [version.body] : [])),
    entries: entries.map(({ method, version }) => {
      const { type, id, versionId, lastUpdated } = version;
      const url = method === 'POST' ? type : `${type}/${id}`;
      const response = { status: statuses[method], etag: `W/"${versionId}"`, lastModified: lastUpdated };
      return [
        `{"fullUrl":${JSON.stringify(`${base}/${type}/${id}`)}`,
        ...('body' in version ? [`"resource":${version.body}`] : []),
        `"request":${JSON.stringify({ method, url })}`,
        `"response":${JSON.stringify(response)}}`,
      ].join(',');
    }),
  });

/** What became of one entry: what a Response would say, and the JSON text of what it would hold. */
export interface EntryResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly json?: string;
  readonly error?: FhirError;
  /** as the form of a search asks for it, in place of what the headers and the URL say */
  readonly representation?: Representation;
}

const phrases: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  204: 'No Content',
  304: 'Not Modified',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  409: 'Conflict',
  410: 'Gone',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

const responseEntry = ({ status, headers, json, error }: EntryResponse): string => {
  const modified = headers['Last-Modified'];
  const location = headers.Location ?? headers['Content-Location'];
  const response = {
    status: `${status} ${phrases[status] ?? ''}`.trim(),
    ...(location === undefined ? {} : { location }),
    ...(headers.ETag === undefined ? {} : { etag: headers.ETag }),
    ...(modified === undefined ? {} : { lastModified: new Date(modified).toISOString() }),
    ...(error === undefined ? {} : { outcome: operationOutcome(error.issues) }),
  };
  const resource = error !== undefined || json === undefined ? '' : `"resource":${json},`;
  return `{${resource}"response":${JSON.stringify(response)}}`;
};

export const responses = (type: 'batch' | 'transaction', entries: readonly EntryResponse[]): string =>
  bundle(`${type}-response`, {
    links: [],
    entries: entries.map(responseEntry),
    bodies: entries.flatMap(({ json, error }) => (json === undefined || error !== undefined ? [] : [json])),
  });
