/** Lifetimes that are allowed and unusual are announced; what is usual is not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFile, type Fault } from './config-file.ts';
import { lifetimeNotices } from './lifetime-notices.ts';

const told = (given: object): readonly string[] => lifetimeNotices(checkFile(given, []) ?? assert.fail());

test('C05, C25, C29: lifetimes have bounds; what is unusual is announced at the start', () => {
  assert.deepEqual(told({}), []);
  for (const [given, words] of [
    [{ tokens: { refresh_idle_days: 91 } }, /refresh_idle_days is 91.*three months/],
    [{ tokens: { browser_refresh_hours: 25 } }, /browser_refresh_hours is 25/],
    [{ tokens: { consent_checked: 365 } }, /consent_checked is 365/],
    [{ sessions: { idle_minutes: 721 } }, /idle_minutes is 721/],
  ] as const) {
    assert.match(told(given).join(), words);
  }
  assert.deepEqual(
    told({ tokens: { refresh_idle_days: 92, browser_refresh_hours: 24 }, sessions: { idle_minutes: 720 } }),
    [],
  );
  const refused: readonly object[] = [
    { tokens: { access_token_seconds: 3_601 } },
    { tokens: { backend_token_seconds: 301 } },
    { tokens: { browser_refresh_hours: 721 } },
    { tokens: { consent_days: [] } },
    { tokens: { consent_checked: 'forever' } },
    { sessions: { shared_idle_minutes: 61 } },
    { sessions: { fresh_minutes: 61 } },
  ];
  for (const given of refused) {
    const faults: Fault[] = [];
    assert.equal(checkFile(given, faults), undefined, JSON.stringify(given));
    assert.equal(faults.length, 1);
  }
});
