/** `affinity explain`: how a request of a person, an app and a purpose would be decided, rule by rule, without executing it. */
import { parseArgs } from 'node:util';
import { openDatabase } from '../database.ts';
import { openExplanations } from '../explanation-store.ts';
import { printExplanation } from '../explanation-text.ts';
import { isInFrontOfServer } from '../home.ts';
import type { ExplanationCall } from '../supposed-caller.ts';
import type { CommandInput } from './command.ts';

const usage =
  'Usage: npx affinity explain --client CLIENT_ID [--person USERNAME] [--patient ID] [--scope "…"] [--grant ID] ' +
  '[--purpose CODE] [--clearance N|R|V] [--record Type/ID] [--json] METHOD "/fhir/…"';

type Call =
  | { readonly kind: 'explain'; readonly call: ExplanationCall; readonly json: boolean }
  | { readonly kind: 'fault'; readonly fault: string };

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);
const text = { type: 'string' } as const;

const readCall = (args: readonly string[]): Call => {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        person: text,
        client: text,
        patient: text,
        scope: text,
        grant: text,
        purpose: text,
        clearance: text,
        record: text,
        json: { type: 'boolean' },
      },
    });
    const [method = '', url, ...rest] = positionals;
    if (url === undefined || rest.length > 0) return { kind: 'fault', fault: usage };
    if (!methods.has(method.toUpperCase())) return { kind: 'fault', fault: `"${method}" is no method. ${usage}` };
    const { client, json = false, ...others } = values;
    if (client === undefined) return { kind: 'fault', fault: `--client is missing. ${usage}` };
    return { kind: 'explain', call: { client, ...others, method, url }, json };
  } catch (error) {
    return { kind: 'fault', fault: `${error instanceof Error ? error.message : error}\n${usage}` };
  }
};

export const explain = async ({ config, args, log, print }: CommandInput): Promise<number> => {
  const read = readCall(args);
  if (read.kind === 'fault') {
    print(read.fault);
    return 2;
  }
  const database = await openDatabase(config, { log, join: true, onLost: (message) => log(message) });
  try {
    if (await isInFrontOfServer(database.pool)) {
      print('The records of this domain are those of an existing server: ask at /admin, where it runs.');
      return 1;
    }
    const explaining = await openExplanations({ config, database, log });
    const result = await explaining(read.call, { source: 'command-line' });
    if (result.kind === 'refused') {
      print(result.why);
      return 1;
    }
    const { explanation, notes } = result;
    print(read.json ? JSON.stringify({ ...explanation, notes }, null, 2) : printExplanation(explanation, notes));
    return 0;
  } finally {
    await database.close();
  }
};
