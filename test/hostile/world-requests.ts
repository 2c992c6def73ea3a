/** Requests drawn from a seed over every way to records: reads, histories, searches, writes, Bundles and operations. FHIR R4 http.html, search.html. */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { sending } from '../clinic/clinic.ts';
import { codes, patients } from './world-plan.ts';
import {
  type Drawing,
  drawCommon,
  drawId,
  drawJoin,
  drawOwn,
  drawSearch,
  drawShape,
  drawType,
  type Pair,
  queryOf,
} from './world-searches.ts';
import { drawContent } from './worlds.ts';

export interface WorldRequest {
  readonly path: string;
  readonly init: RequestInit;
}

const historyQuery = ({ dice, instants: [from, to] }: Drawing): string =>
  queryOf([
    ...(dice.chance(0.6) ? [['_count', dice.one(['1', '2', '5'])] as const] : []),
    ...(dice.chance(0.2) ? [['_since', '2026-01-01T00:00:00Z'] as const] : []),
    ...(dice.chance(0.3) ? [['_at', new Date(from + dice.below(to - from)).toISOString()] as const] : []),
  ]);

const drawRead = (drawing: Drawing): WorldRequest => {
  const { dice } = drawing;
  const type = drawType(drawing);
  const id = drawId(drawing, type);
  const at = `/${type}/${id}`;
  const path = dice.one([
    at,
    `${at}/_history/${1 + dice.below(4)}`,
    `${at}/_history?${historyQuery(drawing)}`,
    `/${type}/_history?${historyQuery(drawing)}`,
    `/_history?${historyQuery(drawing)}`,
    `${at}/$meta`,
    `/Patient/${dice.one(patients)}/$everything?_count=${dice.one(['2', '5', '100'])}`,
    `/DocumentReference/$docref?patient=${dice.one(patients)}`,
  ]);
  const headers: Record<string, string> = {};
  if (dice.chance(0.2)) headers['If-None-Match'] = `W/"${1 + dice.below(3)}"`;
  if (dice.chance(0.1)) headers['If-Modified-Since'] = 'Wed, 01 Jan 2025 00:00:00 GMT';
  if (dice.chance(0.1)) headers.Accept = 'application/fhir+xml';
  return { path, init: { method: dice.chance(0.05) ? 'HEAD' : 'GET', headers } };
};

const drawSearchRequest = (drawing: Drawing): WorldRequest => {
  const { dice } = drawing;
  const type = drawType(drawing);
  if (dice.chance(0.15)) {
    const named = dice.chance(0.5) ? [['_type', `${type},Observation`] as const] : [];
    const shape = drawShape(drawing, type).filter(
      ([name]) => name === '_count' || name === '_total' || name === '_summary',
    );
    return { path: `/?${queryOf([...named, drawCommon(drawing), ...shape])}`, init: {} };
  }
  const query = drawSearch(drawing, type);
  return dice.chance(0.15)
    ? {
        path: `/${type}/_search`,
        init: { method: 'POST', body: query, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } },
      }
    : { path: `/${type}?${query}`, init: {} };
};

const patchOf = ({ dice }: Drawing): string =>
  JSON.stringify([
    dice.one([
      { op: 'test', path: '/status', value: dice.one(['final', 'amended']) },
      { op: 'replace', path: '/status', value: dice.one(['final', 'amended']) },
      { op: 'replace', path: '/subject/reference', value: `Patient/${dice.one(patients)}` },
      { op: 'remove', path: '/meta/security' },
    ]),
  ]);

const provenance = JSON.stringify({
  resourceType: 'Provenance',
  recorded: '2026-01-01T00:00:00Z',
  agent: [{ who: { display: 'somebody' } }],
});

/** A date that nothing else has, so that the order never hangs on ids. */
const contentFor = (drawing: Drawing, type: string, id: string): Resource => {
  const { dice, plan, number } = drawing;
  const content = drawContent(dice, type, id, plan);
  const own = 'effectiveDateTime' in content ? { effectiveDateTime: `${2000 + (number % 20)}-03-04` } : {};
  const subject =
    'subject' in content && dice.chance(0.5) ? { subject: { reference: `Patient/${dice.one(patients)}` } } : {};
  // What somebody sends may claim anything: a lower label than what it speaks of, the url of what is there already.
  const meta = dice.chance(0.5) ? { meta: {} } : {};
  const url = 'url' in content && dice.chance(0.5) ? { url: `http://values.example/${drawId(drawing, type)}` } : {};
  return { ...content, ...own, ...subject, ...meta, ...url };
};

interface Change {
  readonly method: string;
  readonly url: string;
  readonly resource?: Resource;
  readonly headers: Readonly<Record<string, string>>;
}

const drawChange = (drawing: Drawing): Change => {
  const { dice, number } = drawing;
  const type = dice.chance(0.5) ? 'Observation' : drawType(drawing);
  const id = drawId(drawing, type);
  const condition = queryOf([
    dice.chance(0.7)
      ? dice.one<Pair>([
          ['identifier', `urn:ids|n-${id}`],
          ['identifier', `urn:ids|n-${dice.one(codes)}`],
          ['_id', id],
        ])
      : dice.chance(0.5)
        ? drawJoin(drawing, type)
        : drawOwn(drawing, type),
  ]);
  const headers: Record<string, string> = dice.chance(0.25) ? { 'If-Match': `W/"${1 + dice.below(3)}"` } : {};
  const { id: _, ...fresh } = contentFor(drawing, type, `new-${number}`);
  const made = fresh as Resource;
  switch (dice.below(8)) {
    case 0:
      return { method: 'POST', url: type, resource: made, headers: {} };
    case 1:
      return { method: 'POST', url: type, resource: made, headers: { 'If-None-Exist': condition } };
    case 2:
      return { method: 'PUT', url: `${type}?${condition}`, resource: made, headers };
    case 3:
      return { method: 'DELETE', url: `${type}?${condition}`, headers };
    case 4:
      return { method: 'DELETE', url: `${type}/${id}`, headers };
    case 5:
      return { method: 'PATCH', url: dice.chance(0.4) ? `${type}?${condition}` : `${type}/${id}`, headers };
    default:
      return { method: 'PUT', url: `${type}/${id}`, resource: contentFor(drawing, type, id), headers };
  }
};

const drawWrite = (drawing: Drawing): WorldRequest => {
  const { dice } = drawing;
  const { method, url, resource, headers } = drawChange(drawing);
  const more = {
    ...headers,
    ...(dice.chance(0.3) ? { Prefer: dice.one(['return=minimal', 'return=OperationOutcome']) } : {}),
    ...(dice.chance(0.1) && method !== 'DELETE' ? { 'X-Provenance': provenance } : {}),
  };
  if (method === 'DELETE') return { path: `/${url}`, init: { method, headers: more } };
  if (method === 'PATCH')
    return {
      path: `/${url}`,
      init: { method, body: patchOf(drawing), headers: { ...more, 'Content-Type': 'application/json-patch+json' } },
    };
  return { path: `/${url}`, init: sending(method, resource, more) };
};

const drawEntry = (drawing: Drawing, number: number): object => {
  const { dice } = drawing;
  if (dice.chance(0.4)) {
    const { path } = dice.chance(0.5) ? drawRead(drawing) : drawSearchRequest(drawing);
    return { request: { method: 'GET', url: path.replace(/^\/(_search)?/, '') } };
  }
  const { method, url, resource, headers } = drawChange(drawing);
  const request = {
    method,
    url,
    ...(headers['If-Match'] === undefined ? {} : { ifMatch: headers['If-Match'] }),
    ...(headers['If-None-Exist'] === undefined ? {} : { ifNoneExist: headers['If-None-Exist'] }),
  };
  if (method === 'PATCH') {
    const data = Buffer.from(patchOf(drawing)).toString('base64');
    return { request, resource: { resourceType: 'Binary', contentType: 'application/json-patch+json', data } };
  }
  // A reference that is a search, which may meet what is hidden.
  const bridge =
    resource?.resourceType === 'Observation' && dice.chance(0.4)
      ? { hasMember: [{ reference: `Observation?_id=${drawId(drawing, 'Observation')}` }] }
      : {};
  const fullUrl = method === 'POST' ? { fullUrl: `urn:uuid:00000000-0000-4000-8000-00000000000${number}` } : {};
  return { ...fullUrl, request, ...(resource === undefined ? {} : { resource: { ...resource, ...bridge } }) };
};

const drawBundle = (drawing: Drawing): WorldRequest => {
  const { dice } = drawing;
  const type = dice.one(['batch', 'batch', 'transaction']);
  const count = type === 'batch' ? 1 + dice.below(4) : 1 + dice.below(2);
  const entry = Array.from({ length: count }, (_, number) => drawEntry(drawing, number));
  const headers: Record<string, string> = dice.chance(0.5) ? { Prefer: 'return=representation' } : {};
  return { path: '/', init: sending('POST', { resourceType: 'Bundle', type, entry }, headers) };
};

export const drawRequest = (drawing: Drawing): WorldRequest => {
  const { dice } = drawing;
  if (dice.chance(0.45)) return drawSearchRequest(drawing);
  if (dice.chance(0.45)) return drawRead(drawing);
  return dice.chance(0.65) ? drawWrite(drawing) : drawBundle(drawing);
};

/** References by which a search can go: from, by which parameter, to. */
const edges = [
  ['Observation', 'encounter', 'Encounter'],
  ['Observation', 'has-member', 'Observation'],
  ['DiagnosticReport', 'result', 'Observation'],
  ['Condition', 'encounter', 'Encounter'],
  ['Provenance', 'target', 'Observation'],
  ['Group', 'member', 'Patient'],
] as const;

/** Every way along a reference that is there, whoever may see its ends. */
const drawAlong = ({ dice, plan }: Drawing): readonly WorldRequest[] => {
  const [from, param, to] = dice.one(edges);
  const pairs = plan.flatMap(({ type, id, versions }) => {
    const text = type === from ? JSON.stringify(versions.at(-1)?.resource) : '';
    const target = new RegExp(`"${to}/([ax]\\d*)`).exec(text)?.[1];
    return target === undefined ? [] : [[id, target] as const];
  });
  if (pairs.length === 0) return [];
  const [source, target] = dice.one(pairs);
  return [
    `/${from}?${param}:${to}._id=${target}`,
    `/${to}?_has:${from}:${param}:_id=${source}`,
    `/${from}?_id=${source}&_include=${from}:${param}`,
    `/${to}?_id=${target}&_revinclude=${from}:${param}`,
  ].map((path) => ({ path, init: {} }));
};

/** What is asked at the end of every world: along references, earlier versions, paths of a compartment, operations on what may be hidden. */
export const drawLastRequests = (drawing: Drawing): readonly WorldRequest[] => {
  const { dice } = drawing;
  const type = drawType(drawing);
  const patient = dice.one(patients);
  const at = `/${type}/${drawId(drawing, type)}`;
  const changed = drawing.plan.filter(({ versions }) => versions.length > 1);
  const earlier = Array.from({ length: changed.length > 0 ? 3 : 0 }, () => {
    const { type: of, id } = dice.one(changed);
    return ['_history', '_history/1', '_history/2'].map((rest) => ({ path: `/${of}/${id}/${rest}`, init: {} }));
  });
  return [
    ...Array.from({ length: 5 }, () => drawAlong(drawing)).flat(),
    ...earlier.flat(),
    { path: `/Patient/${patient}/${type}?_count=5`, init: {} },
    { path: `/Patient/${patient}/*?_total=accurate`, init: {} },
    { path: `${at}/$validate`, init: {} },
    { path: `/${type}?_count=2&_total=accurate`, init: { method: 'HEAD' } },
  ];
};
