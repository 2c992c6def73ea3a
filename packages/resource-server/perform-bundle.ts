/** A batch or a transaction as it is sent to the base. FHIR R4 http.html#transaction. */
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import { routeOf } from './api.ts';
import type { AuditSubject } from './audit-trail.ts';
import { type EntryResponse, responses } from './bundle.ts';
import { bundleOf } from './bundle-entries.ts';
import { type Exchange, safely } from './exchange.ts';
import { faultOf } from './fault.ts';
import type { Incoming } from './incoming.ts';
import type { Preferences } from './negotiation.ts';
import { performOne } from './perform-one.ts';
import { nested, performTransaction } from './perform-transaction.ts';
import { provenanceOf } from './provenance-header.ts';
import { renderError } from './render.ts';

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
  return safely(named, exchange, () => performTransaction(bundle, provenance, named, exchange));
};
