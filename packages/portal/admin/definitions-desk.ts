/** The page `/admin/definitions`: what waits to be published is decided, and packages are sent. RFC 7578 multipart/form-data. */
import type { DeskResponses } from '../desk-response.ts';
import { type DefinitionsView, printDefinitions } from '../pages/definitions-page.ts';
import type { House } from '../parts/document.ts';
import type { AtDesk } from './at-desk.ts';
import type { Definitions } from './definitions.ts';
import { isSame } from './desk-session.ts';

export interface SeatedAtDesk {
  readonly name: string;
  readonly csrf: string;
  readonly by: AtDesk;
  /** cookies that keep the session */
  readonly kept: readonly string[];
}

export interface DefinitionsDeskNeighbours extends Pick<DeskResponses, 'page' | 'isOurs'> {
  readonly house: House;
  readonly definitions: Definitions;
}

/** Beside the file stand a few short fields. */
const formBytes = 16 * 1024;

const readBody = async (request: Request, most: number): Promise<FormData | undefined> => {
  const type = request.headers.get('content-type') ?? '';
  if (request.body === null || !/^(multipart\/form-data|application\/x-www-form-urlencoded)\b/i.test(type))
    return undefined;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body) {
    bytes += chunk.length;
    if (bytes > most) return undefined;
    chunks.push(chunk);
  }
  return new Response(Buffer.concat(chunks), { headers: { 'content-type': type } }).formData().catch(() => undefined);
};

const field = (form: FormData, name: string): string => {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
};

export const createDefinitionsDesk = ({ house, definitions, page, isOurs }: DefinitionsDeskNeighbours) => {
  const show = async (
    status: number,
    { name, csrf, by, kept }: SeatedAtDesk,
    notice?: DefinitionsView['notice'],
  ): Promise<Response> => {
    const [mayPublish, waiting, decided] = await Promise.all([
      definitions.mayPublish(by),
      definitions.waiting(by),
      definitions.decided(),
    ]);
    const view = { mayPublish, twoPersons: definitions.twoPersons, waiting, decided };
    const told = notice === undefined ? view : { ...view, notice };
    return page(status, printDefinitions(house, { name, csrf }, told), kept);
  };

  return async (request: Request, seated: SeatedAtDesk): Promise<Response> => {
    if (request.method !== 'POST') return show(200, seated);
    const form = await readBody(request, definitions.mostBytes + formBytes);
    if (form === undefined) return show(400, seated, { kind: 'fault', fault: 'unreadable' });
    if (!isOurs(request) || !isSame(field(form, 'csrf'), seated.csrf))
      return show(403, seated, { kind: 'fault', fault: 'forged' });
    if (!(await definitions.mayPublish(seated.by))) return show(403, seated, { kind: 'fault', fault: 'noPublisher' });
    const file = form.get('package');
    if (file instanceof File) {
      if (definitions.twoPersons) return show(400, seated, { kind: 'fault', fault: 'twoPersons' });
      const done = await definitions.load(new Uint8Array(await file.arrayBuffer()), seated.by);
      return show(done.kind === 'loaded' ? 200 : 400, seated, { kind: done.kind, words: done.words });
    }
    const decision = field(form, 'decision');
    if (decision !== 'approved' && decision !== 'refused')
      return show(400, seated, { kind: 'fault', fault: 'unreadable' });
    const at = { type: field(form, 'type'), id: field(form, 'id') };
    const done = await definitions.decide(at, decision, seated.by);
    return done === 'done'
      ? show(200, seated, { kind: decision })
      : show(400, seated, { kind: 'fault', fault: done === 'same-person' ? 'samePerson' : done });
  };
};
