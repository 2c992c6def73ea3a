/** `affinity people add`: somebody who may sign in. The password comes from standard input, never from the arguments. */
import { randomUUIDv7 } from 'node:crypto';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { type ActsFor, createPeople, type Privilege, privileges } from '@affinity/authorization-server/people.ts';
import {
  type Evidence,
  evidences,
  IdentityTaken,
  type Proof,
  wordsOfProof,
} from '@affinity/authorization-server/proofs.ts';
import { isResourceId } from '@affinity/core/fhir/resource.ts';
import { createAuditLog } from '@affinity/store/audit-log.ts';
import { openDatabase } from '../database.ts';
import type { CommandInput } from './command.ts';

const leastPassword = 12;

export const people = async ({ config, args, log, print }: CommandInput): Promise<number> => {
  const call = readCall(args);
  if (call.kind === 'fault') {
    print(call.fault);
    return 2;
  }
  const password = await readPassword();
  if (password.length < leastPassword) {
    print(`The password has ${password.length} characters; at least ${leastPassword} are needed.`);
    return 2;
  }
  const database = await openDatabase(config, { log, join: true, onLost: (message) => log(message) });
  try {
    const { username, name, own, practitioner, others, held, proof } = call;
    const fhirUser = own !== undefined ? `Patient/${own}` : practitioner && `Practitioner/${practitioner}`;
    const { added, sub } = await createPeople(database.pool).add({
      username,
      name,
      password,
      proof,
      ...Object.fromEntries(held.map((privilege) => [privilege, true])),
      ...(fhirUser === undefined ? {} : { fhirUser }),
      patients: [...(own === undefined ? [] : [{ patient: own, relation: 'self' }]), ...others],
    });
    if (!added) {
      print(`There is somebody called "${username}" already; nothing was changed.`);
      return 1;
    }
    const tied = [...(fhirUser === undefined ? [] : [fhirUser]), ...others.map(({ patient }) => `Patient/${patient}`)];
    const audit = createAuditLog({ pool: database.pool });
    const common = {
      recorded: new Date().toISOString(),
      source: 'command-line',
      outcome: 'permitted',
      user: sub,
      issuer: `${config.origin}/auth`,
      base: config.origin,
    } as const;
    for (const target of tied) {
      const patient = target.startsWith('Patient/') ? { patient: target.slice('Patient/'.length) } : {};
      const reason = wordsOfProof(proof);
      await audit.append({ ...common, id: randomUUIDv7(), event: 'identity-linked', target, ...patient, reason });
    }
    if (held.length > 0)
      await audit.append({ ...common, id: randomUUIDv7(), event: 'role-changed', reason: held.join(' ') });
    const also = held.map((privilege) => `, and ${words[privilege]}`).join('');
    print(`${name} may sign in as "${username}"${also}.`);
    return 0;
  } catch (error) {
    if (!(error instanceof IdentityTaken)) throw error;
    print(`${error.message} Nothing was changed.`);
    return 1;
  } finally {
    await database.close();
  }
};

type Call =
  | {
      readonly kind: 'add';
      readonly username: string;
      readonly name: string;
      /** the Patient that this person is */
      readonly own: string | undefined;
      /** the Practitioner that this person is */
      readonly practitioner: string | undefined;
      /** those for whom this person may act */
      readonly others: readonly ActsFor[];
      readonly held: readonly Privilege[];
      readonly proof: Proof;
    }
  | { readonly kind: 'fault'; readonly fault: string };

const usage =
  'Usage: npx affinity people add USERNAME --name NAME [--patient ID | --practitioner ID] [--acts-for ID=RELATION]… ' +
  `[--evidence ${evidences.join('|')}] [--proved-by NAME] ` +
  privileges.map((privilege) => `[--${privilege}]`).join(' ');

const words: Readonly<Record<Privilege, string>> = {
  administrator: 'is an administrator of this domain',
  auditor: 'may read its audit log',
  emergency: 'may declare an emergency',
  relabel: 'may change how confidential a record is',
  steward: 'may decide whether two records are one person’s',
  publisher: 'may write and publish the definitions of the registry',
};

const readCall = (args: readonly string[]): Call => {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        name: { type: 'string' },
        patient: { type: 'string' },
        practitioner: { type: 'string' },
        'acts-for': { type: 'string', multiple: true },
        administrator: { type: 'boolean' },
        auditor: { type: 'boolean' },
        emergency: { type: 'boolean' },
        relabel: { type: 'boolean' },
        steward: { type: 'boolean' },
        publisher: { type: 'boolean' },
        evidence: { type: 'string' },
        'proved-by': { type: 'string' },
      },
    });
    const [verb, username, ...rest] = positionals;
    const { patient: own, practitioner } = values;
    const others = (values['acts-for'] ?? []).map(readActsFor);
    const wrong = [...(own === undefined ? [] : [own]), ...others.map(({ patient }) => patient)].find(
      (id) => !isResourceId(id),
    );
    if (wrong !== undefined) return { kind: 'fault', fault: `"${wrong}" is not the id of a Patient.` };
    if (practitioner !== undefined && !isResourceId(practitioner))
      return { kind: 'fault', fault: `"${practitioner}" is not the id of a Practitioner.` };
    if (own !== undefined && practitioner !== undefined)
      return { kind: 'fault', fault: `Somebody is a Patient or a Practitioner, and may act for others. ${usage}` };
    if (values.emergency === true && practitioner === undefined)
      return { kind: 'fault', fault: `--emergency is for practitioners: --practitioner is missing. ${usage}` };
    if (others.some(({ relation }) => relation === '')) {
      return { kind: 'fault', fault: `--acts-for takes ID=RELATION, such as patient-7=child. ${usage}` };
    }
    if (verb !== 'add' || username === undefined || rest.length > 0) return { kind: 'fault', fault: usage };
    if (values.name === undefined || values.name === '') return { kind: 'fault', fault: `--name is missing. ${usage}` };
    const held = privileges.filter((privilege) => values[privilege] === true);
    const evidence = readEvidence(values.evidence ?? 'declared');
    if (evidence === undefined)
      return { kind: 'fault', fault: `--evidence takes one of ${evidences.join(', ')}. ${usage}` };
    const proof = { evidence, by: values['proved-by'] ?? 'operator' };
    return { kind: 'add', username, name: values.name, own, practitioner, others, held, proof };
  } catch (error) {
    return { kind: 'fault', fault: `${error instanceof Error ? error.message : error}\n${usage}` };
  }
};

export const readEvidence = (text: string): Evidence | undefined => evidences.find((one) => one === text);

/** `patient-7=child` */
const readActsFor = (text: string): ActsFor => {
  const [patient = '', relation = ''] = text.split('=', 2);
  return { patient, relation };
};

/** The first line of standard input; on a terminal it is asked for, and what is typed is not shown. */
const readPassword = async (): Promise<string> => {
  const { stdin, stderr } = process;
  if (stdin.isTTY) stderr.write('Password (at least 12 characters; not shown): ');
  const lines = createInterface({ input: stdin, ...(stdin.isTTY ? { terminal: true, output: undefined } : {}) });
  try {
    for await (const line of lines) return line;
    return '';
  } finally {
    lines.close();
    if (stdin.isTTY) stderr.write('\n');
  }
};
