/** What is printed when the domain is ready: the addresses, the sample apps and the sample sign-ins. */
import type { Config } from './config.ts';
import type { SamplePerson } from './demo/people.ts';

export interface Ready {
  readonly addresses: readonly { readonly label: string; readonly url: string }[];
  readonly apps: readonly { readonly name: string; readonly url: string }[];
  /** the sample people of the demonstration domain; none elsewhere */
  readonly samplePeople: readonly SamplePerson[];
  /** nobody can sign in yet */
  readonly locked: boolean;
}

export const describeReady = (config: Config, ready: Ready, database: string): string => {
  const row = (label: string, text: string): string => `  ${label.padEnd(22)} ${text}`;
  const lines = ['', `Affinity is ready: ${config.origin}/`, ''];
  for (const { label, url } of ready.addresses) lines.push(row(label, url));
  for (const { name, url } of ready.apps) lines.push(row(`Sample app ${name}`, url));
  lines.push(row('Records are kept in', database));
  if (ready.samplePeople.length > 0) {
    lines.push('', 'Sample people (only in this demonstration):', '');
    for (const { name, username, password } of ready.samplePeople) lines.push(row(name, `${username} / ${password}`));
  }
  if (ready.locked) {
    lines.push('', 'This domain is empty and locked: nobody can sign in yet. Add the first administrator with');
    lines.push('  npx affinity people add USERNAME --name "NAME" --administrator');
  }
  lines.push('', 'Press Ctrl-C to stop.', '');
  return lines.join('\n');
};
