/** Bundles of search and history, by concatenation: bodies leave as the text that is stored. FHIR R4 bundle.html. */
import type { HistoryEntry, Version } from '@affinity/core/fhir/backend.ts';

export interface Link {
  readonly relation: 'self' | 'next';
  readonly url: string;
}

const bundle = (type: string, links: readonly Link[], entries: readonly string[], total?: number): string => {
  const counted = total === undefined ? '' : `,"total":${total}`;
  const listed = entries.length === 0 ? '' : `,"entry":[${entries.join(',')}]`;
  return `{"resourceType":"Bundle","type":"${type}"${counted},"link":${JSON.stringify(links)}${listed}}`;
};

/** `base` has no trailing slash. */
export const searchset = (base: string, matches: readonly Version[], links: readonly Link[], total?: number): string =>
  bundle(
    'searchset',
    links,
    matches.map(({ type, id, body }) => {
      const fullUrl = JSON.stringify(`${base}/${type}/${id}`);
      return `{"fullUrl":${fullUrl},"resource":${body},"search":{"mode":"match"}}`;
    }),
    total,
  );

/** Statuses that the interactions had; a deletion has no resource (FHIR R4 http.html#history). */
const statuses = { POST: '201', PUT: '200', DELETE: '204' } as const;

export const history = (base: string, entries: readonly HistoryEntry[], links: readonly Link[]): string =>
  bundle(
    'history',
    links,
    entries.map(({ method, version }) => {
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
  );
