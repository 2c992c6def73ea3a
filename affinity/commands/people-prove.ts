/**
 * `affinity people prove`: who a sign-in is, and for whom it acts, on evidence that somebody looked at; and the end of that. Kept
 * for good, and in the audit log before it stands. NIST SP 800-63A §4; FHIR R4 security.html#audit.
 */
import { randomUUIDv7 } from 'node:crypto';
import { parseArgs } from 'node:util';
import { createPeople } from '@affinity/authorization-server/people.ts';
import {
  addProxy,
  bindIdentity,
  endProxy,
  evidences,
  IdentityTaken,
  type Proof,
  type ProofEvent,
  type ProxyFor,
  proofsOf,
  unbindIdentity,
  wordsOfProof,
} from '@affinity/authorization-server/proofs.ts';
import { dateRange } from '@affinity/core/fhir/date-range.ts';
import { isResourceId } from '@affinity/core/fhir/resource.ts';
import { createAuditLog } from '@affinity/store/audit-log.ts';
import { transaction } from '@affinity/store/postgres/pool.ts';
import { openDatabase } from '../database.ts';
import type { CommandInput } from './command.ts';
import { readEvidence } from './people.ts';

type Call =
  | { readonly kind: 'show'; readonly username: string }
  | { readonly kind: 'identity'; readonly username: string; readonly fhirUser: string; readonly proof: Proof }
  | { readonly kind: 'proxy'; readonly username: string; readonly proxy: ProxyFor; readonly proof: Proof }
  | {
      readonly kind: 'end';
      readonly username: string;
      /** absent: who the person is */
      readonly patient?: string;
      readonly by: string;
      readonly reason: string;
    }
  | { readonly kind: 'fault'; readonly fault: string };

const usage =
  'Usage: npx affinity people prove USERNAME --patient ID | --practitioner ID | --acts-for ID=RELATION ' +
  '[--related-person ID] [--from DATE] [--until DATE] --evidence KIND --by NAME [--note TEXT] | ' +
  'people prove USERNAME --end [--acts-for ID] --by NAME --reason TEXT | people proofs USERNAME';
const longest = 1000;

const options = Object.fromEntries(
  [
    ...['patient', 'practitioner', 'acts-for', 'related-person', 'from', 'until'],
    ...['evidence', 'by', 'note', 'reason'],
  ].map((name) => [name, { type: 'string' }] as const),
);

/** The first day counts, and so does the last. */
const readDays = (from: string | undefined, until: string | undefined): { from?: Date; until?: Date } | undefined => {
  const [first, last] = [from, until].map((text) => (text === undefined ? undefined : dateRange(text)));
  if ((from !== undefined && first === undefined) || (until !== undefined && last === undefined)) return undefined;
  if (first !== undefined && last !== undefined && first.start >= last.end) return undefined;
  return {
    ...(first === undefined ? {} : { from: new Date(first.start) }),
    ...(last === undefined ? {} : { until: new Date(last.end) }),
  };
};

const readCall = (args: readonly string[]): Call => {
  const fault = (why: string): Call => ({ kind: 'fault', fault: `${why} ${usage}`.trim() });
  try {
    const parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...options, end: { type: 'boolean' } },
    });
    const values = parsed.values as Readonly<Record<string, string | undefined>> & { readonly end?: boolean };
    const [verb, username, ...rest] = parsed.positionals;
    if (username === undefined || rest.length > 0) return fault('');
    if (verb === 'proofs')
      return Object.keys(parsed.values).length === 0 ? { kind: 'show', username } : fault('It takes a username alone.');
    const { patient, practitioner, by, note, reason, from, until } = values;
    const [actsFor, relatedPerson] = [values['acts-for'], values['related-person']];
    if (by === undefined || by.trim() === '' || by.length > 200) return fault('--by says who looked at the evidence.');
    if (values.end === true) {
      if (reason === undefined || reason.trim() === '' || reason.length > longest)
        return fault('--reason says why it ends.');
      if (patient !== undefined || practitioner !== undefined || values.evidence !== undefined) return fault('');
      if (actsFor === undefined) return { kind: 'end', username, by, reason };
      return isResourceId(actsFor) ? { kind: 'end', username, patient: actsFor, by, reason } : fault('--acts-for ID');
    }
    const evidence = readEvidence(values.evidence ?? '');
    if (evidence === undefined) return fault(`--evidence takes one of ${evidences.join(', ')}.`);
    if (note !== undefined && note.length > longest) return fault(`--note has at most ${longest} characters.`);
    if ([patient, practitioner, actsFor].filter((one) => one !== undefined).length !== 1)
      return fault('Name a patient, a practitioner, or whom they act for: one of these.');
    const proof = { evidence, by, ...(note === undefined ? {} : { note }) };
    if (actsFor === undefined) {
      const id = patient ?? practitioner ?? '';
      if (!isResourceId(id)) return fault(`"${id}" is not an id.`);
      if (from !== undefined || until !== undefined || relatedPerson !== undefined)
        return fault('--from, --until and --related-person are for those who act for somebody else.');
      return { kind: 'identity', username, fhirUser: `${patient ? 'Patient' : 'Practitioner'}/${id}`, proof };
    }
    const [id = '', relation = ''] = actsFor.split('=', 2);
    const days = readDays(from, until);
    if (!isResourceId(id) || relation === '' || relation === 'self')
      return fault('--acts-for takes ID=RELATION, such as patient-7=child.');
    if (days === undefined) return fault('--from and --until are dates, such as 2026-05-03, in this order.');
    if (relatedPerson !== undefined && !isResourceId(relatedPerson)) return fault(`"${relatedPerson}" is not an id.`);
    const resting = relatedPerson === undefined ? {} : { relatedPerson };
    return { kind: 'proxy', username, proxy: { patient: id, relation, ...days, ...resting }, proof };
  } catch (error) {
    return fault(`${error instanceof Error ? error.message : error}`);
  }
};

const dayOf = (at: Date): string => at.toISOString().slice(0, 10);
const line = ({ kind, target, at, ended, note, ...proof }: ProofEvent): string =>
  `${dayOf(at)}  ${kind} ${target}  ${wordsOfProof(proof)}${note === undefined ? '' : ` (${note})`}` +
  (ended === undefined ? '' : `; ended ${dayOf(ended.at)} by ${ended.by}: ${ended.reason}`);

export const provePeople = async ({ config, args, log, print }: CommandInput): Promise<number> => {
  const call = readCall(args);
  if (call.kind === 'fault') {
    print(call.fault);
    return 2;
  }
  const { username } = call;
  const database = await openDatabase(config, { log, join: true, onLost: (message) => log(message) });
  try {
    const person = await createPeople(database.pool).findNamed(username);
    if (person === undefined) {
      print(`There is nobody called "${username}"; nothing was changed.`);
      return 1;
    }
    const { sub, name } = person;
    if (call.kind === 'show') {
      const events = await proofsOf(database.pool, sub);
      if (events.length === 0) print(`Nothing was ever proved of ${name}.`);
      for (const event of events) print(line(event));
      return 0;
    }
    const audit = createAuditLog({ pool: database.audit });
    const at = new Date();
    const said = await transaction(database.pool, async (db): Promise<string | undefined> => {
      /** Recorded before it is committed: there is no tie, and no end of one, that nobody could read of. */
      const record = async (target: string, reason: string): Promise<void> =>
        audit.append({
          id: randomUUIDv7(),
          recorded: at.toISOString(),
          source: 'command-line',
          event: 'identity-linked',
          outcome: 'permitted',
          user: sub,
          issuer: `${config.origin}/auth`,
          base: config.origin,
          ...(target.startsWith('Patient/') ? { patient: target.slice('Patient/'.length) } : {}),
          target,
          reason,
        });
      switch (call.kind) {
        case 'identity': {
          if ((await bindIdentity(db, sub, call.fhirUser, { ...call.proof, at })) !== 'bound') return undefined;
          await record(call.fhirUser, wordsOfProof(call.proof));
          return `${name} is ${call.fhirUser}.`;
        }
        case 'proxy': {
          await addProxy(db, sub, call.proxy, { ...call.proof, at });
          await record(`Patient/${call.proxy.patient}`, `may act for them: ${wordsOfProof(call.proof)}`);
          return `${name} acts for Patient/${call.proxy.patient}.`;
        }
        case 'end': {
          const ending = { by: call.by, reason: call.reason, at };
          const target =
            call.patient === undefined
              ? await unbindIdentity(db, sub, ending)
              : (await endProxy(db, sub, call.patient, ending)) && `Patient/${call.patient}`;
          if (!target) return undefined;
          await record(target, `ended by ${call.by}`);
          return call.patient === undefined
            ? `${name} is nobody of the records any more.`
            : `${name} does not act for ${target} any more.`;
        }
      }
    });
    print(
      said ??
        'Nothing was changed: it is not so, or this sign-in is somebody else’s by an earlier proof. End that first.',
    );
    return said === undefined ? 1 : 0;
  } catch (error) {
    if (!(error instanceof IdentityTaken)) throw error;
    print(`${error.message} Nothing was changed.`);
    return 1;
  } finally {
    await database.close();
  }
};
