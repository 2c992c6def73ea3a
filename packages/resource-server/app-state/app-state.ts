/**
 * A FHIR server for the state that apps keep between launches: Basic resources under codes of their own, at a base of its
 * own, with the tokens of the FHIR server that it stands beside. SMART App Launch 2.2, app state.
 */
import type { AuditLog } from '@affinity/core/fhir/audit-event.ts';
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Permission } from '@affinity/core/smart/scope.ts';
import type pg from 'pg';
import { type AuditSubject, createAuditTrail, recordableQuery, type Verdict } from '../audit-trail.ts';
import type { EntryResponse } from '../bundle.ts';
import { type AllowsOrigin, openToAll, originHeaders, preflight } from '../cors.ts';
import { requestIdOf } from '../request-id.ts';
import { respond, respondError } from '../respond.ts';
import { type Asked, parseAsked } from './asked-state.ts';
import { printState, type StateKey, type StoredState } from './state.ts';
import { hasScope, mayTouch, type StateCaller } from './state-rights.ts';
import { createStateTable } from './state-table.ts';

export interface AppStateOptions {
  /** of this server */
  readonly base: string;
  /** of the server whose patients and users states are about, and whose tokens count */
  readonly recordsBase: string;
  readonly issuer: string;
  readonly pool: pg.Pool;
  readonly audit: AuditLog;
  /** who asks, or why nobody is let in */
  readonly callerOf: (request: Request, url: string) => Promise<StateCaller | FhirError>;
  readonly allowsOrigin: AllowsOrigin;
  readonly limits: {
    readonly bytes: number;
    /** of one code and subject */
    readonly states: number;
  };
  /** epoch milliseconds */
  readonly now: () => number;
}

const letters: Readonly<Record<Asked['kind'], Permission>> = {
  create: 'c',
  read: 'r',
  update: 'u',
  delete: 'd',
  search: 's',
};
const events = { create: 'create', read: 'read', update: 'update', delete: 'delete', search: 'search-type' } as const;

const capability = (base: string) => ({
  resourceType: 'CapabilityStatement',
  status: 'active',
  date: '2026-11-28',
  kind: 'instance',
  instantiates: ['http://hl7.org/fhir/smart-app-launch/CapabilityStatement/smart-app-state-server'],
  implementation: { description: 'State of apps', url: base },
  fhirVersion: '4.0.1',
  format: ['json'],
  rest: [
    {
      mode: 'server',
      resource: [
        {
          type: 'Basic',
          interaction: ['create', 'read', 'update', 'delete', 'search-type'].map((code) => ({ code })),
          versioning: 'versioned-update',
          searchParam: [
            { name: 'code', type: 'token' },
            { name: 'subject', type: 'reference' },
          ],
        },
      ],
    },
  ],
});

export function createAppState(
  options: AppStateOptions,
): (request: Request, connection: { readonly address?: string }) => Promise<Response> {
  const { base, recordsBase, issuer, pool, callerOf, limits, now } = options;
  const path = new URL(base).pathname;
  const states = createStateTable(pool);
  const audit = createAuditTrail(options.audit, { name: 'app-state', base, issuer }, now);

  const whole = (status: number, state: StoredState): EntryResponse => ({
    status,
    headers: {
      ETag: `W/"${state.version}"`,
      ...(status === 201 ? { Location: `${base}/Basic/${state.id}` } : {}),
    },
    json: JSON.stringify(printState(state)),
  });
  const found = (list: readonly StoredState[]): EntryResponse => ({
    status: 200,
    headers: {},
    json: JSON.stringify({
      resourceType: 'Bundle',
      type: 'searchset',
      total: list.length,
      entry: list.map((state) => ({
        fullUrl: `${base}/Basic/${state.id}`,
        resource: printState(state),
        search: { mode: 'match' },
      })),
    }),
  });
  /** What the caller may not touch, what is gone, and what never was are one answer. */
  const failed = fhirError(412, 'conflict', 'there is no such version, or its code or subject would change');
  const absent = fhirError(404, 'not-found', 'there is no such state');
  const denied = fhirError(403, 'forbidden', 'the app may not do this with a state of this code and subject');

  /** `record` is called before anything is changed or shown. */
  const perform = async (
    asked: Asked,
    caller: StateCaller,
    record: (verdict: Verdict) => Promise<void>,
  ): Promise<EntryResponse | FhirError> => {
    const letter = letters[asked.kind];
    const may = (key: StateKey): boolean => mayTouch(caller, recordsBase, letter, key);
    const refuse = async (error: FhirError): Promise<FhirError> => {
      await record({ outcome: 'denied', status: error.status, reason: 'not a state of this app and caller' });
      return error;
    };
    const at = new Date(now());
    if (asked.kind === 'search') {
      if (!may(asked.key)) return refuse(denied);
      await record({ outcome: 'permitted', status: 200 });
      return found(await states.search(asked.key, limits.states));
    }
    if (asked.kind === 'create') {
      if (!may(asked.state)) return refuse(denied);
      await record({ outcome: 'permitted', status: 201 });
      const added = await states.add(asked.state, limits.states, at);
      return added === undefined
        ? fhirError(422, 'too-costly', `there are ${limits.states} states of this code and subject already`)
        : whole(201, added);
    }
    const stored = await states.find(asked.id);
    if (stored === undefined || !may(stored)) return refuse(asked.kind === 'read' ? absent : failed);
    await record({ outcome: 'permitted', status: 200 });
    if (asked.kind === 'read') return whole(200, stored);
    if (asked.kind === 'delete')
      return (await states.remove(asked.id, asked.version)) ? { status: 204, headers: {} } : failed;
    const replaced = await states.replace(asked.id, asked.version, asked.state, at);
    return replaced === undefined ? failed : whole(200, replaced);
  };

  const answer = async (request: Request, address: string | undefined): Promise<EntryResponse | FhirError> => {
    const url = new URL(request.url);
    const within = url.pathname.slice(path.length);
    const asked = await parseAsked(request, within, limits.bytes);
    const subject: AuditSubject = {
      requestId: requestIdOf(request.headers),
      method: request.method,
      event: asked instanceof FhirError ? 'request' : events[asked.kind],
      ...(asked instanceof FhirError || !('id' in asked) ? {} : { target: `Basic/${asked.id}` }),
      ...(url.search === '' ? {} : { query: recordableQuery(url.search.slice(1)) }),
      ...(address === undefined ? {} : { address }),
    };
    const caller = await callerOf(request, base + within);
    if (caller instanceof FhirError) {
      await audit(subject, { outcome: 'denied', status: caller.status, reason: 'no caller' });
      return caller;
    }
    const { principal } = caller;
    const record = (verdict: Verdict): Promise<void> => audit({ ...subject, principal }, verdict);
    if (asked instanceof FhirError) {
      await record({ outcome: 'failed', status: asked.status });
      return asked;
    }
    if (!hasScope(caller, letters[asked.kind])) {
      const error = fhirError(403, 'forbidden', `a scope such as user/Basic.${letters[asked.kind]} is needed`);
      await record({ outcome: 'denied', status: 403, reason: 'no scope' });
      return error;
    }
    return perform(asked, caller, record);
  };

  return async (request, { address }) => {
    const { pathname } = new URL(request.url);
    if (pathname === `${path}/metadata` && (request.method === 'GET' || request.method === 'HEAD'))
      return openToAll(respond({ status: 200, headers: {}, json: JSON.stringify(capability(base)) }));
    const edge = await originHeaders(request.headers.get('origin'), options.allowsOrigin);
    if (request.method === 'OPTIONS') return preflight(edge);
    const made = await answer(request, address).catch(() =>
      fhirError(503, 'transient', 'the request cannot be answered now'),
    );
    return made instanceof FhirError ? respondError(made, edge) : respond(made, edge);
  };
}
