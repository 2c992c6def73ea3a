/** Writes and reads that are done together or not at all, and the write that a server makes more of. FHIR R4 http.html#transaction. */
import { isExactObject, parseExact } from '@affinity/core/fhir/exact-json.ts';
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import { type Route, routeOf } from './api.ts';
import type { AskedRequest } from './asked.ts';
import type { AuditSubject } from './audit-trail.ts';
import { type EntryResponse, responses } from './bundle.ts';
import { entryOf, type SentBundle } from './bundle-entries.ts';
import { type Exchange, rendered, safely, subjectOf } from './exchange.ts';
import { within } from './guard/refusals.ts';
import type { Entry } from './guard.ts';
import type { Incoming } from './incoming.ts';
import type { PreparedWrite, SentWrites } from './prepare-writes.ts';
import { renderError } from './render.ts';
import { askedBy } from './request.ts';

interface TransactionEntry extends Entry {
  readonly incoming: Incoming;
  readonly request: AskedRequest;
  /** where it stands in the Bundle, or that for whose sake it was added */
  readonly at: number;
}
/** An entry that is to be done; undefined `prepared`: as it was sent. */
interface ToDo {
  readonly incoming: Incoming | FhirError;
  readonly at: number;
  readonly prepared?: Pick<PreparedWrite, 'id' | 'fault'>;
}

export const nested = (): FhirError =>
  fhirError(400, 'not-supported', 'a Bundle does not hold another batch or transaction');

const transactionEntry = async (
  { incoming, at, prepared = {} }: ToDo,
  exchange: Exchange,
): Promise<TransactionEntry | FhirError> => {
  if (incoming instanceof FhirError) return incoming;
  const routed = routeOf(incoming.method, incoming.path, exchange.around.offer);
  if (routed.kind === 'no-route') return prepared.fault ?? routed.error;
  const { route } = routed;
  if (route.kind === 'bundle') return nested();
  const request = await askedBy(incoming, route, exchange.around, prepared.fault);
  const { asked } = request;
  if ((asked.kind !== 'write' && asked.kind !== 'look') || route.kind === 'history-type')
    return fhirError(400, 'not-supported', 'a transaction writes, reads and searches types; a batch may hold the rest');
  const id = prepared.id === undefined ? {} : { id: prepared.id };
  return { asked, subject: subjectOf(exchange, route, incoming.method, request), incoming, request, at, ...id };
};

/** What the server makes of the entries; those with faults of their own are told as they are. */
const toDo = async (
  sent: Pick<SentWrites, 'kind' | 'profiles'> & { readonly entries: SentBundle['sent'] },
  exchange: Exchange,
  plain: () => readonly ToDo[],
): Promise<readonly ToDo[] | FhirError> => {
  const { prepare, around, base } = exchange;
  const entries = sent.entries.filter(isExactObject);
  if (prepare === undefined || entries.length < sent.entries.length) return plain();
  const made = await prepare({ ...sent, entries, principal: around.principal });
  if (made instanceof FhirError) return made;
  return made.map(({ entry, because, ...prepared }, index) => ({
    incoming: entryOf(entry, base, around.limits),
    at: because ?? index,
    prepared,
  }));
};

export const performTransaction = async (
  { entries: sent, profiles, sent: texts }: SentBundle,
  provenance: string | undefined,
  subject: AuditSubject,
  exchange: Exchange,
): Promise<EntryResponse> => {
  const refuse = async (error: FhirError): Promise<EntryResponse> => {
    await exchange.audit(subject, { outcome: 'failed', status: error.status });
    return renderError(error);
  };
  const wanted = await toDo({ kind: 'transaction', profiles, entries: texts }, exchange, () =>
    sent.map((incoming, at) => ({ incoming, at })),
  );
  if (wanted instanceof FhirError) return refuse(wanted);
  const entries: TransactionEntry[] = [];
  for (const one of wanted) {
    const entry = await transactionEntry(one, exchange);
    if (entry instanceof FhirError) return refuse(within(entry, `Bundle.entry[${one.at}]`));
    entries.push(entry);
  }
  const done = await exchange.guarded.transact(entries, provenance);
  if (done.kind === 'refused')
    return renderError(within(done.error, `Bundle.entry[${entries[done.entry]?.at ?? done.entry}]`));
  const answered = done.answers.slice(0, sent.length).flatMap((answer, i) => {
    const entry = entries[i];
    if (entry === undefined) return [];
    const { json, ...response } = rendered(answer, entry.incoming, entry.request, exchange);
    return [entry.incoming.method === 'HEAD' || json === undefined ? response : { ...response, json }];
  });
  await exchange.audit(subject, { outcome: 'permitted', status: 200 });
  return { status: 200, headers: {}, json: responses('transaction', answered) };
};

/** What the pipeline asks of a body that could not be read: it is told once the decision permits. */
const unreadable = (incoming: Incoming, error: FhirError): Incoming => ({
  ...incoming,
  json: async () => error,
  content: async () => error,
});

/** A create or update by itself, with what the server adds to it: the answer is that of the write. */
export const performPrepared = async (
  incoming: Incoming,
  route: Extract<Route, { kind: 'create' | 'update' }>,
  exchange: Exchange,
  fault?: FhirError,
): Promise<EntryResponse> => {
  const json = await incoming.json();
  const resource = json instanceof FhirError ? undefined : parseExact(json);
  const { method, path, query, headers, entry } = incoming;
  const url = `${path.slice(1)}${query === '' ? '' : `?${query}`}`;
  const sent = { ...entry, request: { method, url }, ...(resource === undefined ? {} : { resource }) };
  const plain =
    json instanceof FhirError ? unreadable(incoming, json) : entryOf(sent, exchange.base, exchange.around.limits);
  const wanted =
    json instanceof FhirError || fault !== undefined
      ? [{ incoming: plain, at: 0, ...(fault === undefined ? {} : { prepared: { fault } }) }]
      : await toDo({ kind: route.kind, profiles: [], entries: [sent] }, exchange, () => [{ incoming: plain, at: 0 }]);
  const subject = subjectOf(exchange, route, method);
  return safely(subject, exchange, async () => {
    const entries: TransactionEntry[] = [];
    for (const { incoming: one, ...rest } of wanted instanceof FhirError
      ? [{ incoming: plain, at: 0, prepared: { fault: wanted } }]
      : wanted) {
      const own = one instanceof FhirError || entries.length > 0 ? one : { ...one, headers };
      const made = await transactionEntry({ ...rest, incoming: own }, exchange);
      if (made instanceof FhirError) {
        await exchange.audit(subject, { outcome: 'failed', status: made.status });
        return renderError(made);
      }
      entries.push(made);
    }
    const [first] = entries;
    if (first === undefined) throw new Error('nothing was left of a write');
    const provenance = first.asked.kind === 'write' ? first.asked.provenance : undefined;
    const done = await exchange.guarded.transact(entries, provenance);
    if (done.kind === 'refused') return renderError(done.error);
    const [answer] = done.answers;
    if (answer === undefined) throw new Error('a write has no answer');
    return rendered(answer, first.incoming, first.request, exchange);
  });
};
