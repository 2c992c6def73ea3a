/** A posted form, up to a size. WHATWG URL §5 application/x-www-form-urlencoded. */

const mostBytes = 64 * 1024;

/** Undefined for anything that is no form, or too large. */
export const readForm = async (request: Request): Promise<URLSearchParams | undefined> => {
  const [type = ''] = (request.headers.get('content-type') ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/x-www-form-urlencoded' || request.body === null) return undefined;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body) {
    bytes += chunk.length;
    if (bytes > mostBytes) return undefined;
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
};
