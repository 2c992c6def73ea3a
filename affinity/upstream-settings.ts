/** What `affinity.yaml` says of a foreign system: where it is, who we are to it, and what it may cost. Secrets stand elsewhere. */
import { isIP } from 'node:net';
import { z } from 'zod';

const seconds = (least: number, most: number) => z.number().min(least).max(most).optional();
const whole = (least: number, most: number) => z.int().min(least).max(most).optional();

/** A secret is never in the file itself: the name of a variable of the environment, or a file that holds it alone. */
export const secret = z.union(
  [
    z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/) }),
    z.strictObject({ file: z.string().min(1).max(4000) }),
  ],
  { error: '{ env: NAME } or { file: path }: secrets do not stand in this file' },
);
export type SecretSetting = z.infer<typeof secret>;

const header = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, { message: 'the name of a header' });
/** Those that carry a request, which no setting may change. */
const carried = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'content-type', 'accept']);

const credentials = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({
    kind: z.literal('header'),
    name: header.refine((name) => !carried.has(name.toLowerCase()), { message: 'a header that proves who asks' }),
    value: secret,
  }),
  z.strictObject({ kind: z.literal('basic'), username: z.string().min(1).max(200), password: secret }),
  z.strictObject({
    kind: z.literal('client-credentials'),
    token_endpoint: z.url().max(2000),
    client_id: z.string().min(1).max(500),
    client_secret: secret,
    scope: z.string().max(2000).optional(),
    secret_in: z.enum(['header', 'body']).default('header'),
  }),
  z.strictObject({
    kind: z.literal('backend-services'),
    client_id: z.string().min(1).max(500),
    scope: z.string().min(1).max(2000).default('system/*.cruds'),
    /** a private JWK with `kid` and `alg`; absent: one of our own, made at the first start */
    key: secret.optional(),
    token_endpoint: z.url().max(2000).optional(),
  }),
]);
export type CredentialSetting = z.infer<typeof credentials>;

const remoteLimits = z
  .strictObject({
    connections: whole(1, 1000),
    connect_seconds: seconds(0.1, 60),
    /** until its first line, between two parts of its answer, and for everything together */
    first_byte_seconds: seconds(0.1, 300),
    silence_seconds: seconds(0.1, 300),
    answer_seconds: seconds(0.1, 600),
    answer_bytes: whole(1024, 512 * 1024 * 1024),
    /** failures in a row after which it is left alone, and for how long */
    failures: whole(1, 1000),
    rest_seconds: seconds(0.1, 600),
    page_size: whole(1, 1000),
    pages: whole(1, 1_000_000),
  })
  .prefault({});

/** What one answer may cost, whatever the foreign system does. */
export const gatewayLimits = z
  .strictObject({
    /** of the foreign system: looked at for one answer, led through by a chain, shown beside the matches */
    looked_at_most: whole(10, 1_000_000),
    joined_most: whole(1, 100_000),
    included_most: whole(0, 10_000),
    /** questions of one answer that are asked at the same time */
    concurrent: whole(1, 100),
  })
  .prefault({});

const loopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || (isIP(host) === 4 && host.startsWith('127.'));

/** A base as we can ask it: no query, no password, and in the clear only where that is said. */
export const upstreamUrlFault = (text: string, cleartext: boolean): string | undefined => {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return 'an http or https URL';
  if (url.username !== '' || url.password !== '') return 'a URL without a name or password: credentials are said apart';
  if (url.search !== '' || url.hash !== '') return 'the base of a FHIR server, without query or fragment';
  if (url.protocol === 'http:' && !cleartext && !loopback(url.hostname))
    return 'https, or http with cleartext: true where nobody else hears what is sent';
  return undefined;
};

const remoteShape = {
  url: z.string().max(2000),
  /** its records and our credentials may go over the network in the clear */
  cleartext: z.boolean().default(false),
  credentials: credentials.default({ kind: 'none' }),
  /** PEM: a certificate of ours with its key, and whom to trust instead of the system's authorities */
  tls: z
    .strictObject({
      certificate: z.string().min(1).optional(),
      key: z.string().min(1).optional(),
      authorities: z.string().min(1).optional(),
    })
    .optional(),
  /** further addresses that it uses for itself */
  aliases: z.array(z.url().max(2000)).max(20).default([]),
  read_only: z.boolean().default(false),
  /** how it creates: under an id of ours, or under one of its own */
  create: z.enum(['put-if-none-match', 'put', 'post']).optional(),
  /** names that it sorts by, and modifiers that it understands */
  sort: z.array(z.string().min(1).max(64)).max(100).optional(),
  modifiers: z.array(z.string().min(1).max(32)).max(20).optional(),
  limits: remoteLimits,
};

type UrlIssues = {
  readonly addIssue: (issue: { code: 'custom'; path: (string | number)[]; message: string }) => void;
};
const checkUrl = ({ url, cleartext }: { readonly url: string; readonly cleartext: boolean }, context: UrlIssues) => {
  const fault = upstreamUrlFault(url, cleartext);
  if (fault !== undefined) context.addIssue({ code: 'custom', path: ['url'], message: fault });
};

const placed = {
  /** for the log, the metrics and commands */
  name: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, { message: '1 to 40 of a-z, 0-9 and -, a letter first' }),
  /** where it stands under the origin */
  path: z
    .string()
    .max(100)
    .regex(/^(\/[a-z0-9][a-z0-9-]*)+$/, { message: 'a path such as /hospital/fhir' }),
  /** as people know it */
  title: z.string().trim().min(1).max(60),
  tokens: z.enum(['jwt', 'opaque']).default('jwt'),
  gateway: gatewayLimits,
};

const further = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('fhir'), ...placed, ...remoteShape }).superRefine(checkUrl),
  z.strictObject({
    kind: z.literal('sql'),
    ...placed,
    /** a postgres URL, or a file of SQLite */
    database: z.union([z.strictObject({ postgres: secret }), z.strictObject({ sqlite: z.string().min(1).max(4000) })], {
      error: '{ postgres: { env: NAME } } or { sqlite: path }',
    }),
    /** how its rows are resources: docs/guides/connect-a-database.md */
    mapping: z.string().min(1).max(4000),
    limits: z.strictObject({ connections: whole(1, 200), query_seconds: seconds(0.1, 600) }).prefault({}),
  }),
  z
    .strictObject({
      kind: z.literal('files'),
      ...placed,
      /** `inbox`, `work`, `done` and `quarantine` are in it: docs/guides/connect-files.md */
      folder: z.string().min(1).max(4000),
      /** the sender of messages of HL7 v2 */
      hl7: z.string().min(1).max(4000).optional(),
      csv: z
        .strictObject({
          mapping: z.string().min(1).max(4000),
          delimiter: z.string().length(1).default(','),
          character_set: z.enum(['utf-8', 'iso-8859-1', 'us-ascii']).default('utf-8'),
          extracts: z.record(z.string().min(1).max(200), z.enum(['whole', 'changes'])).default({}),
          most_gone: z.number().min(0).max(1).default(0.5),
        })
        .optional(),
      /** what becomes of files that were taken */
      done: z.enum(['keep', 'remove']).default('keep'),
      limits: z
        .strictObject({
          settle_seconds: seconds(0, 3600),
          every_seconds: seconds(0.1, 3600),
          file_bytes: whole(1024, 1024 * 1024 * 1024),
          message_bytes: whole(1024, 256 * 1024 * 1024),
          row_bytes: whole(100, 16 * 1024 * 1024),
        })
        .prefault({}),
    })
    .refine(({ hl7, csv }) => hl7 !== undefined || csv !== undefined, {
      path: ['hl7'],
      message: 'settings of messages (hl7), of extracts (csv), or both',
    }),
]);
export type FurtherSetting = z.infer<typeof further>;

/** Paths of the domain itself. */
const taken = [
  ...['fhir', 'auth', 'state', 'health', 'metrics', 'apps', 'admin', 'ehr', 'assets', 'userinfo', 'upstream-keys'],
  ...['identity', 'locator', 'registry'],
].map((name) => `/${name}`);
const ownNames: ReadonlySet<string> = new Set(['clinic', 'state', 'identity', 'locator', 'registry']);
const overlap = (one: string, other: string): boolean =>
  one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);

/** Further FHIR servers behind the same guard. */
export const resourceServers = z
  .array(further)
  .max(50)
  .superRefine((all, context) => {
    for (const [index, { name, path }] of all.entries()) {
      const before = all.slice(0, index);
      const fault = (at: string, message: string) => context.addIssue({ code: 'custom', path: [index, at], message });
      if (ownNames.has(name) || before.some((one) => one.name === name))
        fault('name', 'each name once, and none of the domain itself');
      if (taken.some((one) => overlap(path, one)) || before.some((one) => overlap(path, one.path)))
        fault('path', 'a path of its own, beside those of the domain and of the other servers');
    }
  })
  .default([]);

/** The one FHIR server that this domain is put in front of. */
export const protectedServer = z
  .strictObject({
    ...remoteShape,
    title: placed.title.default('Records'),
    gateway: gatewayLimits,
    /** the sample app Vitals at /apps/vitals, to try it with */
    sample_app: z.boolean().default(false),
  })
  .superRefine(checkUrl)
  .optional();
export type ProtectSetting = NonNullable<z.infer<typeof protectedServer>>;
export type RemoteSetting = Omit<ProtectSetting, 'title' | 'gateway' | 'sample_app'>;
