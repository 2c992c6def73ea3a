/**
 * What one pipeline has for a request and for an entry of a Bundle: route → asked → guard → answer → status, headers and
 * text. FHIR R4 http.html.
 */
import type { Answer } from './answer.ts';
import { eventOf, type Route, targetOf } from './api.ts';
import type { AskedRequest } from './asked.ts';
import { type AuditSubject, type AuditTrail, Unrecorded } from './audit-trail.ts';
import type { EntryResponse } from './bundle.ts';
import { faultOf, nameOf } from './fault.ts';
import type { Guarded } from './guard.ts';
import type { Incoming } from './incoming.ts';
import type { Preferences } from './negotiation.ts';
import type { Surroundings } from './parameters.ts';
import type { PrepareWrites } from './prepare-writes.ts';
import { type RenderContext, render, renderError } from './render.ts';

export interface Exchange {
  readonly guarded: Guarded;
  /** of a Bundle: aborted with what its entries are told when they are not begun any more */
  readonly whole?: AbortSignal;
  /** makes of a write what is judged */
  readonly prepare?: PrepareWrites;
  readonly audit: AuditTrail;
  readonly around: Surroundings;
  readonly base: string;
  readonly preferences: Preferences;
  /** who asks, from where */
  readonly caller: Omit<AuditSubject, 'event' | 'target'>;
  readonly log: (event: string, details: Readonly<Record<string, unknown>>) => void;
}

export const subjectOf = ({ caller }: Exchange, route: Route, method: string, asked?: AskedRequest): AuditSubject => {
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

export const rendered = (
  answer: Answer,
  incoming: Incoming,
  asked: AskedRequest,
  exchange: Exchange,
): EntryResponse => {
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
export const safely = async (
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
