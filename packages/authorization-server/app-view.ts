/** The app as a page shows it. RFC 7591 §2: every text of it is the app's own word. RFC 8628 §5.4. */
import type { Client } from './clients.ts';

/** The app that asks. Every text of it is the app's own word and must be escaped. */
export interface AppView {
  readonly clientId: string;
  readonly name: string;
  readonly publisher?: string;
  /** host that the person is sent back to, such as `localhost:4000` */
  readonly returnsTo?: string;
  /** in its place: the code that a device shows which waits for the answer, such as `WDJB-MJHT` */
  readonly device?: string;
  readonly homepage?: string;
  readonly policy?: string;
  /** it has registered itself, and nobody has looked at it */
  readonly unchecked?: boolean;
}

/** Host of the address that the person is sent back to, or its scheme where it has no host. */
export function returnHost(redirectUri: string): string {
  const { host, protocol } = new URL(redirectUri);
  return host === '' ? protocol.replace(':', '') : host;
}

export function appView(client: Client, where: Pick<AppView, 'returnsTo' | 'device'>): AppView {
  const { publisher, client_uri: homepage, policy_uri: policy } = client.metadata;
  return {
    clientId: client.id,
    name: client.name,
    ...where,
    ...(publisher === undefined ? {} : { publisher }),
    ...(client.registered === 'pending' ? { unchecked: true } : {}),
    ...(homepage === undefined ? {} : { homepage }),
    ...(policy === undefined ? {} : { policy }),
  };
}
