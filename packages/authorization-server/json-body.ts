/** A JSON object that somebody sent: read no further than a limit, no deeper, and nothing in it reaches a prototype. RFC 8259; RFC 7591 §3.1. */
import { parseJson } from '@affinity/core/fhir/json.ts';

export type JsonBody =
  | { readonly kind: 'object'; readonly members: Readonly<Record<string, unknown>> }
  | { readonly kind: 'fault'; readonly status: 400 | 413 | 415; readonly description: string };

const depth = 8;

export async function readJson(request: Request, limit: number): Promise<JsonBody> {
  const fault = (status: 400 | 413 | 415, description: string): JsonBody => ({ kind: 'fault', status, description });
  const type = (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') return fault(415, 'the body must be application/json');
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (request.body !== null) {
    for await (const chunk of request.body) {
      size += chunk.byteLength;
      if (size > limit) return fault(413, `the body has more than ${limit} bytes`);
      chunks.push(chunk);
    }
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    return fault(400, 'the body is not UTF-8');
  }
  const parsed = parseJson(text, { depth });
  if (parsed.kind === 'fault') return fault(400, faults[parsed.fault]);
  const { value } = parsed;
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? { kind: 'object', members: value as Readonly<Record<string, unknown>> }
    : fault(400, 'the body must be a JSON object');
}

const faults = {
  syntax: 'the body is not JSON',
  depth: `the body nests deeper than ${depth}`,
  'duplicate-key': 'a member stands twice',
  proto: 'a member has a name that is not allowed',
} as const;
