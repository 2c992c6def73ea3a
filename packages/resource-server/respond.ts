/** What is answered, made into a Response in the representation that was asked for. FHIR R4 http.html. */
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import type { EntryResponse } from './bundle.ts';
import { contentTypeOf, encode } from './format.ts';
import type { Representation } from './negotiation.ts';
import { renderError } from './render.ts';

/** What every answer about records carries: nobody between us and the caller keeps it. */
const common = {
  'Cache-Control': 'private, no-store',
  'X-Content-Type-Options': 'nosniff',
} as const;

/** Headers that an answer has whatever it says; given when it is made, because adding to a Response costs more. */
export type EdgeHeaders = Readonly<Record<string, string>>;

const json: Representation = { format: 'json', pretty: false };

/** The only place where JSON text becomes what leaves. */
export const respond = (
  { status, headers, json: text, representation: asked }: EntryResponse,
  edge: EdgeHeaders = {},
  given: Representation = json,
): Response => {
  const representation = asked ?? given;
  const all = { ...common, ...edge, ...headers };
  if (text === undefined) return new Response(null, { status, headers: all });
  const body = encode(text, representation);
  // What cannot be given as XML is told so in JSON.
  if (body instanceof FhirError) return respond(renderError(body), edge);
  return new Response(body, { status, headers: { ...all, 'Content-Type': contentTypeOf(representation) } });
};

export const respondError = (
  error: FhirError,
  edge: EdgeHeaders = {},
  representation: Representation = json,
): Response => respond(renderError(error), edge, representation);
