/**
 * The pages on which anybody browses the registry, at `/registry`: lists with a search, a profile as a table, a ValueSet with
 * a search in it, packages. They ask the registry's FHIR server as anybody without a token would, so that nothing is shown
 * here that is not shown there. FHIR R4 profiling.html; IHE SVCM.
 */
import type { DeskConnection } from '../admin/desk.ts';
import { pageHeaders } from '../page-headers.ts';
import { printArtefact, printRegistryTrouble } from '../pages/registry-artefact-page.ts';
import { printRegistryList } from '../pages/registry-list-page.ts';
import { printPackages } from '../pages/registry-packages-page.ts';
import type { House } from '../parts/document.ts';
import { type Expansion, expansionOf, type Json, listOf, rowOf, type ShownPackage, textOf } from './artefact-view.ts';

export interface Registry {
  /** FHIR base of the registry, without trailing slash */
  readonly base: string;
  /** Asks for a path below the base, without a token. */
  ask(path: string, connection: DeskConnection): Promise<Response>;
  packages(): Promise<readonly ShownPackage[]>;
}

export interface RegistryPagesNeighbours {
  readonly house: House;
  readonly registry: Registry;
}

/** What one may look through, in the order of the tabs. */
export const shownTypes = [
  'StructureDefinition',
  'ValueSet',
  'CodeSystem',
  'ConceptMap',
  'SearchParameter',
  'OperationDefinition',
  'CapabilityStatement',
  'ImplementationGuide',
  'NamingSystem',
] as const;
export type ShownType = (typeof shownTypes)[number];

const isShown = (type: string): type is ShownType => shownTypes.some((one) => one === type);
const isId = (id: string): boolean => /^[A-Za-z0-9\-.]{1,64}$/.test(id);

const pageSize = 50;
const longestWords = 100;

type Answered = { readonly status: number; readonly json: Json };

export type RegistryPages = (request: Request, url: URL, connection: DeskConnection) => Promise<Response | undefined>;

export const createRegistryPages = ({ house, registry }: RegistryPagesNeighbours): RegistryPages => {
  const headers = pageHeaders(house.origin);
  const page = (status: number, document: string): Response => new Response(document, { status, headers });

  const ask = async (path: string, connection: DeskConnection): Promise<Answered> => {
    const response = await registry.ask(path, connection);
    const json: unknown = await response.json().catch(() => ({}));
    return { status: response.status, json: typeof json === 'object' && json !== null ? (json as Json) : {} };
  };
  const resourcesOf = ({ json }: Answered): readonly Json[] =>
    listOf(json.entry).flatMap(({ resource }) =>
      typeof resource === 'object' && resource !== null ? [resource as Json] : [],
    );

  const list = async (url: URL, connection: DeskConnection): Promise<Response> => {
    const asked = url.searchParams.get('type') ?? '';
    const type = isShown(asked) ? asked : 'StructureDefinition';
    const words = (url.searchParams.get('words') ?? '').trim().slice(0, longestWords);
    const [from, word] = [url.searchParams.get('page') ?? '', encodeURIComponent(words.replace(/([\\,|$])/g, '\\$1'))];
    const shape = `_elements=url,version,name,title,status,description,type,kind,content,code,base&_count=${pageSize}`;
    const queries =
      words === ''
        ? [from === '' ? `${type}?${shape}&_sort=name` : `${type}?${from}`]
        : /^[a-z][a-z0-9+.-]*:\S+$/i.test(words)
          ? [`${type}?${shape}&url=${word}`]
          : ['name', ...(type === 'NamingSystem' || type === 'SearchParameter' ? [] : ['title'])].map(
              (parameter) => `${type}?${shape}&${parameter}:contains=${word}&_sort=name`,
            );
    const answers = await Promise.all(queries.map((query) => ask(`/${query}`, connection)));
    // Words that are too short, or a page that is no more: nothing was found by them.
    const failed = answers.find(({ status }) => status === 429 || status >= 500 || status === 401);
    if (failed !== undefined)
      return page(failed.status === 429 ? 429 : 502, printRegistryTrouble(house, failed.status));
    const rows = new Map(answers.flatMap(resourcesOf).map((one) => [String(one.id), rowOf(one)]));
    const next = listOf(answers[0]?.json.link).find(({ relation }) => relation === 'next');
    const more = textOf(next?.url);
    return page(
      200,
      printRegistryList(house, {
        type,
        words,
        rows: [...rows.values()],
        ...(more === undefined || words !== '' ? {} : { next: new URL(more).searchParams.toString() }),
        cut: words !== '' && answers.some(({ json }) => listOf(json.link).some(({ relation }) => relation === 'next')),
      }),
    );
  };

  /** The codes of a ValueSet, as far as they can be told. */
  const expand = async (id: string, url: URL, connection: DeskConnection): Promise<Expansion> => {
    const filter = (url.searchParams.get('filter') ?? '').trim().slice(0, longestWords);
    const given = Number(url.searchParams.get('offset') ?? 0);
    const offset = Number.isSafeInteger(given) && given > 0 ? given : 0;
    const query = `filter=${encodeURIComponent(filter)}&offset=${offset}&count=${pageSize}`;
    const asked = filter === '' ? query.replace(/^filter=&/, '') : query;
    const { status, json } = await ask(`/ValueSet/${id}/$expand?${asked}`, connection);
    return expansionOf(status, json, filter, offset, pageSize);
  };

  const artefact = async (type: ShownType, id: string, url: URL, connection: DeskConnection): Promise<Response> => {
    const { status, json } = await ask(`/${type}/${id}`, connection);
    if (status !== 200) return page(status === 429 ? 429 : 404, printRegistryTrouble(house, status));
    const needsSnapshot = type === 'StructureDefinition' && json.snapshot === undefined;
    const made = needsSnapshot ? await ask(`/StructureDefinition/${id}/$snapshot`, connection) : undefined;
    const whole = made?.status === 200 && made.json.resourceType === 'StructureDefinition' ? made.json : json;
    const expansion = type === 'ValueSet' ? await expand(id, url, connection) : undefined;
    return page(
      200,
      printArtefact(house, {
        resource: whole,
        type,
        id,
        address: `${registry.base}/${type}/${id}`,
        view: url.searchParams.get('view') === 'all' ? 'all' : 'own',
        filter: (url.searchParams.get('filter') ?? '').trim().slice(0, longestWords),
        ...(expansion === undefined ? {} : { expansion }),
      }),
    );
  };

  const route = async (url: URL, connection: DeskConnection): Promise<Response> => {
    const [, , first = '', second, ...rest] = url.pathname.split('/');
    if (url.pathname === '/registry') return list(url, connection);
    if (url.pathname === '/registry/packages') return page(200, printPackages(house, await registry.packages()));
    if (isShown(first) && second !== undefined && isId(second) && rest.length === 0)
      return artefact(first, second, url, connection);
    return page(404, printRegistryTrouble(house, 404));
  };

  return async (request, url, connection) => {
    if (url.pathname !== '/registry' && !url.pathname.startsWith('/registry/')) return undefined;
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return new Response('This is not possible here.\n', {
        status: 405,
        headers: { ...headers, 'content-type': 'text/plain; charset=utf-8', allow: 'GET, HEAD' },
      });
    return route(url, connection);
  };
};
