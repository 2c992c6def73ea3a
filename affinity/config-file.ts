/** The shape of `affinity.yaml`: what may stand in it, its defaults and its bounds. Unknown keys are faults. */
import { z } from 'zod';
import { brandSetting } from './brand-setting.ts';
import { gathering } from './gathering-settings.ts';
import { identityProviders } from './identity-providers.ts';
import { identity } from './identity-settings.ts';
import { limits } from './limit-settings.ts';
import { locatorSettings } from './locator-settings.ts';
import { matching } from './matching-settings.ts';
import { registrySettings } from './registry-settings.ts';
import { trustedIssuers } from './trusted-issuer-settings.ts';
import { protectedServer, resourceServers } from './upstream-settings.ts';

export type Fault = {
  /** name of the variable, or path in affinity.yaml */
  readonly setting: string;
} & (
  | {
      /** what was given, without secrets */
      readonly given: string;
      readonly allowed: string;
    }
  /** a sentence that says both */
  | { readonly fault: string }
);

const seconds = (least: number, most: number, otherwise: number) => z.int().min(least).max(most).default(otherwise);
const address = z.union([z.ipv4(), z.ipv6()]);

const listen = z
  .strictObject({
    host: z.string().min(1).max(255).optional(),
    tls: z.strictObject({ certificate: z.string().min(1), key: z.string().min(1) }).optional(),
    trusted_proxies: z.array(address).max(100).default([]),
  })
  .prefault({});

const tokens = z
  .strictObject({
    access_token_seconds: seconds(60, 3600, 900),
    backend_token_seconds: seconds(30, 300, 300),
    /** of a declared emergency */
    emergency_seconds: seconds(60, 1800, 900),
    /** from the handle of a launch from a record system to the app's request with it */
    launch_seconds: seconds(30, 600, 300),
    /** a refresh token that is not used for so long ends; g10 asks for three months */
    refresh_idle_days: z.int().min(1).max(730).default(93),
    /** those of a page in a browser end so long after the consent, however often they are used */
    browser_refresh_hours: z.int().min(1).max(720).default(24),
    /** how long an app may go on: what a person may choose from, beside `once` and `until-ended`, and what is chosen beforehand */
    consent_days: z.array(z.int().min(1).max(3650)).min(1).max(10).default([30, 90, 365]),
    consent_checked: z.union([z.literal('until-ended'), z.int().min(1).max(3650)]).default('until-ended'),
    refresh_window_seconds: seconds(0, 10, 10),
    /** of the access tokens for the clinic */
    format: z.enum(['jwt', 'opaque']).default('jwt'),
    /** a signed token that would be longer is issued as a reference; resource servers take up to 8192 */
    jwt_characters: z.int().min(1000).max(8000).default(6000),
    /** how long the clinic remembers what the issuer says of a reference: under a grant, and of a backend service */
    introspected_seconds: z.number().min(0).max(300).default(30),
    introspected_service_seconds: z.number().min(0).max(0.9).default(0.5),
    /** how long a pushed authorization request waits for its browser, and whether every app has to push */
    pushed_request_seconds: seconds(10, 90, 60),
    require_pushed_requests: z.boolean().default(false),
    /** how old a proof of a key (DPoP) may be; whether it needs a nonce of ours; whether the clinic takes no other tokens */
    proof_seconds: seconds(5, 300, 60),
    require_proof_nonce: z.boolean().default(false),
    require_proof: z.boolean().default(false),
    /** how long a device waits to be allowed; and through how many servers a token may go by exchange */
    device_code_seconds: seconds(60, 1800, 600),
    exchange_hops: z.int().min(1).max(5).default(3),
  })
  .prefault({});

/** people who are signed in */
const sessions = z
  .strictObject({
    /** without a visit for so long, a session ends; and on a computer that others use too */
    idle_minutes: z.int().min(5).max(10_080).default(480),
    shared_idle_minutes: z.int().min(1).max(60).default(15),
    /** from a sign-in to the end of its session, however often somebody comes back */
    most_hours: z.int().min(1).max(720).default(168),
    /** how long after proving who they are somebody may change what protects their account */
    fresh_minutes: z.int().min(1).max(60).default(10),
  })
  .prefault({});

const audit = z
  .strictObject({
    /** records of the audit log are made into AuditEvents, which can be searched for */
    events: z.boolean().default(true),
    /** part of a connection's time that may be spent on that: what serves people goes first */
    share_percent: z.int().min(1).max(100).default(25),
  })
  .prefault({});

/** the pages of administrators */
const administration = z
  .strictObject({
    /** without a request for so long, a session ends; and after so long in any case */
    idle_minutes: z.int().min(1).max(480).default(30),
    session_hours: z.int().min(1).max(24).default(8),
  })
  .prefault({});

/** the pages of clinicians, from which apps are launched */
const ehr = z
  .strictObject({
    pages: z.boolean().default(true),
    idle_minutes: z.int().min(1).max(480).default(30),
    session_hours: z.int().min(1).max(24).default(8),
  })
  .prefault({});

const fhir = z
  .strictObject({
    /** an update of what is not there creates it under the id of the caller, who must be able to reach every record */
    update_create: z.boolean().default(false),
  })
  .prefault({});

const policy = z
  .strictObject({
    /** what holds for a patient who has no Consent in force. IHE PCF, implicit policies */
    without_consent: z.enum(['permit', 'deny', 'emergency-only']).default('permit'),
    /** by which ways a practitioner reaches patients */
    care_team: z.boolean().default(true),
    general_practitioner: z.boolean().default(true),
    managing_organization: z.boolean().default(false),
    whole_server_practitioners: z.boolean().default(false),
    /** how long roles, teams and relations are remembered; Consents and grants are known at once */
    facts_seconds: z.number().min(0.1).max(60).default(1),
    /** patients whose Consents are remembered */
    remembered_patients: z.int().min(10).max(10_000_000).default(10_000),
    /** patients of one practitioner by one way, and of a service by one reference; beyond it, none of them */
    patients_most: z.int().min(1).max(100_000).default(5000),
    /** active Consents of everybody, and of one patient; beyond it, nobody is shown what hangs on them */
    consents_most: z.int().min(1).max(10_000_000).default(100_000),
    patient_consents_most: z.int().min(1).max(10_000).default(1000),
    /** systems of identifiers that find nobody at other servers: the number alone says where somebody is known */
    identifiers_apart: z.array(z.string().min(1).max(256)).max(100).default([]),
  })
  .prefault({});

/** requests that the domain makes to URLs of others */
const outbound = z
  .strictObject({
    /** names whose addresses may lie in private networks; for URLs that stand in this file, never for those of apps */
    private_hosts: z
      .array(z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/))
      .max(100)
      .default([]),
  })
  .prefault({});

/** apps that register themselves. RFC 7591 */
const registration = z
  .strictObject({
    /** absent: `open` in the demonstration, else `off` */
    mode: z.enum(['off', 'with-token', 'open']).optional(),
    /** whoever may vouch for apps by signed software statements */
    software_statement_issuers: z
      .array(z.strictObject({ issuer: z.url().max(2000), jwks: z.looseObject({ keys: z.array(z.unknown()) }) }))
      .max(100)
      .default([]),
    per_address: z.int().min(1).max(10_000).default(20),
    window_seconds: seconds(10, 86_400, 3600),
    /** apps that wait to be looked at, and days after which one is forgotten */
    pending_most: z.int().min(0).max(100_000).default(1000),
    pending_days: z.int().min(1).max(730).default(30),
    /** how long an earlier secret works beside a new one */
    secret_overlap_hours: z.int().min(0).max(720).default(24),
  })
  .prefault({});
/** what the servers of a domain share, each useful alone */
const services = z
  .strictObject({
    identity: z.boolean().default(true),
    locator: z.boolean().default(true),
    registry: z.boolean().default(true),
  })
  .prefault({});
/** the userinfo endpoint as a process of its own: `affinity start --only userinfo` */
const userinfo = z
  .strictObject({
    /** under which it is known: its address is `{origin}/userinfo` */
    origin: z.string().max(300),
    host: z.string().min(1).max(255).default('127.0.0.1'),
    /** that of the origin where it is on this machine */
    port: z.int().min(1).max(65_535).optional(),
    tls: z.strictObject({ certificate: z.string().min(1), key: z.string().min(1) }).optional(),
  })
  .optional();

const file = z.strictObject({
  /** who stands behind the clinic; the first is the clinic's own */
  brands: z.array(brandSetting).max(1000).default([]),
  listen,
  userinfo,
  outbound,
  registration,
  services,
  /** how two records become one person */
  matching,
  registry: registrySettings,
  identity,
  locator: locatorSettings,
  gathering,
  policy,
  tokens,
  sessions,
  limits,
  fhir,
  audit,
  administration,
  ehr,
  /** external OpenID providers that people may sign in with */
  identity_providers: identityProviders,
  /** other domains whose tokens count here, within limits */
  trusted_issuers: trustedIssuers,
  /** further FHIR servers of the domain: existing records systems behind the same guard */
  resource_servers: resourceServers,
  /** the one FHIR server that `affinity protect` puts the domain in front of */
  protect: protectedServer,
  /** RFC 7591 metadata; the authorization server says what is wrong with each */
  clients: z.array(z.record(z.string(), z.unknown())).max(10_000).default([]),
});

export type ConfigFile = z.infer<typeof file>;

/** What an operator should know of the policy's settings, though they are allowed. */
export const policyNotices = ({ policy, clients }: ConfigFile): readonly string[] => [
  ...(policy.whole_server_practitioners
    ? [
        'policy.whole_server_practitioners is true: every practitioner reaches every record that the scopes of an app name.',
      ]
    : []),
  ...(policy.managing_organization
    ? ['policy.managing_organization is true: a practitioner reaches every patient of the own organization.']
    : []),
  ...(policy.facts_seconds > 1
    ? [
        `policy.facts_seconds is ${policy.facts_seconds}: who leaves a care team is let in for up to ${policy.facts_seconds} s more; 1 s is promised.`,
      ]
    : []),
  ...clients.flatMap(({ client_id, grant_types, affinity_purposes }) =>
    Array.isArray(grant_types) && grant_types.includes('client_credentials') && affinity_purposes === undefined
      ? [
          `The service ${client_id} does not say why it asks (affinity_purposes): whoever refused any purpose is hidden from it.`,
        ]
      : [],
  ),
];

/** Adds a fault for everything that is wrong; undefined if there was any. */
export const checkFile = (given: unknown, faults: Fault[]): ConfigFile | undefined => {
  const result = file.safeParse(given);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const path = issue.path.map(String);
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        faults.push({
          setting: [...path, key].join('.'),
          given: 'a setting',
          allowed: 'nothing: there is no such setting',
        });
      }
      continue;
    }
    faults.push({ setting: path.join('.') || 'affinity.yaml', given: show(given, path), allowed: issue.message });
  }
  return undefined;
};

/** What stands at a path; never a secret. */
const show = (given: unknown, path: readonly string[]): string => {
  if (path.some((part) => /secret|password|key|credentials|database/i.test(part))) return 'a value that is not shown';
  let value = given;
  for (const part of path) {
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[part] : undefined;
  }
  const text = (JSON.stringify(value) ?? 'nothing').replace(/\/\/[^@/]*@/g, '//…@');
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
};
