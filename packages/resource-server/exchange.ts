/**
 * One pipeline for a request and for an entry of a Bundle: route → asked → guard → answer → status, headers and text.
 * FHIR R4 http.html#transaction.
 */
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Answer } from './answer.ts';
import { eventOf, type Route, routeOf, targetOf } from './api.ts';
import type { AskedRequest } from './asked.ts';
import { type AuditSubject, type AuditTrail, Unrecorded } from './audit-trail.ts';
import { type EntryResponse, responses } from './bundle.ts';
import { bundleOf } from './bundle-entries.ts';
import { faultOf, nameOf } from './fault.ts';
import { within } from './guard/refusals.ts';
import type { Entry, Guarded } from './guard.ts';
import type { Incoming } from './incoming.ts';
import type { Preferences } from './negotiation.ts';
import type { Surroundings } from './parameters.ts';
import { provenanceOf } from './provenance-header.ts';
import { type RenderContext, render, renderError } from './render.ts';
import { askedBy } from './request.ts';

export interface Exchange {
  readonly guarded: Guarded;
  /** of a Bundle: aborted with what its entries are told when they are not begun any more */
  readonly whole?: AbortSignal;
  readonly audit: AuditTrail;
  readonly around: Surroundings;
  readonly base: string;
  readonly preferences: Preferences;
  /** who asks, from where */
  readonly caller: Omit<AuditSubject, 'event' | 'target'>;
  readonly log: (event: string, details: Readonly<Record<string, unknown>>) => void;
}

const subjectOf = ({ caller }: Exchange, route: Route, method: string, asked?: AskedRequest): AuditSubject => {
  const target = targetOf(route);
  return {
    ...caller,
    method,
    event: eventOf(route),
    ...(target === undefined ? {} : { target }),
    ...(asked?.query === undefined ? {} : { query: asked.query }),
    ...(asked?.form === undefined ? {} : { form: asked.form }),
    ...(asked?.understood === undefined ? {} : { understood: asked.understood }),
  };
};

const rendered = (answer: Answer, incoming: Incoming, asked: AskedRequest, exchange: Exchange): EntryResponse => {
  const context: RenderContext = {
    base: exchange.base,
    principal: exchange.around.principal,
    pages: exchange.around.pages,
    preferences: exchange.preferences,
    headers: incoming.headers,
    ...(asked.subset === undefined ? {} : { subset: asked.subset }),
  };
  return render(answer, context);
};

/** What goes wrong within is recorded and told; only what could not be recorded is thrown on. */
const safely = async (
  subject: AuditSubject,
  { audit, log, around }: Exchange,
  work: () => Promise<EntryResponse>,
): Promise<EntryResponse> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Unrecorded) throw error;
    const told = faultOf(error, around.limits.questionSeconds);
    if (told.status >= 500) log('request-failed', { requestId: subject.requestId, error: nameOf(error) });
    await audit(subject, { outcome: 'failed', status: told.status });
    return renderError(told);
  }
};

/** One interaction. `fault` is one that is known already. */
export const performOne = async (
  incoming: Incoming,
  route: Exclude<Route, { kind: 'bundle' }>,
  exchange: Exchange,
  fault?: FhirError,
): Promise<EntryResponse> => {
  const asked = await askedBy(incoming, route, exchange.around, fault);
  const subject = subjectOf(exchange, route, incoming.method, asked);
  const made = await safely(subject, exchange, async () =>
    rendered(await exchange.guarded.perform(asked.asked, subject), incoming, asked, exchange),
  );
  return asked.representation === undefined ? made : { ...made, representation: asked.representation };
};

const nested = (): FhirError => fhirError(400, 'not-supported', 'a Bundle does not hold another batch or transaction');

const batchEntry = async (entry: Incoming | FhirError, exchange: Exchange): Promise<EntryResponse> => {
  const refuse = async (error: FhirError): Promise<EntryResponse> => {
    await exchange.audit({ ...exchange.caller, event: 'request' }, { outcome: 'failed', status: error.status });
    return renderError(error);
  };
  if (entry instanceof FhirError) return refuse(entry);
  const { whole } = exchange;
  if (whole?.aborted) return refuse(faultOf(whole.reason, exchange.around.limits.bundleSeconds));
  const routed = routeOf(entry.method, entry.path, exchange.around.offer);
  if (routed.kind === 'no-route') return refuse(routed.error);
  const { route } = routed;
  if (route.kind === 'bundle') return refuse(nested());
  const { json, ...response } = await performOne(entry, route, exchange);
  return entry.method === 'HEAD' || json === undefined ? response : { ...response, json };
};

/** FHIR R4 http.html#brules: each entry by itself, in order, whatever becomes of the others. */
const performBatch = async (entries: readonly (Incoming | FhirError)[], exchange: Exchange): Promise<EntryResponse> => {
  const answered: EntryResponse[] = [];
  for (const entry of entries) answered.push(await batchEntry(entry, exchange));
  return { status: 200, headers: {}, json: responses('batch', answered) };
};

interface TransactionEntry extends Entry {
  readonly incoming: Incoming;
  readonly request: AskedRequest;
}

const transactionEntry = async (
  incoming: Incoming | FhirError,
  exchange: Exchange,
): Promise<TransactionEntry | FhirError> => {
  if (incoming instanceof FhirError) return incoming;
  const routed = routeOf(incoming.method, incoming.path, exchange.around.offer);
  if (routed.kind === 'no-route') return routed.error;
  const { route } = routed;
  if (route.kind === 'bundle') return nested();
  const request = await askedBy(incoming, route, exchange.around);
  const { asked } = request;
  if ((asked.kind !== 'write' && asked.kind !== 'look') || route.kind === 'history-type')
    return fhirError(400, 'not-supported', 'a transaction writes, reads and searches types; a batch may hold the rest');
  return { asked, subject: subjectOf(exchange, route, incoming.method, request), incoming, request };
};

const performTransaction = async (
  sent: readonly (Incoming | FhirError)[],
  provenance: string | undefined,
  subject: AuditSubject,
  exchange: Exchange,
): Promise<EntryResponse> => {
  const entries: TransactionEntry[] = [];
  for (const [index, one] of sent.entries()) {
    const entry = await transactionEntry(one, exchange);
    if (entry instanceof FhirError) {
      const error = within(entry, `Bundle.entry[${index}]`);
      await exchange.audit(subject, { outcome: 'failed', status: error.status });
      return renderError(error);
    }
    entries.push(entry);
  }
  const done = await exchange.guarded.transact(entries, provenance);
  if (done.kind === 'refused') return renderError(within(done.error, `Bundle.entry[${done.entry}]`));
  const answered = done.answers.flatMap((answer, i) => {
    const entry = entries[i];
    if (entry === undefined) return [];
    const { json, ...response } = rendered(answer, entry.incoming, entry.request, exchange);
    return [entry.incoming.method === 'HEAD' || json === undefined ? response : { ...response, json }];
  });
  await exchange.audit(subject, { outcome: 'permitted', status: 200 });
  return { status: 200, headers: {}, json: responses('transaction', answered) };
};

/** What a Bundle's entries give back is little unless more is asked for. */
const quiet = (preferences: Preferences): Preferences => ({ return: 'minimal', ...preferences });

/** A batch or transaction. FHIR R4 http.html#transaction. */
export const performBundle = async (
  incoming: Incoming,
  around: Exchange,
  fault?: FhirError,
): Promise<EntryResponse> => {
  const exchange: Exchange = { ...around, preferences: quiet(around.preferences) };
  const { limits, offer } = exchange.around;
  const subject: AuditSubject = { ...exchange.caller, method: incoming.method, event: 'batch' };
  const refuse = async (error: FhirError): Promise<EntryResponse> => {
    await exchange.audit(subject, { outcome: 'failed', status: error.status });
    return renderError(error);
  };
  if (fault !== undefined) return refuse(fault);
  const json = await incoming.json();
  if (json instanceof FhirError) return refuse(json);
  const bundle = bundleOf(json, exchange.base, limits);
  if (bundle instanceof FhirError) return refuse(bundle);
  const provenance = provenanceOf(incoming.headers, limits);
  if (provenance instanceof FhirError) return refuse(provenance);
  if (bundle.type === 'batch') {
    if (provenance !== undefined)
      return refuse(fhirError(400, 'not-supported', 'X-Provenance goes with one write or a transaction'));
    await exchange.audit(subject, { outcome: 'permitted', status: 200 });
    return performBatch(bundle.entries, exchange);
  }
  if (!offer.system.includes('transaction'))
    return refuse(fhirError(400, 'not-supported', 'transactions are not supported here'));
  const named: AuditSubject = { ...subject, event: 'transaction' };
  return safely(named, exchange, () => performTransaction(bundle.entries, provenance, named, exchange));
};
