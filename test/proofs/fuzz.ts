/**
 * Any request gets an answer that is not our fault: no 5xx, no crash, and nothing told of SQL, stack, file or host. Each
 * is sent through guard and store on real PostgreSQL.
 */
import assert from 'node:assert/strict';
import { openClinic, patientClaims, sending } from '../clinic/clinic.ts';
import { createDice } from './dice.ts';
import { arbitraryRequest, type FuzzRequest } from './fuzz-request.ts';

export interface FuzzFigures {
  readonly requests: number;
  /** answers by status */
  readonly statuses: Readonly<Record<string, number>>;
}

const leaks = [
  /\bselect\b.+\bfrom\b/i,
  /\bsyntax error\b/i,
  /\bpg_|postgres|SQLSTATE|relation "/i,
  /\n\s+at |node:internal|\.ts:\d|\.js:\d/,
  /127\.0\.0\.1|ECONNREFUSED/,
  /TypeError|RangeError|undefined is not|Cannot read/,
];

const shown = (request: FuzzRequest): string => JSON.stringify(request).slice(0, 2_000);

/** @param url of a migrated database that may be filled with junk */
export const proveFuzz = async (
  url: string,
  count: number,
  seed: number,
  report: (text: string) => void = () => {},
): Promise<FuzzFigures> => {
  const faults: unknown[] = [];
  const note = (error: unknown): void => void faults.push(error);
  process.on('unhandledRejection', note);
  process.on('uncaughtException', note);
  const clinic = await openClinic(url, { updateCreate: true });
  try {
    const service = await clinic.token();
    const own = await clinic.token(patientClaims('a'));
    const laboratory = await clinic.token(patientClaims('a', 'patient/Observation.rs?category=laboratory'));
    const valid = Array.from({ length: 8 }, (_, index) => (index < 6 ? service : own));
    const tokens = [...valid, laboratory, 'not-a-token', undefined];
    for (const id of ['a', 'b'])
      await clinic.send(`/Patient/${id}`, service, sending('PUT', { resourceType: 'Patient', id }));
    const statuses: Record<string, number> = {};
    const dice = createDice(seed);
    let sent = 0;
    const worker = async (): Promise<void> => {
      while (sent < count) {
        sent += 1;
        if (sent % 20_000 === 0) report(`${sent} requests`);
        const request = arbitraryRequest(dice);
        const headers = new Headers();
        for (const [name, value] of request.headers) headers.set(name, value);
        const init = { method: request.method, headers, ...(request.body === undefined ? {} : { body: request.body }) };
        const response = await clinic.send(request.path, dice.one(tokens), init);
        const text = await response.text();
        statuses[response.status] = (statuses[response.status] ?? 0) + 1;
        assert.ok(
          response.status < 500,
          `${response.status} to ${shown(request)}: ${text}\n${clinic.log.slice(-3).join('\n')}`,
        );
        if (response.status < 400) continue;
        const leak = leaks.find((pattern) => pattern.test(text));
        assert.equal(leak, undefined, `${shown(request)} is answered with ${text}`);
        if (request.method !== 'HEAD') assert.match(text, /OperationOutcome/, `${shown(request)}: ${text}`);
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    assert.deepEqual(faults, []);
    return { requests: sent, statuses };
  } finally {
    process.off('unhandledRejection', note);
    process.off('uncaughtException', note);
    await clinic.close();
  }
};
