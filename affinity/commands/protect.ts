/**
 * `affinity protect URL`: an authorization server and the guard in front of an existing FHIR R4 server. What is said on the command
 * line is what `affinity.yaml` says under `protect:`. docs/guides/protect-an-existing-server.md.
 */
import { parseArgs } from 'node:util';
import type { CommandInput, CommandSettings } from './command.ts';

export const protectUsage =
  'protect URL [--header "NAME: VALUE" | --basic USER:PASSWORD | --client-id ID --client-secret SECRET --token-url URL\n' +
  '      | --backend-services --client-id ID] [--scope "…"] [--cert FILE --key FILE] [--ca FILE] [--title TEXT] [--port N]\n' +
  '      [--data DIRECTORY] [--read-only] [--cleartext] [--sample-app]';

/** Of a variable of its own, which only this process knows: a secret stands in no setting. */
const given = 'AFFINITY_PROTECT_SECRET';

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const options = {
  header: text,
  basic: text,
  'client-id': text,
  'client-secret': text,
  'token-url': text,
  'backend-services': flag,
  scope: text,
  cert: text,
  key: text,
  ca: text,
  title: text,
  port: text,
  data: text,
  'read-only': flag,
  cleartext: flag,
  'sample-app': flag,
} as const;
type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

class CallFault extends Error {}
const refuse = (why: string): never => {
  throw new CallFault(why);
};

/** `env:NAME` and `file:PATH` name where a secret is; anything else is the secret, which other users of the machine may see. */
const secretOf = (value: string): { readonly setting: object; readonly env: Readonly<Record<string, string>> } => {
  const [, where, rest = ''] = /^(env|file):(.+)$/s.exec(value) ?? [];
  return where === undefined
    ? { setting: { env: given }, env: { [given]: value } }
    : { setting: { [where]: rest }, env: {} };
};

/** Name and value of `NAME: VALUE`, or `NAME:VALUE`. */
const halves = (value: string, option: string): readonly [string, string] => {
  const at = value.indexOf(':');
  return at < 1
    ? refuse(`--${option} is a name and a value with a colon between.`)
    : [value.slice(0, at).trim(), value.slice(at + 1).trim()];
};

const credentialsOf = (
  values: Values,
): { readonly setting: object; readonly env: Readonly<Record<string, string>> } => {
  const { header, basic, 'client-id': client_id, 'client-secret': secret, 'token-url': token_endpoint, scope } = values;
  const ways = [header, basic, secret, values['backend-services']].filter((way) => way !== undefined);
  if (ways.length > 1) refuse('One way to prove who asks: --header, --basic, --client-secret or --backend-services.');
  const common = {
    client_id,
    ...(token_endpoint === undefined ? {} : { token_endpoint }),
    ...(scope === undefined ? {} : { scope }),
  };
  if (header !== undefined) {
    const [name, value] = halves(header, 'header');
    const { setting, env } = secretOf(value);
    return { setting: { kind: 'header', name, value: setting }, env };
  }
  if (basic !== undefined) {
    const [username, value] = halves(basic, 'basic');
    const { setting, env } = secretOf(value);
    return { setting: { kind: 'basic', username, password: setting }, env };
  }
  if (secret !== undefined) {
    if (client_id === undefined || token_endpoint === undefined)
      refuse('--client-secret needs --client-id and --token-url.');
    const { setting, env } = secretOf(secret);
    return { setting: { kind: 'client-credentials', ...common, client_secret: setting }, env };
  }
  if (values['backend-services'] === true) {
    if (client_id === undefined) refuse('--backend-services needs --client-id.');
    return { setting: { kind: 'backend-services', ...common }, env: {} };
  }
  if (client_id !== undefined || token_endpoint !== undefined || scope !== undefined)
    refuse('--client-id, --token-url and --scope go with --client-secret or --backend-services.');
  return { setting: { kind: 'none' }, env: {} };
};

/** Without a URL what stands in affinity.yaml holds. */
export const protectSettings = (args: readonly string[]): CommandSettings => {
  try {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    const [url, ...rest] = positionals;
    if (rest.length > 0) refuse('Name one server.');
    const { port, data } = values;
    const place = {
      ...(port === undefined ? {} : { AFFINITY_PORT: port }),
      ...(data === undefined ? {} : { AFFINITY_DATA: data }),
    };
    if (url === undefined) {
      const other = Object.keys(values).filter((name) => name !== 'port' && name !== 'data');
      if (other.length > 0) refuse('Name the base of a FHIR server first.');
      return { kind: 'settings', env: place };
    }
    const { setting: credentials, env } = credentialsOf(values);
    const tls = { certificate: values.cert, key: values.key, authorities: values.ca };
    const named = Object.fromEntries(Object.entries(tls).filter(([, path]) => path !== undefined));
    return {
      kind: 'settings',
      env: { ...env, ...place },
      protect: {
        url,
        credentials,
        ...(Object.keys(named).length === 0 ? {} : { tls: named }),
        ...(values.title === undefined ? {} : { title: values.title }),
        ...(values['read-only'] === true ? { read_only: true } : {}),
        ...(values.cleartext === true ? { cleartext: true } : {}),
        ...(values['sample-app'] === true ? { sample_app: true } : {}),
      },
    };
  } catch (error) {
    return {
      kind: 'fault',
      fault: `${error instanceof Error ? error.message : error}\nUsage: npx affinity ${protectUsage}`,
    };
  }
};

export const protect = async (input: CommandInput): Promise<number> => {
  if (input.config.protect === undefined) {
    input.print(
      `Name the base of a FHIR server, or say it in affinity.yaml under protect:.\nUsage: npx affinity ${protectUsage}`,
    );
    return 2;
  }
  return (await import('./start.ts')).start(input);
};
