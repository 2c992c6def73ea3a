/**
 * Settings: the only place that reads the environment and `affinity.yaml`. Both are read once into one frozen, validated
 * Config; every fault is reported, with what was given and what is allowed.
 */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { checkClients } from '@affinity/authorization-server/clients.ts';
import { parseDocument } from 'yaml';
import { type ConfigFile, checkFile, type Fault, policyNotices } from './config-file.ts';
import { lifetimeNotices } from './lifetime-notices.ts';
import { registrationFaults } from './registration.ts';
import { trustedIssuerFaults } from './trusted-issuer-faults.ts';
import { type FurtherServer, furtherServers, type ProtectedServer, protectedServer } from './upstreams.ts';

export interface Tls {
  readonly certificate: string;
  readonly key: string;
}

export interface Config {
  /** scheme, host and port that people and apps use, without a slash at the end */
  readonly origin: string;
  readonly listen: { readonly host: string; readonly port: number; readonly tls?: Tls };
  /** addresses whose X-Forwarded-For is believed */
  readonly trustedProxies: readonly string[];
  readonly dataDirectory: string;
  /** absent: the embedded PostgreSQL */
  readonly databaseUrl?: string;
  /** the userinfo endpoint, where it is a process of its own */
  readonly userinfo?: { readonly origin: string; readonly endpoint: string; readonly listen: Config['listen'] };
  readonly demonstration: { readonly patients: number } | undefined;
  /** existing records systems behind the same guard, beside the clinic */
  readonly furtherServers: readonly FurtherServer[];
  /** the records are those of this server, and the clinic is the gateway to it */
  readonly protect?: ProtectedServer;
  /** the sample app Vitals is there */
  readonly sampleApp: boolean;
  /** what an operator should know of the settings, though nothing is wrong with them */
  readonly notices: readonly string[];
  readonly file: ConfigFile;
}

export type ConfigResult =
  | { readonly kind: 'config'; readonly config: Config }
  | { readonly kind: 'faults'; readonly faults: readonly Fault[] };

const loopback = new Set(['localhost', '127.0.0.1', '::1', '[::1]']);

/**
 * @param env the process environment; @param directory where `affinity.yaml` and relative paths are looked up
 * @param protect in place of what stands there under `protect`
 */
export const readConfig = (
  env: Readonly<Record<string, string | undefined>>,
  directory: string,
  protect?: object,
): ConfigResult => {
  const faults: Fault[] = [];
  const fault = (setting: string, value: string, allowed: string): void => {
    faults.push({ setting, given: value, allowed });
  };
  // An empty variable counts as absent: shells and container files set empty ones without meaning anything.
  const given = (name: string): string | undefined => env[name]?.trim() || undefined;

  const port = wholeNumber(given('AFFINITY_PORT'), { least: 0, most: 65_535 });
  if (port === 'fault') fault('AFFINITY_PORT', quote(given('AFFINITY_PORT')), 'a whole number from 0 to 65535');
  const patients = wholeNumber(given('AFFINITY_DEMO_PATIENTS'), { least: 4, most: 1_000_000 });
  if (patients === 'fault') {
    fault('AFFINITY_DEMO_PATIENTS', quote(given('AFFINITY_DEMO_PATIENTS')), 'a whole number from 4 to 1000000');
  }
  const demo = given('AFFINITY_DEMO') ?? 'on';
  if (demo !== 'on' && demo !== 'off') fault('AFFINITY_DEMO', quote(demo), 'on or off');

  const originText =
    given('AFFINITY_ORIGIN') ?? `http://localhost:${typeof port === 'number' && port > 0 ? port : 4000}`;
  const origin = readOrigin(originText);
  if (origin === undefined) {
    fault('AFFINITY_ORIGIN', quote(withoutPassword(originText)), 'http://host[:port] or https://host[:port], no path');
  }
  const databaseUrl = given('DATABASE_URL');
  if (databaseUrl !== undefined && !isPostgresUrl(databaseUrl)) {
    fault('DATABASE_URL', quote(withoutPassword(databaseUrl)), 'postgres://user:password@host:port/database');
  }

  const file = readFile(
    resolve(directory, given('AFFINITY_CONFIG') ?? 'affinity.yaml'),
    given('AFFINITY_CONFIG'),
    faults,
    protect === undefined ? {} : { protect },
  );
  // Its sentences name the client and what is allowed, and hold no secret.
  for (const fault of checkClients(file?.clients ?? [])) faults.push({ setting: 'clients', fault });
  if (file !== undefined) faults.push(...registrationFaults(file));
  const host = given('AFFINITY_HOST') ?? file?.listen.host ?? '127.0.0.1';
  const tls = file?.listen.tls === undefined ? undefined : readTls(file.listen.tls, directory, faults);
  const trustedProxies = file?.listen.trusted_proxies ?? [];
  if (!loopback.has(host) && file?.listen.tls === undefined && trustedProxies.length === 0) {
    fault(
      'AFFINITY_HOST',
      quote(host),
      '127.0.0.1, localhost or ::1; any other address needs listen.tls (certificate and key) or listen.trusted_proxies in affinity.yaml',
    );
  }
  if (origin !== undefined && origin.protocol === 'http:' && !loopback.has(origin.hostname)) {
    fault('AFFINITY_ORIGIN', quote(originText), 'https for every host but localhost, 127.0.0.1 and [::1]');
  }

  const around = { env, directory, faults };
  const further = furtherServers(file?.resource_servers ?? [], around);
  const guarded = file?.protect === undefined ? undefined : protectedServer(file.protect, around);

  if (file !== undefined && origin !== undefined) {
    const own = [guarded?.title ?? 'clinic', ...(demo === 'on' ? ['hospital'] : [])];
    const names = [...own, ...further.map(({ name }) => name), 'identity', 'locator', 'registry'];
    faults.push(...trustedIssuerFaults({ origin: origin.origin, file }, [...new Set(names)]));
  }

  const userinfo =
    file?.userinfo === undefined ? undefined : readUserinfo(file.userinfo, trustedProxies, origin, directory, faults);

  if (faults.length > 0 || origin === undefined || file === undefined || typeof port === 'string') {
    return { kind: 'faults', faults };
  }
  const listenPort = port ?? (loopback.has(origin.hostname) ? Number(origin.port || 80) : 4000);
  return {
    kind: 'config',
    config: Object.freeze({
      origin: origin.origin,
      listen: { host, port: listenPort, ...(tls === undefined ? {} : { tls }) },
      trustedProxies,
      ...(userinfo === undefined ? {} : { userinfo }),
      dataDirectory: resolve(directory, given('AFFINITY_DATA') ?? 'data'),
      ...(databaseUrl === undefined ? {} : { databaseUrl }),
      notices: [
        ...(given('REDIS_URL') === undefined
          ? []
          : ['REDIS_URL is set and not used: this version keeps all state in PostgreSQL.']),
        ...policyNotices(file),
        ...lifetimeNotices(file),
      ],
      demonstration:
        demo === 'on' && guarded === undefined
          ? { patients: typeof patients === 'number' ? patients : 100 }
          : undefined,
      furtherServers: further,
      ...(guarded === undefined ? {} : { protect: guarded }),
      sampleApp: guarded?.sampleApp ?? demo === 'on',
      file,
    }),
  };
};

/** Every fault, one a line, as an operator reads it. */
export const describeFaults = (faults: readonly Fault[]): string =>
  [
    faults.length === 1 ? 'One setting is wrong:' : `${faults.length} settings are wrong:`,
    ...faults.map(
      (one) => `  ${one.setting}: ${'fault' in one ? one.fault : `given ${one.given}; allowed: ${one.allowed}`}`,
    ),
  ].join('\n');

const quote = (value: string | undefined): string => (value === undefined ? 'nothing' : JSON.stringify(value));

const withoutPassword = (url: string): string =>
  url.replace(/\/\/[^@/]*@/, '//…@').replace(/password=[^&\s]*/gi, 'password=…');

const wholeNumber = (
  text: string | undefined,
  { least, most }: { least: number; most: number },
): number | undefined | 'fault' => {
  if (text === undefined) return undefined;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : 'fault';
};

const readOrigin = (text: string): URL | undefined => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  return url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' ? url : undefined;
};

const isPostgresUrl = (text: string): boolean =>
  URL.canParse(text) && ['postgres:', 'postgresql:'].includes(new URL(text).protocol);

const readFile = (
  path: string,
  named: string | undefined,
  faults: Fault[],
  instead: object,
): ConfigFile | undefined => {
  if (!existsSync(path)) {
    if (named !== undefined)
      faults.push({ setting: 'AFFINITY_CONFIG', given: quote(named), allowed: 'a file that exists' });
    return checkFile(instead, faults);
  }
  const document = parseDocument(readFileSync(path, 'utf8'), { uniqueKeys: true });
  const [first] = document.errors;
  if (first !== undefined) {
    const line = first.linePos?.[0].line;
    faults.push({
      setting: 'affinity.yaml',
      given: `line ${line ?? '?'}: ${first.code.toLowerCase().replaceAll('_', ' ')}`,
      allowed: 'YAML',
    });
    return undefined;
  }
  const text: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
  return checkFile(typeof text === 'object' ? { ...text, ...instead } : text, faults);
};

/** The same rules as for the domain itself. */
const readUserinfo = (
  given: NonNullable<ConfigFile['userinfo']>,
  trustedProxies: readonly string[],
  domain: URL | undefined,
  directory: string,
  faults: Fault[],
): Config['userinfo'] => {
  const setting = 'userinfo.origin';
  const origin = readOrigin(given.origin);
  if (origin === undefined || origin.origin === domain?.origin) {
    const allowed = 'http://host[:port] or https://host[:port], no path, other than the origin of the domain';
    faults.push({ setting, given: quote(withoutPassword(given.origin)), allowed });
    return undefined;
  }
  if (origin.protocol === 'http:' && !loopback.has(origin.hostname)) {
    const allowed = 'https for every host but localhost, 127.0.0.1 and [::1]';
    faults.push({ setting, given: quote(given.origin), allowed });
  }
  if (!loopback.has(given.host) && given.tls === undefined && trustedProxies.length === 0) {
    const allowed = '127.0.0.1, localhost or ::1; any other address needs userinfo.tls or listen.trusted_proxies';
    faults.push({ setting: 'userinfo.host', given: quote(given.host), allowed });
  }
  const tls = given.tls === undefined ? undefined : readTls(given.tls, directory, faults, 'userinfo');
  const port = given.port ?? (loopback.has(origin.hostname) ? Number(origin.port || 80) : 4001);
  const listen = { host: given.host, port, ...(tls === undefined ? {} : { tls }) };
  return { origin: origin.origin, endpoint: `${origin.origin}/userinfo`, listen };
};

const readTls = (
  tls: { readonly certificate: string; readonly key: string },
  directory: string,
  faults: Fault[],
  part = 'listen',
): Tls | undefined => {
  const read = (setting: string, path: string): string => {
    try {
      return readFileSync(resolve(directory, path), 'utf8');
    } catch {
      faults.push({ setting, given: quote(path), allowed: 'a PEM file that can be read' });
      return '';
    }
  };
  return { certificate: read(`${part}.tls.certificate`, tls.certificate), key: read(`${part}.tls.key`, tls.key) };
};
