/**
 * A Binary as the document that it holds, in its own media type. It comes from others: a browser neither shows nor runs it.
 * FHIR R4 binary.html#rest; IHE MHD ITI-68.
 */
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Route } from './api.ts';
import type { EntryResponse } from './bundle.ts';
import { type EdgeHeaders, respond, respondError } from './respond.ts';

/** Whoever wants the resource in place of the document says so. */
const ofResource = /^application\/(fhir\+(json|xml)|(json|xml)\+fhir)$/;

const rangesOf = (headers: Headers): readonly { readonly range: string; readonly refused: boolean }[] =>
  (headers.get('accept') ?? '*/*').split(',').map((part) => {
    const [range = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    return { range, refused: parameters.some((each) => /^q=0(\.0*)?$/.test(each)) };
  });

export const asksForDocument = (route: Route, headers: Headers, query: URLSearchParams): boolean =>
  route.kind === 'read' &&
  route.type === 'Binary' &&
  !query.has('_format') &&
  !rangesOf(headers).some(({ range, refused }) => !refused && ofResource.test(range));

/** RFC 9110 §12.5.1, where one type is all that there is: the closest range speaks for it. */
const accepts = (headers: Headers, type: string): boolean => {
  const [top = ''] = type.split('/');
  const ranges = rangesOf(headers);
  const closest = [type, `${top}/*`, '*/*'].flatMap((wanted) => ranges.find(({ range }) => range === wanted) ?? []);
  return closest[0]?.refused === false;
};

const mediaType = /^[A-Za-z0-9!#$&^_.+-]+\/[A-Za-z0-9!#$&^_.+-]+(;[ A-Za-z0-9!#$&^_.+='":-]*)?$/;
/** Characters of base64 that are decoded at once: four of them are three bytes. */
const atOnce = 64 * 1024;

const bytesOf = (base64: string): ReadableStream<Uint8Array> => {
  let at = 0;
  return new ReadableStream({
    pull: (out) => {
      if (at >= base64.length) return out.close();
      out.enqueue(Buffer.from(base64.slice(at, at + atOnce), 'base64'));
      at += atOnce;
    },
  });
};

export const respondDocument = (made: EntryResponse, asked: Headers, edge: EdgeHeaders): Response => {
  if (made.status !== 200 || made.json === undefined) return respond(made, edge);
  const { contentType, data } = JSON.parse(made.json) as Resource;
  const type =
    typeof contentType === 'string' && mediaType.test(contentType) ? contentType : 'application/octet-stream';
  if (!accepts(asked, (type.split(';')[0] ?? '').trim().toLowerCase()))
    return respondError(
      fhirError(406, 'not-supported', 'the document is of another type than those that are accepted'),
      edge,
    );
  const base64 = typeof data === 'string' ? data.replace(/\s/g, '') : '';
  const answered = respond({ status: 200, headers: made.headers }, edge);
  answered.headers.set('Content-Type', type);
  answered.headers.set('Content-Length', String(Buffer.byteLength(base64, 'base64')));
  answered.headers.set('Content-Disposition', 'attachment');
  answered.headers.set('Content-Security-Policy', "default-src 'none'; sandbox");
  return new Response(bytesOf(base64), answered);
};
