/** External OpenID providers in `affinity.yaml`: what may be said of each, and what the authorization server is told. OIDC Core 1.0 §3.1.2. */
import type { IdentityProvider } from '@affinity/authorization-server/federation.ts';
import type { JWK } from 'jose';
import { z } from 'zod';

const secureOrLoopback = (text: string): boolean => {
  const url = URL.parse(text);
  if (url === null || url.search !== '' || url.hash !== '' || url.username !== '') return false;
  return url.protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
};

const provider = z
  .strictObject({
    /** in the redirect URI that is registered there: {origin}/auth/federation/{id}/callback */
    id: z.string().regex(/^[a-z0-9-]{1,40}$/, { message: '1 to 40 of a-z, 0-9 and -' }),
    /** as people know it */
    name: z.string().trim().min(1).max(60),
    issuer: z.string().max(500).refine(secureOrLoopback, { message: 'an https URL without query or fragment' }),
    client_id: z.string().min(1).max(500),
    client_secret: z.string().min(1).max(1000).optional(),
    token_endpoint_auth_method: z.enum(['client_secret_basic', 'client_secret_post']).default('client_secret_basic'),
    /** a private JWK with `alg`, for private_key_jwt */
    private_key: z.looseObject({ kty: z.string(), alg: z.string() }).optional(),
    scope: z
      .string()
      .max(500)
      .refine((scope) => scope.split(' ').includes('openid'), { message: 'scopes with openid among them' })
      .default('openid profile'),
    /** further parameters of its authorization endpoint */
    parameters: z.record(z.string().max(100), z.string().max(1000)).default({}),
    /** values of its `acr` that stand for two factors */
    multi_factor_acr_values: z.array(z.string().min(1).max(200)).max(20).default([]),
  })
  .refine(({ client_secret, private_key }) => (client_secret === undefined) !== (private_key === undefined), {
    message: 'one of client_secret and private_key',
    // Told there, where nothing of what was given is shown.
    path: ['client_secret'],
  });

export const identityProviders = z
  .array(provider)
  .max(20)
  .superRefine((all, context) => {
    for (const [index, { id }] of all.entries()) {
      if (all.findIndex((one) => one.id === id) < index)
        context.addIssue({ code: 'custom', path: [index, 'id'], message: 'each id once' });
    }
  })
  .default([]);

type Setting = z.infer<typeof provider>;

const credentialOf = (setting: Setting): IdentityProvider['credential'] =>
  setting.client_secret === undefined
    ? { kind: 'key', jwk: setting.private_key as JWK }
    : { kind: 'secret', secret: setting.client_secret, method: setting.token_endpoint_auth_method };

export const identityProvidersOf = (settings: readonly Setting[]): readonly IdentityProvider[] =>
  settings.map((setting) => ({
    id: setting.id,
    name: setting.name,
    issuer: setting.issuer,
    clientId: setting.client_id,
    credential: credentialOf(setting),
    scope: setting.scope,
    parameters: setting.parameters,
    multiFactor: setting.multi_factor_acr_values,
  }));
