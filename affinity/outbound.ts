/** What URLs that stand in the settings may reach beside the public Internet. URLs that others give never reach more. */
import type { Permissions } from '@affinity/outbound/outbound-url.ts';
import type { Config } from './config.ts';

const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);

/** A domain that is itself on the loopback interface has its apps there too: the demonstration, and whoever tries it. */
export const outboundPermissions = ({ origin, file }: Pick<Config, 'origin' | 'file'>): Permissions => ({
  dangerouslyAllowLoopback: loopback.has(new URL(origin).hostname),
  dangerouslyAllowHosts: file.outbound.private_hosts,
});
