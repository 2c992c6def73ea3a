/** The codes of a device: long enough, read without mistakes, kept as hashes. RFC 8628 §5.1, §5.2, §6.1. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concealUserCode, newUserCode, readUserCode, revealUserCode, showUserCode } from './device-codes.ts';
import { devicePage, startDevice, toConsent } from './testing/device.ts';
import { startDomain } from './testing/domain.ts';

test('C54: the codes: 256 bits for the device, 34 bits without ambiguity for a person; only hashes are kept', async (t) => {
  const codes = new Set(Array.from({ length: 2000 }, newUserCode));
  assert.equal(codes.size, 2000);
  const letters = [...codes].join('');
  assert.match(letters, /^[BCDFGHJKLMNPQRSTVWXZ]+$/);
  for (const letter of new Set(letters)) {
    const share = letters.split(letter).length / letters.length;
    assert.ok(share > 0.035 && share < 0.065, `${letter} ${share}`);
  }
  assert.equal(showUserCode('WDJBMJHT'), 'WDJB-MJHT');
  for (const typed of ['WDJB-MJHT', 'wdjbmjht', ' wdjb mjht ', 'W.D.J.B.M.J.H.T'])
    assert.equal(readUserCode(typed), 'WDJBMJHT');
  for (const typed of ['', 'WDJB', 'WDJB-MJHTB', 'ADJB-MJHT', 'WDJB-MJH1', 'x'.repeat(5000)])
    assert.equal(readUserCode(typed), undefined);
  const seal = (text: string): string => `key ${text}`;
  assert.equal(revealUserCode({ seal }, concealUserCode({ seal }, 'WDJBMJHT')), 'WDJBMJHT');
  assert.throws(() => revealUserCode({ seal: (text) => text }, concealUserCode({ seal }, 'WDJBMJHT')));

  const domain = await startDomain(t);
  const made = await startDevice(domain);
  assert.equal(Buffer.from(made.device_code, 'base64url').length, 32);
  assert.match(made.user_code, /^[B-Z]{4}-[B-Z]{4}$/);
  assert.deepEqual(
    [made.verification_uri, made.verification_uri_complete, made.expires_in, made.interval],
    [devicePage, `${devicePage}?user_code=${made.user_code}`, 600, 5],
  );
  await toConsent(domain.browser(), made.user_code);
  const { rows } = await domain.database.pool.query(
    'select d::text from device_authorization d union all select s::text from authorization_state s',
  );
  const dump = JSON.stringify([rows, domain.audit, domain.logged]);
  assert.ok(dump.includes('affinity_user_code'), 'the dump holds the request');
  for (const code of [made.device_code, made.user_code, made.user_code.replace('-', '')]) {
    assert.ok(!dump.includes(code) && !dump.includes(Buffer.from(code).toString('hex')), 'a code is kept in the clear');
  }
});
