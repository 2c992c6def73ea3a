/** No URL that a stranger gives reaches anything within. CWE-918; RFC 7591 §5; OWASP SSRF prevention. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { readOutboundUrl } from './outbound-url.ts';
import { kindOfAddress } from './public-address.ts';
import { createSafeFetch, type OutboundRequest } from './safe-fetch.ts';

async function listen(t: TestContext, host: string, handle: RequestListener, port = 0): Promise<Server> {
  const server = createServer(handle);
  server.listen(port, host);
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return server;
}
const portOf = (server: Server): number => (server.address() as AddressInfo).port;
const json = { 'content-type': 'application/json' };
const accept = ['application/json'];

const inside = [
  '127.0.0.1 127.8.9.1 ::1 0.0.0.0 0.1.2.3 :: 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 100.100.100.200',
  '169.254.169.254 169.254.1.1 168.63.129.16 192.0.0.192 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1',
  '239.255.255.250 240.0.0.1 255.255.255.255 fe80::1 fe80::1%eth0 fec0::1 fc00::1 fd12:3456::1 fd00:ec2::254 ff02::1',
  '::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:8.8.8.8 ::127.0.0.1 ::8.8.8.8 64:ff9b::7f00:1 64:ff9b:1::a00:1 2002:7f00:1::',
  '2002:a9fe:a9fe:: 2001:0:53aa:64c:: 2001:db8::1 100::1 4000::1 5f00::1',
].flatMap((line) => line.split(' '));

test('Q20: every address within is known as one, and what is no address too', () => {
  for (const address of inside) assert.notEqual(kindOfAddress(address), 'public', address);
  for (const odd of ['', 'localhost', '2130706433', '0x7f.1', '0177.0.0.1', '127.1', '8.8.8.8 '])
    assert.equal(kindOfAddress(odd), 'closed', odd);
  for (const address of ['8.8.8.8', '93.184.216.34', '2606:4700::1111']) assert.equal(kindOfAddress(address), 'public');
});

test('Q20: hostile URLs are refused before anything is looked up, and a listener within sees nothing', async (t) => {
  const hits: unknown[] = [];
  const port = portOf(await listen(t, '127.0.0.1', ({ url }, response) => void response.end(hits.push(url))));
  const asked: string[] = [];
  const fetch = createSafeFetch(async (name) => ['127.0.0.1'].slice(asked.push(name) - 1));
  const hostile = [
    `http://127.0.0.1:${port}/ http://localhost:${port}/ https://127.0.0.1:${port}/ https://localhost:${port}/`,
    `https://2130706433:${port}/ https://0x7f000001:${port}/ https://0x7f.1:${port}/ https://017700000001:${port}/`,
    `https://127.1:${port}/ https://127.0.0.1.:${port}/ https://0177.0.0.1:${port}/ https://%31%32%37.0.0.1:${port}/`,
    `https://[::1]:${port}/ https://[0:0:0:0:0:0:0:1]:${port}/ https://[::ffff:127.0.0.1]:${port}/ https://[::]:${port}/`,
    `https://0:${port}/ https://0.0.0.0:${port}/ https://user@app.example/ https://user:pass@app.example/ https://@a.example/`,
    'https://10.0.0.1/ https://169.254.169.254/latest/meta-data/ https://[fd00:ec2::254]/ https://[64:ff9b::7f00:1]/',
    'https://[fe80::1%25eth0]/ https://intranet/ https://app.example/#x https://app.example/# https:app.example',
    'https:///app.example https:\\\\app.example //app.example/ /jwks file:///etc/passwd ftp://app.example/ gopher://a.example/',
    'data:application/json,{} javascript:alert(1) http://app.example/ https://app.example:80/ https://app.example:22/',
    'https://app.example:0/ https://app.example:99999/ https://app.example\\@127.0.0.1/ https://*.example/',
    // Public hosts, though written so that only a reader knows it.
    'https://134744072/ https://0x08080808/ https://010.8.8.8/ https://8.8.2056/ https://8.8.8.8./ https://%61pp.example/',
    'https://127。0。0。1/ https://127.0.0.1/ https://ⓛocalhost/ blob:https://app.example/x',
  ].flatMap((line) => line.split(' '));
  for (const url of [...hostile, '', 'https://app.example/\r\nx: y', ' https://app.example/', 'https://a b.example/']) {
    assert.equal(readOutboundUrl(url).kind, 'fault', url);
    assert.deepEqual(await fetch({ url }), { kind: 'refused', why: 'url' }, url);
  }
  assert.deepEqual(asked, []);
  assert.deepEqual(hits, []);
});

test('Q20: a name with one address that is not public is refused whole, whatever permission another name has', async (t) => {
  const hits: unknown[] = [];
  const port = portOf(await listen(t, '127.0.0.1', ({ url }, response) => void response.end(hits.push(url))));
  const url = `https://app.example:${port}/`;
  for (const address of [...inside, 'nonsense']) {
    for (const answers of [[address], ['93.184.216.34', address]]) {
      const fetch = createSafeFetch(async () => answers);
      const permissions = { dangerouslyAllowLoopback: true, dangerouslyAllowHosts: ['other.example'] };
      assert.deepEqual(await fetch({ url, ...permissions }), { kind: 'refused', why: 'address' }, address);
    }
  }
  assert.deepEqual(await createSafeFetch(async () => [])({ url }), { kind: 'refused', why: 'unreachable' });
  const vouched = { url, dangerouslyAllowHosts: ['app.example'] };
  for (const address of ['169.254.169.254', '127.0.0.1', 'fd00:ec2::254'])
    assert.deepEqual(await createSafeFetch(async () => [address])(vouched), { kind: 'refused', why: 'address' });
  assert.deepEqual(hits, []);
});

test('Q20: a connection goes to the address that was checked, and the name is asked once', async (t) => {
  const seen: string[] = [];
  const answer =
    (name: string): RequestListener =>
    (request, response) => {
      seen.push(`${name} ${request.headers.host} ${request.headers.cookie} ${request.headers.authorization}`);
      response.writeHead(200, json).end('{}');
    };
  const port = portOf(await listen(t, '127.0.0.1', answer('one')));
  await listen(t, '127.0.0.2', answer('two'), port);
  const answers = [['127.0.0.2'], ['127.0.0.1']];
  const fetch = createSafeFetch(async () => answers.shift() ?? []);
  const got = await fetch({ url: `http://localhost:${port}/`, accept, dangerouslyAllowLoopback: true });
  assert.equal(got.kind, 'answer');
  assert.deepEqual(seen, [`two localhost:${port} undefined undefined`]);
  assert.equal(answers.length, 1, 'the name was asked again');
});

test('Q20: no redirect is followed, nothing too long, too slow or of another type is taken', async (t) => {
  const paths: string[] = [];
  const server = await listen(t, '127.0.0.1', (request, response) => {
    const path = request.url ?? '';
    paths.push(path);
    const size = Number(/^\/size\/(\d+)$/.exec(path)?.[1] ?? 2);
    if (path === '/redirect') response.writeHead(302, { ...json, location: '/ok' }).end();
    else if (path === '/moved') response.writeHead(308, { ...json, location: '/ok' }).end('{}');
    else if (path === '/html') response.writeHead(200, { 'content-type': 'text/html' }).end('{}');
    else if (path === '/untyped') response.writeHead(200).end('{}');
    else if (path === '/zipped') response.writeHead(200, { ...json, 'content-encoding': 'gzip' }).end('{}');
    else if (path === '/slow') response.writeHead(200, json).write('{');
    else if (path === '/silent') return;
    else if (path === '/broken') response.destroy();
    else if (path === '/fault') response.writeHead(500, json).end('{}');
    else response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end('x'.repeat(size));
  });
  const fetch = createSafeFetch(async () => ['127.0.0.1']);
  const get = async (path: string, more: Partial<OutboundRequest> = {}): Promise<string | number> => {
    const url = `http://localhost:${portOf(server)}${path}`;
    const got = await fetch({ url, accept, bytes: 100, dangerouslyAllowLoopback: true, ...more });
    return got.kind === 'answer' ? got.body.length : got.why;
  };
  assert.equal(await get('/redirect'), 'redirect');
  assert.equal(await get('/moved'), 'redirect');
  assert.ok(!paths.includes('/ok'));
  assert.equal(await get('/size/100'), 100);
  assert.equal(await get('/size/101'), 'too-long');
  for (const path of ['/html', '/untyped', '/zipped']) assert.equal(await get(path), 'content-type', path);
  assert.equal(await get('/slow', { milliseconds: 200 }), 'too-slow');
  assert.equal(await get('/silent', { milliseconds: 200 }), 'too-slow');
  assert.equal(await get('/broken'), 'unreachable');
  assert.equal(await get('/fault'), 2, 'what an error means is for the caller');
  assert.equal(await get('/html', { accept: undefined } as object), 0, 'a body that nobody wants is not read');
  const never = createSafeFetch(() => new Promise(() => {}));
  assert.deepEqual(await never({ url: 'https://app.example/', milliseconds: 50 }), {
    kind: 'refused',
    why: 'too-slow',
  });
});
