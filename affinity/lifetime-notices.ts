/** What an operator is told at the start of how long things live, where that is allowed and not what is usual. ONC g(10); RFC 9700 §4.14. */
import type { ConfigFile } from './config-file.ts';

export const lifetimeNotices = ({ tokens, sessions }: ConfigFile): readonly string[] => [
  ...(tokens.refresh_idle_days < 92
    ? [
        `tokens.refresh_idle_days is ${tokens.refresh_idle_days}: apps have to be allowed again sooner than the three months that ONC g(10) asks for.`,
      ]
    : []),
  ...(tokens.consent_checked !== 'until-ended'
    ? [
        `tokens.consent_checked is ${tokens.consent_checked}: unless the person chooses otherwise, permission ends on a day that no use moves; ONC g(10) asks for three months from each use.`,
      ]
    : []),
  ...(tokens.browser_refresh_hours > 24
    ? [
        `tokens.browser_refresh_hours is ${tokens.browser_refresh_hours}: whoever steals the refresh token of a page in a browser may have it for more than a day.`,
      ]
    : []),
  ...(sessions.idle_minutes > 720
    ? [`sessions.idle_minutes is ${sessions.idle_minutes}: whoever finds a browser open may find its person signed in.`]
    : []),
];
