/** A device asks for codes: one to wait with, one for a person to type elsewhere. RFC 8628 §3.1, §3.2; SMART App Launch 2.2. */
import { OAuthError } from '@affinity/core/oauth/error.ts';
import { emergency } from '@affinity/core/smart/purpose-of-use.ts';
import type pg from 'pg';
import { audienceOf, type ResourceServer } from './audience.ts';
import type { Record as RecordEvent } from './audit-recorder.ts';
import { type BackChannelNeighbours, backChannel, type Call, jsonResponse } from './back-channel.ts';
import { type Client, deviceCodeGrant } from './clients.ts';
import { addDevice, type DeviceRequest } from './device-authorizations.ts';
import { showUserCode } from './device-codes.ts';
import { purposesAsked } from './purposes.ts';
import { resolveScope } from './requested-scope.ts';
import type { Settings } from './settings.ts';
import type { SigningKeys } from './signing-keys.ts';
import { countDevice } from './throttle.ts';

export interface DeviceEndpointNeighbours extends BackChannelNeighbours {
  readonly pool: pg.Pool;
  readonly keys: Pick<SigningKeys, 'seal'>;
  readonly resourceServers: readonly ResourceServer[];
  readonly record: RecordEvent;
  now(): Date;
}

/**
 * Checked as an authorization request is.
 * @throws OAuthError naming the first fault
 */
function deviceRequestOf(
  { client, sent }: Call,
  { resourceServers, settings }: { readonly resourceServers: readonly ResourceServer[]; readonly settings: Settings },
): DeviceRequest {
  if (sent.has('launch')) throw new OAuthError('invalid_request', 'launch was not issued here');
  const resource = sent.get('resource');
  const audience = audienceOf(resourceServers, sent.get('aud'), resource === undefined ? [] : [resource]);
  if (audience.kind === 'fault') throw new OAuthError(audience.error, audience.description);
  const scope = resolveScope(sent.get('scope'), client, settings);
  if (scope.kind === 'fault') throw new OAuthError('invalid_scope', scope.description);
  const purposes = purposesAsked(sent.get('purpose_of_use'), client);
  if (purposes.kind === 'fault') throw new OAuthError('invalid_request', purposes.reason);
  if (purposes.codes.includes(emergency))
    throw new OAuthError(
      'invalid_request',
      'an emergency is declared in the app where somebody looks, not for a device',
    );
  return {
    clientId: client.id,
    scope: scope.tokens.join(' '),
    audience: audience.base,
    ...(purposes.codes.length === 0 ? {} : { purpose: purposes.codes.join(' ') }),
  };
}

const mayUseDevices = ({ grantTypes }: Client): boolean => grantTypes.includes(deviceCodeGrant);

export function createDeviceAuthorizationEndpoint(neighbours: DeviceEndpointNeighbours) {
  const { issuer, pool, keys, settings, record, now } = neighbours;
  return backChannel(neighbours, async (call): Promise<Response> => {
    const { client, address } = call;
    if (!mayUseDevices(client)) {
      throw new OAuthError('unauthorized_client', `the app is not registered for the grant_type ${deviceCodeGrant}`);
    }
    const request = deviceRequestOf(call, neighbours);
    const wait = await countDevice(pool, settings, address);
    if (wait !== undefined)
      throw new OAuthError('temporarily_unavailable', `too many devices ask: try again in ${wait} s`, { status: 429 });
    const at = now();
    const { codeSeconds, pollSeconds } = settings.device;
    const expiresAt = new Date(at.getTime() + codeSeconds * 1000);
    const { deviceCode, userCode } = await addDevice(pool, keys, request, { at, expiresAt, pollSeconds });
    await record('device-authorization', 'permitted', {
      client: client.id,
      scope: request.scope,
      method: 'POST',
      status: 200,
      ...(request.purpose === undefined ? {} : { purpose: request.purpose }),
      ...(address === undefined ? {} : { address }),
    });
    const shown = showUserCode(userCode);
    return jsonResponse({
      device_code: deviceCode,
      user_code: shown,
      verification_uri: `${issuer}/device`,
      verification_uri_complete: `${issuer}/device?${new URLSearchParams({ user_code: shown })}`,
      expires_in: codeSeconds,
      interval: pollSeconds,
    });
  });
}
