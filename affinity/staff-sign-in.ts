/**
 * What our own pages for staff have in common: each is an app of the domain, which signs people in at our own authorization
 * server and says in the audit log what was done. SMART App Launch 2.2, standalone launch.
 */
import { randomUUIDv7 } from 'node:crypto';
import { createSmartClient, type SmartClient } from '@affinity/client/server/smart-client.ts';
import type { PendingLaunch, Session } from '@affinity/client/session.ts';
import type { AuditLog, AuditRecord } from '@affinity/core/fhir/audit-event.ts';
import type { Begun } from '@affinity/portal/admin/administration.ts';

export interface StaffPages {
  readonly clientId: string;
  readonly callbackPath: string;
  readonly scope: string;
  /** shared inside this process only, and made anew at each start */
  readonly secret: string;
  readonly origin: string;
  readonly issuer: string;
  /** FHIR base of the clinic */
  readonly base: string;
  readonly audit: AuditLog;
  /** of this process: the servers are asked where they are */
  readonly fetch: typeof globalThis.fetch;
  readonly now: () => Date;
}

export const createStaffClient = ({ base, clientId, secret, origin, callbackPath, scope, fetch, now }: StaffPages) =>
  createSmartClient({
    iss: base,
    clientId,
    clientAuthentication: { kind: 'secret-basic', secret },
    redirectUri: `${origin}${callbackPath}`,
    scope,
    fetch,
    now: () => now().getTime(),
    launchSeconds: 600,
    allowInsecureLoopback: origin.startsWith('http:'),
  });

const isPending = (value: unknown): value is PendingLaunch =>
  typeof value === 'object' && value !== null && 'state' in value && 'verifier' in value && 'nonce' in value;

/** @param admit what comes of the session of somebody who has signed in */
export const createStaffSignIn = <Admitted extends object>(
  smart: SmartClient,
  admit: (session: Session) => Promise<Admitted>,
) => ({
  async begin(): Promise<Begun> {
    const begun = await smart.begin();
    return begun.kind === 'redirect'
      ? { kind: 'redirect', url: begun.url, pending: JSON.stringify(begun.pending) }
      : { kind: 'failed' };
  },
  async complete(
    callbackUrl: string,
    pending: string,
  ): Promise<({ readonly kind: 'ready'; readonly user: string } & Admitted) | { readonly kind: 'denied' | 'failed' }> {
    const launch: unknown = JSON.parse(pending);
    if (!isPending(launch)) return { kind: 'failed' };
    const completed = await smart.complete(callbackUrl, launch);
    if (completed.kind !== 'ready') return { kind: completed.kind };
    const { session } = completed;
    const admitted = await admit(session);
    const user = session.idTokenClaims?.sub;
    return typeof user === 'string' ? { kind: 'ready', user, ...admitted } : { kind: 'failed' };
  },
});

export type Noted = Pick<AuditRecord, 'event' | 'outcome'> & Partial<AuditRecord>;
type Shown = 'sign-in' | 'sign-out' | 'turned-away';

export const createStaffNotes = ({ clientId, origin, issuer, audit, now }: StaffPages) => {
  const note = (user: string, address: string | undefined, facts: Noted): Promise<void> =>
    audit.append({
      id: randomUUIDv7(),
      recorded: now().toISOString(),
      source: 'portal',
      client: clientId,
      user,
      issuer,
      base: origin,
      ...(address === undefined ? {} : { address }),
      ...facts,
    });
  /** @param turnedAway why somebody may not be here */
  const noteShown = (turnedAway: string) => (event: Shown, user: string, address: string | undefined) =>
    note(
      user,
      address,
      event === 'turned-away'
        ? { event: 'request', outcome: 'denied', status: 403, reason: turnedAway }
        : { event, outcome: 'permitted' },
    );
  return { note, noteShown };
};
