/** What holds of a registered app's metadata while nobody vouches for it: less than it asked for. RFC 7591 §3.2.1; H04. */
import { parseResourceScope } from '@affinity/core/smart/scope.ts';
import type { RegistrableMetadata } from './registrable-metadata.ts';

export type Standing = 'pending' | 'listed';

/** The most that an app may ask a person for that nobody has looked at, where it says nothing itself. */
const pendingScope = 'openid fhirUser profile launch/patient patient/*.cruds';

/** Of its own words only those that say what it is: no picture, nothing that we would call or send people to by ourselves. */
const pendingMembers = new Set([
  'redirect_uris',
  'token_endpoint_auth_method',
  'token_endpoint_auth_signing_alg',
  'id_token_signed_response_alg',
  'response_types',
  'application_type',
  'client_name',
  'client_uri',
  'policy_uri',
  'tos_uri',
  'contacts',
  'jwks',
  'jwks_uri',
  'software_id',
  'software_version',
  'id_token_signed_response_alg',
  'dpop_bound_access_tokens',
  'require_pushed_authorization_requests',
]);

/** A person's own record, and who the person is: nothing of a whole practice, nothing that goes on without them. */
function mayPendingAsk(token: string): boolean {
  const resource = parseResourceScope(token);
  if (resource.kind === 'scope') return resource.scope.compartment === 'patient';
  return ['openid', 'fhirUser', 'profile'].includes(token) || /^launch\/[a-z]/.test(token);
}

export function effectiveMetadata(metadata: RegistrableMetadata, standing: Standing): RegistrableMetadata {
  if (standing === 'listed') return metadata;
  const scope = (metadata.scope ?? pendingScope).split(' ').filter(mayPendingAsk).join(' ');
  const own = Object.entries(metadata).filter(([name]) => pendingMembers.has(name));
  return {
    ...Object.fromEntries(own),
    grant_types: (metadata.grant_types ?? []).filter((type) => type === 'authorization_code'),
    scope,
  };
}
