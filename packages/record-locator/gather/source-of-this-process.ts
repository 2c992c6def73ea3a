/** A server of the domain that runs in this process, asked where it is: no network, and the same guard. FHIR R4 http.html. */
import { isUnder, type Source, type SourceReply } from './source.ts';

/** Answers what is under its base. */
export type Serve = (request: Request) => Promise<Response>;

const failed = (why: 'timeout' | 'unreachable' | 'malformed'): SourceReply => ({ kind: 'failed', why });

/** As text, as far as it may be long. */
const readBody = async (response: Response, bytes: number): Promise<string | undefined> => {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > bytes) return undefined;
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
};

/** Rejects as soon as the signal says so, whatever becomes of the work. */
export const orAborted = <Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> =>
  new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });

/** @param bytes of an answer */
export const sourceOfThisProcess = (
  { title, base }: Pick<Source, 'title' | 'base'>,
  serve: Serve,
  bytes: number,
): Source => ({
  title,
  base,
  ask: async ({ method, url, body, headers, signal }) => {
    if (!isUnder(base, url)) return failed('malformed');
    try {
      const work = async (): Promise<SourceReply> => {
        const response = await serve(
          new Request(url, { method, headers, signal, ...(body === undefined ? {} : { body }) }),
        );
        const text = await readBody(response, bytes);
        return text === undefined ? failed('malformed') : { kind: 'reply', status: response.status, body: text };
      };
      return await orAborted(work(), signal);
    } catch {
      return failed(signal.aborted ? 'timeout' : 'unreachable');
    }
  },
});
