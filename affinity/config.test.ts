import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { describeFaults, readConfig } from './config.ts';
import { outboundPermissions } from './outbound.ts';
import { registrationOf } from './registration.ts';

const directory = mkdtempSync(join(tmpdir(), 'affinity-config-'));
after(() => rmSync(directory, { recursive: true }));

const faultsOf = (env: Record<string, string>, yaml = ''): string => {
  writeFileSync(join(directory, 'affinity.yaml'), yaml);
  const result = readConfig(env, directory);
  return result.kind === 'faults' ? describeFaults(result.faults) : '';
};
const configOf = (env: Record<string, string>, yaml = '') => {
  writeFileSync(join(directory, 'affinity.yaml'), yaml);
  const result = readConfig(env, directory);
  assert.equal(result.kind, 'config', result.kind === 'faults' ? describeFaults(result.faults) : '');
  return result.kind === 'config' ? result.config : assert.fail();
};

test('nothing set: the demonstration on loopback at port 4000, embedded PostgreSQL in ./data', () => {
  const config = configOf({});
  assert.equal(config.origin, 'http://localhost:4000');
  assert.deepEqual(config.listen, { host: '127.0.0.1', port: 4000 });
  assert.equal(config.dataDirectory, join(directory, 'data'));
  assert.equal(config.databaseUrl, undefined);
  assert.deepEqual(config.demonstration, { patients: 100 });
});

test('a port alone moves the origin with it', () => {
  assert.equal(configOf({ AFFINITY_PORT: '4700' }).origin, 'http://localhost:4700');
});

test('every fault is named at once, with what was given and what is allowed', () => {
  const text = faultsOf(
    {
      AFFINITY_PORT: 'http',
      AFFINITY_DEMO: 'maybe',
      AFFINITY_ORIGIN: 'localhost:4000/x',
      DATABASE_URL: 'mysql://u:hunter2@h/d',
    },
    'tokens:\n  access_token_seconds: 86400\nsurprise: 1\n',
  );
  assert.match(text, /^6 settings are wrong:/);
  for (const name of [
    'AFFINITY_PORT',
    'AFFINITY_DEMO',
    'AFFINITY_ORIGIN',
    'DATABASE_URL',
    'tokens.access_token_seconds',
    'surprise',
  ]) {
    assert.match(text, new RegExp(`${name}: given .+; allowed: .+`));
  }
  assert.match(text, /86400/);
  assert.doesNotMatch(text, /hunter2/);
});

test('another address than loopback without TLS or a declared proxy is refused', () => {
  assert.match(faultsOf({ AFFINITY_HOST: '0.0.0.0' }), /AFFINITY_HOST: given "0\.0\.0\.0"; allowed: .*listen\.tls/);
  assert.match(faultsOf({}, 'listen: { host: 192.0.2.1 }'), /AFFINITY_HOST/);
  const proxied = configOf(
    { AFFINITY_HOST: '0.0.0.0', AFFINITY_ORIGIN: 'https://records.example' },
    'listen: { trusted_proxies: [192.0.2.7] }',
  );
  assert.equal(proxied.listen.host, '0.0.0.0');
});

test('plain http for a public host is refused', () => {
  assert.match(faultsOf({ AFFINITY_ORIGIN: 'http://records.example' }), /AFFINITY_ORIGIN/);
});

test('userinfo apart has an address of its own, under the same rules', () => {
  const at = (origin: string, more = '') => `userinfo: { origin: '${origin}'${more} }`;
  assert.deepEqual(configOf({}, at('http://localhost:4001')).userinfo, {
    origin: 'http://localhost:4001',
    endpoint: 'http://localhost:4001/userinfo',
    listen: { host: '127.0.0.1', port: 4001 },
  });
  assert.equal(configOf({}, at('https://who.example', ', port: 9000')).userinfo?.listen.port, 9000);
  assert.equal(configOf({}).userinfo, undefined);
  for (const wrong of ['http://localhost:4000', 'http://who.example', 'https://who.example/path', 'who.example'])
    assert.match(faultsOf({}, at(wrong)), /userinfo\.origin: given/, wrong);
  assert.match(faultsOf({}, at('https://who.example', ', host: 0.0.0.0')), /userinfo\.host: given "0\.0\.0\.0"/);
  const absent = ', tls: { certificate: none.pem, key: none.pem }';
  assert.match(faultsOf({}, at('https://who.example', absent)), /userinfo\.tls\.certificate: given "none\.pem"/);
});

test('a limit takes its bounds and nothing past them', () => {
  assert.equal(configOf({}, 'limits: { json_depth: 200 }').file.limits.json_depth, 200);
  assert.match(faultsOf({}, 'limits: { json_depth: 201 }'), /limits\.json_depth: given 201/);
});

test('YAML that cannot be read, a doubled key and a named file that is missing are faults', () => {
  assert.match(faultsOf({}, 'clients: ['), /affinity\.yaml: given line \d+/);
  assert.match(faultsOf({}, 'tokens: {}\ntokens: {}\n'), /affinity\.yaml: given line 2/);
  assert.match(faultsOf({ AFFINITY_CONFIG: 'elsewhere.yaml' }), /AFFINITY_CONFIG: given "elsewhere\.yaml"/);
});

test('a secret in the file is never repeated', () => {
  const text = faultsOf({}, 'listen: { tls: { certificate: c.pem, key: [hunter2] } }');
  assert.match(text, /listen\.tls\.key/);
  assert.doesNotMatch(text, /hunter2/);
});

test('a setting that is known and not used is said, not passed over', () => {
  assert.match(configOf({ REDIS_URL: 'redis://localhost' }).notices.join(), /REDIS_URL is set and not used/);
  assert.deepEqual(configOf({}).notices, []);
});

test('H04: strangers may register apps in the demonstration; elsewhere where that is said; who vouches has good keys', () => {
  const mode = (env: Record<string, string>, yaml = '') => registrationOf(configOf(env, yaml))?.mode;
  assert.equal(mode({}), 'open');
  assert.equal(mode({ AFFINITY_DEMO: 'off' }), undefined);
  assert.equal(mode({}, 'registration: { mode: off }'), undefined);
  assert.equal(mode({ AFFINITY_DEMO: 'off' }, 'registration: { mode: with-token }'), 'with-token');
  const issuer = (key: string): string =>
    `registration: { software_statement_issuers: [{ issuer: https://trust.example, jwks: { keys: [${key}] } }] }`;
  assert.match(
    faultsOf({}, issuer('{ kty: oct, k: AAAA, kid: a }')),
    /software_statement_issuers: https:\/\/trust\.example/,
  );
  assert.match(faultsOf({}, 'registration: { mode: sometimes }'), /registration\.mode/);
  assert.match(faultsOf({}, 'registration: { per_address: 0 }'), /registration\.per_address/);
});

test('Q20: only a domain that is itself on loopback asks loopback, and only named hosts may lie in private networks', () => {
  const at = (origin: string, yaml = '') => outboundPermissions(configOf({ AFFINITY_ORIGIN: origin }, yaml));
  assert.equal(at('http://localhost:4000').dangerouslyAllowLoopback, true);
  assert.equal(at('https://affinity.example').dangerouslyAllowLoopback, false);
  assert.deepEqual(at('https://affinity.example').dangerouslyAllowHosts, []);
  const named = at('https://affinity.example', 'outbound: { private_hosts: [ehr.hospital.example] }');
  assert.deepEqual(named.dangerouslyAllowHosts, ['ehr.hospital.example']);
  assert.match(faultsOf({}, 'outbound: { private_hosts: ["*.hospital.example"] }'), /outbound\.private_hosts/);
});

const hospital =
  "  - { name: hospital, kind: fhir, path: /hospital/fhir, title: Hospital, url: 'https://ehr.example/fhir' }\n";

test('further servers: what is declared is what they are, and secrets come from the environment or a file', () => {
  writeFileSync(join(directory, 'password'), 'of a file\n');
  writeFileSync(join(directory, 'mapping.yaml'), '');
  const { furtherServers, protect } = configOf(
    { EHR_TOKEN: 'Bearer of-the-environment' },
    `resource_servers:
  - name: hospital
    kind: fhir
    path: /hospital/fhir
    title: City Hospital
    url: https://ehr.example/fhir/
    credentials: { kind: header, name: Authorization, value: { env: EHR_TOKEN } }
    tokens: opaque
    limits: { answer_seconds: 5, connections: 8 }
    gateway: { looked_at_most: 500 }
  - name: legacy
    kind: sql
    path: /legacy/fhir
    title: Legacy
    database: { sqlite: mapping.yaml }
    mapping: mapping.yaml
protect:
  url: http://127.0.0.1:8080/fhir
  read_only: true
  credentials: { kind: basic, username: gateway, password: { file: password } }
`,
  );
  assert.deepEqual(furtherServers[0], {
    name: 'hospital',
    path: '/hospital/fhir',
    title: 'City Hospital',
    tokens: 'opaque',
    gateway: { scannedMost: 500 },
    upstream: {
      kind: 'fhir',
      url: 'https://ehr.example/fhir',
      aliases: [],
      credentials: { kind: 'header', name: 'Authorization', value: 'Bearer of-the-environment' },
      tls: {},
      writes: true,
      sort: ['_lastUpdated', 'date', 'family', 'birthdate'],
      limits: { connections: 8, totalMs: 5000 },
    },
  });
  assert.deepEqual(furtherServers[1]?.upstream, {
    kind: 'sql',
    database: { sqlite: join(directory, 'mapping.yaml') },
    mapping: join(directory, 'mapping.yaml'),
  });
  assert.equal(protect?.upstream.writes, false);
  assert.deepEqual(protect?.upstream.credentials, { kind: 'basic', username: 'gateway', password: 'of a file' });
});

test('further servers: every fault at once, and no secret in any', () => {
  const text = faultsOf(
    { TWO_LINES: 'Bearer hunter2\r\nX-Evil: 1' },
    `resource_servers:
${hospital}  - { name: Hospital, kind: fhir, path: /fhir/more, title: '', url: 'https://me:hunter2@ehr.example/fhir' }
  - name: plain
    kind: fhir
    path: /plain
    title: Plain
    url: https://ehr.example/fhir
    credentials: { kind: header, name: Authorization, value: Bearer hunter2 }
`,
  );
  for (const name of ['1.name', '1.title', '1.url', '2.credentials']) {
    assert.match(text, new RegExp(`resource_servers\\.${name.replace('.', '\\.')}`), name);
  }
  assert.doesNotMatch(text, /hunter2/);
  const secrets = faultsOf(
    { TWO_LINES: 'Bearer hunter2\r\nX-Evil: 1' },
    `resource_servers:
  - name: one
    kind: fhir
    path: /one
    title: One
    url: https://ehr.example/fhir
    credentials: { kind: header, name: Authorization, value: { env: TWO_LINES } }
  - name: two
    kind: fhir
    path: /two
    title: Two
    url: https://ehr.example/fhir
    credentials: { kind: basic, username: u, password: { env: NOT_SET } }
  - name: three
    kind: fhir
    path: /three
    title: Three
    url: https://ehr.example/fhir
    credentials: { kind: client-credentials, token_endpoint: 'https://a.example/token', client_id: c, client_secret: { file: absent } }
    tls: { certificate: absent.pem }
  - { name: four, kind: sql, path: /four, title: Four, database: { postgres: { env: TWO_LINES } }, mapping: absent }
`,
  );
  assert.match(secrets, /^7 settings are wrong:/, secrets);
  assert.match(secrets, /NOT_SET, which is not set/);
  assert.doesNotMatch(secrets, /hunter2|Evil/);
});

test('further servers: a name and a path of their own, beside those of the domain', () => {
  const paths = ['/fhir', '/fhir/x', '/auth', '/hospital', '/hospital/fhir/x', '/admin/fhir', '/upstream-keys'];
  for (const path of paths) {
    const other = `  - { name: other, kind: fhir, path: ${path}, title: Other, url: 'https://ehr.example/fhir' }\n`;
    assert.match(faultsOf({}, `resource_servers:\n${hospital}${other}`), /resource_servers\.1\.path/, path);
  }
  assert.match(faultsOf({}, `resource_servers:\n${hospital}${hospital}`), /resource_servers\.1\.name/);
  const cleartext = hospital.replace('https', 'http');
  assert.match(faultsOf({}, `resource_servers:\n${cleartext}`), /resource_servers\.0\.url/);
  const said = cleartext.replace('title:', 'cleartext: true, title:');
  assert.equal(configOf({}, `resource_servers:\n${said}`).furtherServers.length, 1);
});

test('further servers: folders of files, with what is told when their settings are wrong', () => {
  const files = (more: string) => `resource_servers:
  - { name: city, kind: files, path: /city/fhir, title: City, folder: city-files, ${more} }
`;
  writeFileSync(join(directory, 'mapping.yaml'), '');
  const { furtherServers } = configOf({}, files('hl7: mapping.yaml, limits: { settle_seconds: 0 }'));
  assert.deepEqual(furtherServers[0]?.upstream, {
    kind: 'files',
    folder: join(directory, 'city-files'),
    hl7: join(directory, 'mapping.yaml'),
    done: 'keep',
    settleMs: 0,
    limits: {},
  });
  for (const [more, place] of [
    ['done: keep', 'hl7'],
    ['hl7: absent.yaml', 'hl7'],
    ["hl7: mapping.yaml, csv: { mapping: mapping.yaml, delimiter: ';;' }", 'csv.delimiter'],
    ['csv: { mapping: mapping.yaml, most_gone: 1.01 }', 'csv.most_gone'],
    ['csv: { mapping: mapping.yaml, extracts: { A: some } }', 'csv.extracts.A'],
    ['hl7: mapping.yaml, limits: { file_bytes: 1073741825 }', 'limits.file_bytes'],
    ['hl7: mapping.yaml, limits: { file_bytes: 1023 }', 'limits.file_bytes'],
  ] as const)
    assert.ok(faultsOf({}, files(more)).includes(`resource_servers.0.${place}`), more);
});
