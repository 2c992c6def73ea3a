/** A search read to its end, page after page, within a limit. FHIR R4 search.html, http.html#paging. */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { resolveLink } from './address.ts';
import { type Failed, failed } from './failure.ts';
import type { SendRequest } from './request.ts';
import type { Session, SessionStore, SignedOut } from './session.ts';

/** `complete` is false when there were more pages than the limit. `session` is the newest one. */
export type ReadAll =
  | {
      readonly kind: 'resources';
      readonly resources: readonly Resource[];
      readonly complete: boolean;
      readonly session: Session;
    }
  | SignedOut
  | Failed;

interface Page {
  readonly resources: readonly Resource[];
  readonly next: string | undefined;
}

/** `pages` bounds the requests. A failure carries the HTTP status: 403 is what the person did not share. */
export async function readAll(
  request: SendRequest,
  base: string,
  store: SessionStore,
  search: string,
  pages: number,
): Promise<ReadAll> {
  const resources: Resource[] = [];
  const seen = new Set<string>();
  let path = search;
  for (let page = 1; ; page += 1) {
    const answer = await request(store, path);
    if (answer.kind !== 'response') return answer;
    const { response, session } = answer;
    if (response.status !== 200) {
      await response.body?.cancel();
      return failed('answer', 'The FHIR server refused the search.', { status: response.status });
    }
    const bundle = readBundle(await response.json().catch(() => undefined));
    if (bundle === undefined) return failed('answer', 'The answer is not a Bundle.', { status: 200 });
    resources.push(...bundle.resources);
    if (bundle.next === undefined) return { kind: 'resources', resources, complete: true, session };
    const next = resolveLink(base, bundle.next);
    if (next === undefined) return failed('address', 'The next page is not below the FHIR base.');
    if (seen.has(next.href)) return failed('answer', 'The pages lead in a circle.');
    if (page >= pages) return { kind: 'resources', resources, complete: false, session };
    seen.add(next.href);
    path = next.href;
  }
}

/** The resources that the search found or included; an OperationOutcome about the search is not one of them. */
function readBundle(body: unknown): Page | undefined {
  if (!isObject(body) || body.resourceType !== 'Bundle') return undefined;
  const entries = Array.isArray(body.entry) ? body.entry.filter(isObject) : [];
  const resources = entries
    .filter((entry) => !isObject(entry.search) || entry.search.mode !== 'outcome')
    .map((entry) => entry.resource)
    .filter((resource): resource is Resource => isObject(resource) && typeof resource.resourceType === 'string');
  const links = Array.isArray(body.link) ? body.link.filter(isObject) : [];
  const next = links.find((link) => link.relation === 'next')?.url;
  return { resources, next: typeof next === 'string' ? next : undefined };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
