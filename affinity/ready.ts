/** What is printed when the domain is ready: the addresses, the sample apps and the sample sign-ins. */
import type { Config } from './config.ts';
import type { SamplePerson } from './demo/people.ts';
import { protectedName } from './home.ts';
import { upstreamKeyUrl } from './upstream-key.ts';

export interface Ready {
  readonly addresses: readonly { readonly label: string; readonly url: string }[];
  readonly apps: readonly { readonly name: string; readonly url: string }[];
  /** the sample people of the demonstration domain; none elsewhere */
  readonly samplePeople: readonly SamplePerson[];
  /** how foreign systems do, by name */
  readonly upstreams: () => Readonly<Record<string, string>>;
  /** nobody can sign in yet */
  readonly locked: boolean;
}

export const describeReady = (config: Config, ready: Ready, database: string): string => {
  const row = (label: string, text: string): string => `  ${label.padEnd(22)} ${text}`;
  const lines = ['', `Affinity is ready: ${config.origin}/`, ''];
  for (const { label, url } of ready.addresses) lines.push(row(label, url));
  for (const { name, url } of ready.apps) lines.push(row(`Sample app ${name}`, url));
  lines.push(row(config.protect === undefined ? 'Records are kept in' : 'Consents are kept in', database));
  if (ready.samplePeople.length > 0) {
    lines.push('', 'Sample people (only in this demonstration):', '');
    for (const { name, username, password } of ready.samplePeople) lines.push(row(name, `${username} / ${password}`));
  }
  const { protect } = config;
  if (protect !== undefined) {
    const state = ready.upstreams().protected === 'up' ? 'It answers.' : 'It does not answer yet; it is asked again.';
    lines.push('', `In front of the FHIR server that you named, at /fhir. ${state}`, '', 'What to do next:');
    lines.push('  npx affinity people add USERNAME --name "NAME" --patient ID        somebody with a record there');
    lines.push('  npx affinity people add USERNAME --name "NAME" --practitioner ID   somebody who works there');
    lines.push('      (reads a password from standard input)');
    lines.push(
      protect.sampleApp
        ? '  open the sample app above and sign in'
        : '  declare apps in affinity.yaml under clients:, or start with --sample-app to try it',
    );
    if (protect.upstream.credentials.kind === 'own-key')
      lines.push(`  register our key at its authorization server: ${upstreamKeyUrl(config.origin, protectedName)}`);
    lines.push('  docs/guides/protect-an-existing-server.md tells the rest');
  } else if (ready.locked) {
    lines.push('', 'This domain is empty and locked: nobody can sign in yet. Add the first administrator with');
    lines.push('  npx affinity people add USERNAME --name "NAME" --administrator');
  }
  lines.push('', 'Press Ctrl-C to stop.', '');
  return lines.join('\n');
};
