/**
 * The request on whose behalf a foreign system is asked: its id goes along end to end, and when the caller hangs up the work
 * elsewhere is given up too. FHIR R4 http.html#custom (`X-Request-Id`).
 */
import { AsyncLocalStorage } from 'node:async_hooks';

export interface RequestContext {
  readonly requestId: string;
  readonly signal: AbortSignal;
}

const contexts = new AsyncLocalStorage<RequestContext>();

/** Everything that is asked within `work` belongs to this request. */
export const inRequest = <Result>(context: RequestContext, work: () => Promise<Result>): Promise<Result> =>
  contexts.run(context, work);

export const requestContext = (): RequestContext | undefined => contexts.getStore();

/** The signal that was given, or that of the request on whose behalf it is asked. */
export const signalOf = (given?: AbortSignal): AbortSignal | undefined => given ?? requestContext()?.signal;
