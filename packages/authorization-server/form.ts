/** What was sent as a form or a query: each parameter once, an empty value as none. RFC 6749 §3.1, §3.2 and appendix B. */

export interface Parameters {
  readonly values: ReadonlyMap<string, string>;
  /** names that were sent more than once; none of their values is in `values` */
  readonly repeated: readonly string[];
  /** every `resource`, the one parameter that may be sent several times in an authorization request (RFC 8707 §2) */
  readonly resources: readonly string[];
}

export type Form =
  | { readonly kind: 'form'; readonly parameters: Parameters; readonly all: URLSearchParams }
  | { readonly kind: 'fault'; readonly status: 400 | 413 | 415; readonly description: string };

export function parametersOf(sent: URLSearchParams): Parameters {
  const values = new Map<string, string>();
  const repeated = new Set<string>();
  const seen = new Set<string>();
  for (const [name, value] of sent) {
    if (seen.has(name)) {
      repeated.add(name);
      values.delete(name);
    } else if (value !== '') values.set(name, value);
    seen.add(name);
  }
  return { values, repeated: [...repeated], resources: sent.getAll('resource').filter((value) => value !== '') };
}

/** Reads no further than `limit` bytes. */
export async function readForm(request: Request, limit: number): Promise<Form> {
  const type = (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') {
    return { kind: 'fault', status: 415, description: 'the body must be application/x-www-form-urlencoded' };
  }
  const tooLong = { kind: 'fault', status: 413, description: `the body has more than ${limit} bytes` } as const;
  const told = request.headers.get('content-length');
  if (told !== null && /^\d{1,9}$/.test(told)) {
    if (Number(told) > limit) return tooLong;
    // The HTTP server reads no more than was announced, and reads it without a stream.
    const text = await request.text();
    return text.length > limit ? tooLong : formOf(text);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (request.body !== null) {
    for await (const chunk of request.body) {
      size += chunk.byteLength;
      if (size > limit) return tooLong;
      chunks.push(chunk);
    }
  }
  return formOf(Buffer.concat(chunks).toString('utf8'));
}

function formOf(text: string): Form {
  const all = new URLSearchParams(text);
  return { kind: 'form', parameters: parametersOf(all), all };
}
