/** `trusted_issuers` of affinity.yaml: other domains whose tokens count here, and within which limits. docs/decisions/0039-trusted-issuers.md. */
import { keyFaults } from '@affinity/authorization-server/key-set.ts';
import { isResourceId } from '@affinity/core/fhir/resource.ts';
import { emergency, purposesOfUse } from '@affinity/core/smart/purpose-of-use.ts';
import { parseResourceScope } from '@affinity/core/smart/scope.ts';
import { readOutboundUrl } from '@affinity/outbound/outbound-url.ts';
import { z } from 'zod';

const dangerouslyAllowLoopback = true;

/** `iss` is compared by its characters, so it is written as it comes. OpenID Connect Discovery 1.0 §3. */
const isIssuer = (text: string): boolean =>
  readOutboundUrl(text, { dangerouslyAllowLoopback }).kind === 'url' && !text.includes('?');

/** Where it may lie is asked again when it is fetched: private names are a setting of their own. */
const isAddress = (text: string): boolean => {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '' || url.hash !== '') return false;
  return url.protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
};

const isCeiling = (text: string): boolean => {
  const parsed = parseResourceScope(text);
  return parsed.kind === 'scope' && parsed.scope.compartment !== 'user';
};

const isReference = (text: string): boolean => {
  const [type = '', id = '', ...rest] = text.split('/');
  return ['Patient', 'Group', 'Organization'].includes(type) && isResourceId(id) && rest.length === 0;
};

const trusted = z
  .strictObject({
    issuer: z.string().max(500).refine(isIssuer, { message: 'an https URL without query or fragment' }),
    /** its public keys: where they are, or themselves */
    jwks_uri: z.string().max(2000).refine(isAddress, { message: 'an https URL' }).optional(),
    jwks: z
      .looseObject({ keys: z.array(z.record(z.string(), z.unknown())) })
      .refine((jwks) => keyFaults(jwks).length === 0, { message: 'public keys (RSA, EC), each with a kid of its own' })
      .optional(),
    /** names of the resource servers at which its tokens count */
    servers: z.array(z.string().min(1).max(60)).min(1).max(100),
    /** the most that its tokens give */
    scopes: z
      .array(z.string().max(500).refine(isCeiling, { message: 'patient/… and system/… scopes of SMART' }))
      .min(1)
      .max(300),
    /** absent: each of its clients */
    clients: z.array(z.string().min(1).max(500)).min(1).max(1000).optional(),
    /** from `iat` to `exp` */
    most_seconds: z.int().min(1).max(3600).default(300),
    purposes: z
      .array(
        z.string().refine((code) => purposesOfUse.includes(code) && code !== emergency, {
          message: 'codes of PurposeOfUse, without that of an emergency',
        }),
      )
      .max(100)
      .default([]),
    /** systems of identifiers by which it may name a patient */
    identifier_systems: z.array(z.string().min(1).max(256)).max(100).default([]),
    /** what its services reach by `system/` scopes: everything, or references of the clinic */
    records: z
      .union([
        z.literal('all'),
        z.array(z.string().refine(isReference, { message: 'Patient/…, Group/… or Organization/…' })).max(1000),
      ])
      .default([]),
    /** how long its keys are kept at most, and how often they are asked for at most */
    keys_seconds: z.int().min(1).max(86_400).default(600),
    keys_again_seconds: z.int().min(1).max(600).default(10),
  })
  .refine(({ jwks, jwks_uri }) => (jwks === undefined) !== (jwks_uri === undefined), {
    message: 'one of jwks_uri and jwks',
    path: ['jwks_uri'],
  });

export type TrustedIssuer = z.infer<typeof trusted>;

export const trustedIssuers = z
  .array(trusted)
  .max(100)
  .superRefine((all, context) => {
    for (const [index, { issuer }] of all.entries())
      if (all.findIndex((one) => one.issuer === issuer) < index)
        context.addIssue({ code: 'custom', path: [index, 'issuer'], message: 'each issuer once' });
  })
  .default([]);
