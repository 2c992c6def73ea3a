/** The device for which somebody is on the way to decide, as the parameters of that way name it. RFC 8628 §3.3. */
import { revealUserCode, showUserCode } from './device-codes.ts';
import type { SigningKeys } from './signing-keys.ts';

export interface WaitingDevice {
  readonly id: string;
  /** as it is shown: `WDJB-MJHT` */
  readonly code: string;
}

/** Undefined where the request was made by an app that the person comes back to. */
export function deviceOf(
  params: Readonly<{ [name: string]: string | undefined }>,
  keys: Pick<SigningKeys, 'seal'>,
): WaitingDevice | undefined {
  const { affinity_device: id, affinity_user_code: concealed } = params;
  return id === undefined || concealed === undefined
    ? undefined
    : { id, code: showUserCode(revealUserCode(keys, concealed)) };
}
