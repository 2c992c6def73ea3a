/**
 * Alerts as whoever looks into them has to read them: the queue holds ids alone, so the name of a person comes from the
 * people, and the reason that was given from the audit log. IHE PCF, break-glass.
 */
import type { People } from '@affinity/authorization-server/people.ts';
import { grantConsentId } from '@affinity/core/fhir/consent.ts';
import type { Alert } from '@affinity/store/alerts.ts';
import { emergencyReasons } from '@affinity/store/audit-reasons.ts';
import type pg from 'pg';

export interface ToldAlert extends Alert {
  /** what it is about, as somebody can look it up */
  readonly about: string;
}

const aboutOf = ({ kind, key }: Alert): string => {
  if (kind === 'emergency-access') return `Consent/${grantConsentId(key)}`;
  return kind === 'consent-fault' ? `Consent/${key}` : key;
};

export const tellAlerts = async (
  { pool, people }: { readonly pool: pg.Pool; readonly people: Pick<People, 'find'> },
  alerts: readonly Alert[],
): Promise<readonly ToldAlert[]> => {
  const emergencies = alerts.filter(({ kind }) => kind === 'emergency-access');
  const subjects = [...new Set(alerts.flatMap(({ person }) => person ?? []))];
  const [reasons, found] = await Promise.all([
    emergencyReasons(
      pool,
      emergencies.map(({ key, at }) => ({ grant: key, at })),
    ),
    Promise.all(subjects.map((sub) => people.find(sub))),
  ]);
  const names = new Map(found.flatMap((person) => (person === undefined ? [] : [[person.sub, person.name] as const])));
  return alerts.map((alert) => {
    const name = alert.person === undefined ? undefined : names.get(alert.person);
    const reason = alert.kind === 'emergency-access' ? reasons.get(alert.key) : undefined;
    return {
      ...alert,
      about: aboutOf(alert),
      // An account that was closed has no name any more.
      ...(name === undefined ? {} : { person: `${name} (${alert.person})` }),
      ...(reason === undefined ? {} : { detail: reason }),
    };
  });
};
