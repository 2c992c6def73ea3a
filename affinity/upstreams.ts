/** Foreign systems as they are asked: settings with the secrets that they name, every fault of them told at once. */
import { accessSync, constants, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { FileLimits } from '@affinity/gateway/files/taking.ts';
import type { GatewayLimits } from '@affinity/gateway/limits.ts';
import type { Credentials, RemoteLimits, TlsOptions } from '@affinity/gateway/remote-fhir/options.ts';
import type { JWK } from 'jose';
import type { Fault } from './config-file.ts';
import type {
  CredentialSetting,
  FurtherSetting,
  ProtectSetting,
  RemoteSetting,
  SecretSetting,
} from './upstream-settings.ts';

export interface RemoteUpstream {
  readonly kind: 'fhir';
  readonly url: string;
  readonly aliases: readonly string[];
  /** `own-key`: backend services with a key that is made at the first start */
  readonly credentials:
    | Credentials
    | { readonly kind: 'own-key'; readonly clientId: string; readonly scope: string; readonly tokenEndpoint?: string };
  readonly tls: TlsOptions;
  readonly writes: boolean;
  readonly create?: 'put-if-none-match' | 'put' | 'post';
  readonly sort: readonly string[];
  readonly modifiers?: readonly string[];
  readonly limits: Partial<RemoteLimits>;
}
export interface SqlUpstream {
  readonly kind: 'sql';
  readonly database: { readonly postgres: string } | { readonly sqlite: string };
  /** path of its file */
  readonly mapping: string;
  readonly connections?: number;
  readonly queryMs?: number;
}

export interface FilesUpstream {
  readonly kind: 'files';
  /** paths */
  readonly folder: string;
  readonly hl7?: string;
  readonly csv?: {
    readonly mapping: string;
    readonly delimiter: string;
    readonly characterSet: string;
    readonly extracts: Readonly<Record<string, 'whole' | 'changes'>>;
    readonly mostGone: number;
  };
  readonly done: 'keep' | 'remove';
  readonly settleMs?: number;
  readonly everyMs?: number;
  readonly limits: Partial<FileLimits>;
}
export type FurtherUpstream = RemoteUpstream | SqlUpstream | FilesUpstream;

/** A further FHIR server of the domain. */
export interface FurtherServer {
  readonly name: string;
  readonly path: string;
  readonly title: string;
  readonly tokens: 'jwt' | 'opaque';
  readonly gateway: Partial<GatewayLimits>;
  readonly upstream: FurtherUpstream;
}

export interface Around {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
  readonly faults: Fault[];
}

const longestSecret = 20_000;

/** Of what is wrong the place is told, and never what stands there. */
const createReader = ({ env, directory, faults }: Around, at: string) => {
  const fault = (setting: string, allowed: string): string => {
    faults.push({ setting: `${at}.${setting}`, given: 'a value that is not shown', allowed });
    return '';
  };
  const file = (setting: string, path: string, what: string): string => {
    try {
      return readFileSync(resolve(directory, path), 'utf8');
    } catch {
      faults.push({ setting: `${at}.${setting}`, given: JSON.stringify(path), allowed: what });
      return '';
    }
  };
  const secret = (setting: string, given: SecretSetting): string => {
    const text =
      'env' in given
        ? (env[given.env] ?? '').trim()
        : file(setting, given.file, 'a file that can be read and holds the secret alone').trim();
    if (text === '' && 'env' in given) {
      faults.push({
        setting: `${at}.${setting}`,
        given: `${given.env}, which is not set`,
        allowed: 'a variable that is set',
      });
    }
    // What would end a header and begin another.
    if (/[\r\n\0]/.test(text) && !text.startsWith('{')) return fault(setting, 'one line');
    return text.length > longestSecret ? fault(setting, `up to ${longestSecret} characters`) : text;
  };
  const readable = (setting: string, path: string, what: string): void => {
    try {
      accessSync(resolve(directory, path), constants.R_OK);
    } catch {
      faults.push({ setting: `${at}.${setting}`, given: JSON.stringify(path), allowed: what });
    }
  };
  return { fault, file, readable, secret };
};
type Reader = ReturnType<typeof createReader>;

const definite = <Value extends object>(value: Value): { [Key in keyof Value]: Exclude<Value[Key], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as never;

type BackendKey = Extract<Credentials, { kind: 'backend-services' }>['key'];

const privateKey = (reader: Reader, text: string): BackendKey | undefined => {
  if (text === '') return undefined;
  try {
    const jwk = JSON.parse(text) as JWK;
    const { kid, d } = jwk;
    const alg: unknown = jwk.alg;
    if (typeof kid === 'string' && typeof d === 'string') {
      if (alg === 'ES384' || alg === 'RS384') return { algorithm: alg, keyId: kid, privateKey: jwk };
    }
  } catch {
    // told below, without what stands there
  }
  reader.fault('credentials.key', 'a private JWK with kid, and alg ES384 or RS384');
  return undefined;
};

const credentialsOf = (reader: Reader, given: CredentialSetting): RemoteUpstream['credentials'] => {
  const { secret } = reader;
  switch (given.kind) {
    case 'none':
      return given;
    case 'header':
      return { ...given, value: secret('credentials.value', given.value) };
    case 'basic':
      return { ...given, password: secret('credentials.password', given.password) };
    case 'client-credentials': {
      const { token_endpoint: tokenEndpoint, client_id: clientId, scope, secret_in: secretIn } = given;
      const clientSecret = secret('credentials.client_secret', given.client_secret);
      return { kind: given.kind, tokenEndpoint, clientId, clientSecret, secretIn, ...definite({ scope }) };
    }
    case 'backend-services': {
      const { client_id: clientId, scope, token_endpoint: tokenEndpoint } = given;
      const common = { clientId, scope, ...definite({ tokenEndpoint }) };
      if (given.key === undefined) return { kind: 'own-key', ...common };
      const key = privateKey(reader, secret('credentials.key', given.key));
      return key === undefined ? { kind: 'none' } : { kind: given.kind, ...common, key };
    }
  }
};

const milliseconds = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : seconds * 1000;

/** By which nearly every server sorts; no CapabilityStatement says so. */
const usualSorts = ['_lastUpdated', 'date', 'family', 'birthdate'];

/** @param at where it stands in affinity.yaml */
export const remoteUpstream = (setting: RemoteSetting, at: string, around: Around): RemoteUpstream => {
  const reader = createReader(around, at);
  const { url, aliases, credentials, tls = {}, read_only, create, sort, modifiers, limits } = setting;
  const pem = (name: 'certificate' | 'key' | 'authorities'): string | undefined => {
    const path = tls[name];
    return path === undefined ? undefined : reader.file(`tls.${name}`, path, 'a PEM file that can be read');
  };
  if ((tls.certificate === undefined) !== (tls.key === undefined))
    reader.fault('tls', 'a certificate with its key, or neither');
  return {
    kind: 'fhir',
    url: url.replace(/\/$/, ''),
    aliases,
    credentials: credentialsOf(reader, credentials),
    tls: definite({ certificate: pem('certificate'), key: pem('key'), authorities: pem('authorities') }),
    writes: !read_only,
    sort: sort ?? usualSorts,
    ...definite({ create, modifiers }),
    limits: definite({
      connections: limits.connections,
      connectMs: milliseconds(limits.connect_seconds),
      headersMs: milliseconds(limits.first_byte_seconds),
      bodyMs: milliseconds(limits.silence_seconds),
      totalMs: milliseconds(limits.answer_seconds),
      responseBytes: limits.answer_bytes,
      breakerFailures: limits.failures,
      breakerMs: milliseconds(limits.rest_seconds),
      pageSize: limits.page_size,
      pages: limits.pages,
    }),
  };
};

const sqlUpstream = (setting: FurtherSetting & { kind: 'sql' }, at: string, around: Around): SqlUpstream => {
  const reader = createReader(around, at);
  const { database, mapping, limits } = setting;
  reader.readable('mapping', mapping, 'a file that can be read');
  const path = (given: string): string => resolve(around.directory, given);
  const postgres = 'postgres' in database ? reader.secret('database.postgres', database.postgres) : undefined;
  if (
    postgres !== undefined &&
    postgres !== '' &&
    !['postgres:', 'postgresql:'].includes(URL.parse(postgres)?.protocol ?? '')
  )
    reader.fault('database.postgres', 'postgres://user:password@host:port/database');
  if ('sqlite' in database) reader.readable('database.sqlite', database.sqlite, 'a database file that can be read');
  return {
    kind: 'sql',
    database: 'sqlite' in database ? { sqlite: path(database.sqlite) } : { postgres: postgres ?? '' },
    mapping: path(mapping),
    ...definite({ connections: limits.connections, queryMs: milliseconds(limits.query_seconds) }),
  };
};

type CsvSetting = NonNullable<(FurtherSetting & { kind: 'files' })['csv']>;
const csvOf = (
  { delimiter, character_set: characterSet, extracts, most_gone: mostGone }: CsvSetting,
  mapping: string,
): NonNullable<FilesUpstream['csv']> => ({ mapping, delimiter, characterSet, extracts, mostGone });

const filesUpstream = (setting: FurtherSetting & { kind: 'files' }, at: string, around: Around): FilesUpstream => {
  const reader = createReader(around, at);
  const { folder, hl7, csv, done, limits } = setting;
  const path = (given: string): string => resolve(around.directory, given);
  const file = (name: string, given: string): string => {
    reader.readable(name, given, 'a file that can be read');
    return path(given);
  };
  return {
    kind: 'files',
    folder: path(folder),
    done,
    ...(hl7 === undefined ? {} : { hl7: file('hl7', hl7) }),
    ...(csv === undefined ? {} : { csv: csvOf(csv, file('csv.mapping', csv.mapping)) }),
    ...definite({ settleMs: milliseconds(limits.settle_seconds), everyMs: milliseconds(limits.every_seconds) }),
    limits: definite({
      fileBytes: limits.file_bytes,
      messageBytes: limits.message_bytes,
      rowBytes: limits.row_bytes,
    }),
  };
};

export const gatewayLimitsOf = (given: FurtherSetting['gateway']): Partial<GatewayLimits> =>
  definite({
    scannedMost: given.looked_at_most,
    joinedMost: given.joined_most,
    includedMost: given.included_most,
    concurrent: given.concurrent,
  });

const furtherUpstream = (setting: FurtherSetting, at: string, around: Around): FurtherUpstream => {
  switch (setting.kind) {
    case 'fhir':
      return remoteUpstream(setting, at, around);
    case 'sql':
      return sqlUpstream(setting, at, around);
    case 'files':
      return filesUpstream(setting, at, around);
  }
};

export const furtherServers = (settings: readonly FurtherSetting[], around: Around): readonly FurtherServer[] =>
  settings.map((setting, index) => {
    const at = `resource_servers.${index}`;
    const { name, path, title, tokens } = setting;
    const upstream = furtherUpstream(setting, at, around);
    return { name, path, title, tokens, gateway: gatewayLimitsOf(setting.gateway), upstream };
  });

/** The server that `affinity protect` puts the domain in front of. */
export interface ProtectedServer {
  readonly title: string;
  readonly sampleApp: boolean;
  readonly gateway: Partial<GatewayLimits>;
  readonly upstream: RemoteUpstream;
}
export const protectedServer = (
  { title, sample_app, gateway, ...remote }: ProtectSetting,
  around: Around,
): ProtectedServer => ({
  title,
  sampleApp: sample_app,
  gateway: gatewayLimitsOf(gateway),
  upstream: remoteUpstream(remote, 'protect', around),
});
