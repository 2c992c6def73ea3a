/**
 * "Your apps and devices": what a person allowed, to whom, until when, and the end of any or all of it. SMART App Launch 2.2,
 * `management_endpoint`; ONC g(10), patient authorization revocation.
 */
import { transaction } from '@affinity/store/postgres/pool.ts';
import type pg from 'pg';
import type { AccountOutcome, AccountPage, Visit } from './account.ts';
import type { AccountPages, AppsView, GivenAppView } from './account-views.ts';
import type { Record } from './audit-recorder.ts';
import type { ClientRegistry } from './clients.ts';
import { offerOf } from './consent-items.ts';
import { type CookieNames, printCookie } from './cookies.ts';
import { findLiveGrant, type Grant, grantsOf } from './grants.ts';
import type { PatientView } from './page-views.ts';
import type { People } from './people.ts';
import { countSessions } from './session-rows.ts';
import { endSessionsOf } from './sessions.ts';
import { type EndingNeighbours, endFamily } from './token-grants.ts';

export interface AppsNeighbours extends EndingNeighbours {
  readonly issuer: string;
  readonly pool: pg.Pool;
  readonly clients: ClientRegistry;
  readonly people: People;
  readonly pages: AccountPages;
  readonly cookies: CookieNames;
  readonly record: Record;
  patients(ids: readonly string[]): Promise<readonly Omit<PatientView, 'relation'>[]>;
}

const path = '/account';

const untilOf = ({ online, renews, lasting, expiresAt }: Grant): GivenAppView['until'] => {
  if (online === true) return { kind: 'session' };
  return { kind: renews === true ? 'unused' : lasting ? 'day' : 'soon', at: expiresAt.toISOString() };
};

export function createAppsPage(neighbours: AppsNeighbours): AccountPage {
  const { issuer, pool, consents, clients, people, pages, cookies, record, now } = neighbours;

  /** As their Consents stand now, the latest first. */
  const livingGrants = (sub: string): Promise<readonly Grant[]> =>
    transaction(pool, async (db) => {
      const at = now();
      const given = await grantsOf(db, 'sub = $1 and ended_at is null and expires_at > $2 order by created_at desc', [
        sub,
        at,
      ]);
      const present: Grant[] = [];
      for (const grant of given) {
        const read = await consents.read(db, grant, at);
        if (read !== undefined) present.push(read.grant);
      }
      return present;
    });

  /** Name and date of birth are of a record: each look is recorded before the page can show it. */
  const patientsOf = async (
    { session, address }: Visit,
    grants: readonly Grant[],
  ): Promise<ReadonlyMap<string, PatientView>> => {
    const ids = [...new Set(grants.flatMap(({ patient }) => patient ?? []))];
    const relations = new Map(
      (await people.patientsOf(session.person.sub, now())).map(({ patient, relation }) => [patient, relation]),
    );
    const known = await neighbours.patients(ids.filter((id) => relations.has(id)));
    for (const { id } of known) {
      await record('patient-shown', 'permitted', {
        user: session.person.sub,
        ...(address === undefined ? {} : { address }),
        patient: id,
        target: `Patient/${id}`,
      });
    }
    return new Map(known.map((view) => [view.id, { ...view, relation: relations.get(view.id) ?? '' }]));
  };

  const show = async (visit: Visit): Promise<AccountOutcome> => {
    const { sub } = visit.session.person;
    const grants = await livingGrants(sub);
    const patients = await patientsOf(visit, grants);
    const apps = await Promise.all(
      grants.map(async (grant): Promise<GivenAppView> => {
        const client = await clients.find(grant.clientId);
        const publisher = client?.metadata.publisher;
        const patient = grant.patient === undefined ? undefined : patients.get(grant.patient);
        return {
          grant: grant.id,
          name: client?.name ?? grant.clientId,
          clientId: grant.clientId,
          ...(publisher === undefined ? {} : { publisher }),
          ...(patient === undefined ? {} : { patient }),
          items: offerOf(grant.scope.split(' ')).items,
          confidential: grant.clearance !== undefined,
          since: grant.createdAt.toISOString(),
          ...(grant.lastUsedAt === undefined ? {} : { lastUsed: grant.lastUsedAt.toISOString() }),
          until: untilOf(grant),
        };
      }),
    );
    const told = visit.url.searchParams.get('notice');
    const view: AppsView = {
      action: issuer + path,
      apps,
      sessions: await countSessions(pool, sub, now()),
      ...(told === 'ended' || told === 'already' ? { notice: told } : {}),
    };
    return { kind: 'page', document: pages.accountApps(view, visit.frame) };
  };

  const noteEnd = ({ session, address }: Visit, grant: Grant): Promise<void> =>
    record('token-revoked', 'permitted', {
      client: grant.clientId,
      user: session.person.sub,
      grant: grant.id,
      ...(grant.patient === undefined ? {} : { patient: grant.patient }),
      ...(address === undefined ? {} : { address }),
      reason: 'ended by the person',
    });

  const endOne = async (visit: Visit, id: string): Promise<AccountOutcome> => {
    const ended = await transaction(pool, async (db): Promise<Grant | undefined> => {
      const grant = await findLiveGrant(db, id, now());
      if (grant?.sub !== visit.session.person.sub) return undefined;
      return (await endFamily(db, neighbours, grant, 'revoked-by-person')) ? grant : undefined;
    });
    if (ended !== undefined) await noteEnd(visit, ended);
    return { kind: 'go', to: `${path}?notice=${ended === undefined ? 'already' : 'ended'}` };
  };

  /** Every app, every session, and what made a browser of theirs a known one. */
  const endEverything = async (visit: Visit): Promise<AccountOutcome> => {
    const { sub } = visit.session.person;
    const ended = await transaction(pool, async (db) => {
      await endSessionsOf(db, neighbours, sub, { reason: 'revoked-by-person' });
      await db.query('delete from known_browser where sub = $1', [sub]);
      const grants = await grantsOf(db, 'sub = $1 and ended_at is null order by id', [sub]);
      for (const grant of grants) await endFamily(db, neighbours, grant, 'revoked-by-person');
      return grants;
    });
    for (const grant of ended) await noteEnd(visit, grant);
    await record('sign-out', 'permitted', {
      user: sub,
      ...(visit.address === undefined ? {} : { address: visit.address }),
      reason: 'the person ended everything',
    });
    return {
      kind: 'page',
      document: pages.signedOut({ everything: true }),
      cookies: [printCookie(issuer, cookies.session, '', '/', 0)],
    };
  };

  return {
    path,
    place: 'apps',
    show,
    async take(visit, form) {
      if (form.get('everything') === 'yes') return endEverything(visit);
      return endOne(visit, form.get('grant') ?? '');
    },
  };
}
