/**
 * How long an app may go on: what a person may choose, and what the choice comes to. SMART App Launch 2.2, `offline_access`
 * and `online_access`; docs/decisions/0022-sessions-and-lifetimes.md
 */
import type { Client } from './clients.ts';
import type { NewGrant } from './grants.ts';
import type { PersonStep } from './interaction-step.ts';
import { accessSeconds, classOf } from './lifetimes.ts';
import type { ConsentDuration } from './page-views.ts';
import { goesOn } from './requested-scope.ts';
import type { Settings } from './settings.ts';

const once = { value: 'once', days: 'once' } as const;

/**
 * What a person is asked about. On a computer that others use too nothing goes on; a device is elsewhere, and knows nothing of
 * how long somebody is signed in here.
 */
export const askable = ({ tokens, shared, device }: PersonStep): readonly string[] => {
  if (shared) return tokens.filter((token) => !goesOn(token));
  return device === undefined ? tokens : tokens.filter((token) => token !== 'online_access');
};

/** An app that does not ask to go on while the person is away is allowed once. */
export function durationsOf(
  settings: Settings,
  client: Client,
  tokens: readonly string[],
): readonly [ConsentDuration, ...ConsentDuration[]] {
  if (!tokens.includes('offline_access')) return [{ ...once, checked: true }];
  if (classOf(client) === 'browser') {
    const days = settings.browserRefreshSeconds / 86_400;
    return [
      { ...once, checked: false },
      { value: 'longest', days, checked: true },
    ];
  }
  const usual = settings.consentDaysChecked;
  return [
    { ...once, checked: false },
    ...settings.consentDays.map((days) => ({ value: String(days), days, checked: days === usual })),
    {
      value: 'until-ended',
      days: 'until-ended',
      unusedDays: Math.floor(settings.refreshIdleSeconds / 86_400),
      checked: usual === 'until-ended',
    },
  ];
}

/** What of a grant hangs on how long it is for. */
export type Duration = Pick<NewGrant, 'lasting' | 'renews' | 'online' | 'createdAt' | 'expiresAt' | 'scope'>;

/**
 * Who allows an app to go on while away allows more than while signed in: of both, that is what holds.
 * @param granted what was ticked
 * @param chosen undefined where nothing that was offered was chosen: once
 */
export function durationOf(
  settings: Settings,
  granted: readonly string[],
  chosen: ConsentDuration | undefined,
  at: Date,
): Duration {
  const lasting = chosen !== undefined && chosen.days !== 'once' && granted.includes('offline_access');
  const online = !lasting && granted.includes('online_access');
  const renews = online || (lasting && chosen.days === 'until-ended');
  const kept = (token: string): boolean =>
    !goesOn(token) || (lasting && token === 'offline_access') || (online && token === 'online_access');
  const seconds = !lasting
    ? settings.codeSeconds + accessSeconds(settings)
    : typeof chosen.days === 'number'
      ? chosen.days * 86_400
      : settings.refreshIdleSeconds;
  return {
    scope: granted.filter(kept).join(' '),
    lasting,
    online,
    renews,
    createdAt: at,
    expiresAt: new Date(at.getTime() + seconds * 1000),
  };
}
