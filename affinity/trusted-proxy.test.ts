import assert from 'node:assert/strict';
import { test } from 'node:test';
import { originalAddress } from './trusted-proxy.ts';

test('a caller that is not a declared proxy is not believed', () => {
  assert.equal(originalAddress('192.0.2.9', '203.0.113.1', ['192.0.2.7']), '192.0.2.9');
});

test('behind declared proxies, the address that the outermost of them saw counts; what came before is a claim', () => {
  assert.equal(originalAddress('192.0.2.7', '203.0.113.1', ['192.0.2.7']), '203.0.113.1');
  assert.equal(
    originalAddress('192.0.2.7', '10.0.0.1, 203.0.113.1, 192.0.2.8', ['192.0.2.7', '192.0.2.8']),
    '203.0.113.1',
  );
  assert.equal(originalAddress('192.0.2.7', null, ['192.0.2.7']), '192.0.2.7');
});

test('an IPv4 address in IPv6 form is the IPv4 address', () => {
  assert.equal(originalAddress('::ffff:192.0.2.9', null, []), '192.0.2.9');
});
