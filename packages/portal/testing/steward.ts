/** A queue as the composition would give it, in memory, for tests and for looking at the stewards' pages. */
import { createPortal, type Portal } from '../portal.ts';
import type { CaseView, RecordView, Steward } from '../steward/steward.ts';
import { neighbours } from './views.ts';

export const stella = 'user-stella';

const facts: RecordView['facts'] = {
  name: ['Ana Maria Ribeiro', 'Ana Lindqvist'],
  birthDate: ['1984-02-11'],
  gender: ['female'],
  address: ['12 Mill Lane 01060 Northampton'],
  telecom: ['413-555-0101'],
  identifier: ['1000001', 'M20000001'],
};
export const ofClinic: RecordView = { record: 'r1', person: 'p1', source: 'Clinic', id: 'patient-0001', facts };
export const ofHospital: RecordView = {
  record: 'r2',
  person: 'p2',
  source: 'St. Elisabeth Hospital',
  id: '0047113',
  facts: {
    ...facts,
    name: ['Anna Ribeiro'],
    address: ['9 Orchard Row 01060 Northampton'],
    telecom: [],
    identifier: ['9'],
  },
};

export const possible = (more: Partial<CaseView> = {}): CaseView => ({
  id: '7',
  one: ofClinic,
  other: ofHospital,
  score: 0.81,
  raisedAt: new Date('2026-11-23T09:00:00Z'),
  state: 'waiting',
  ...more,
});

export interface StewardDouble {
  readonly steward: Steward;
  /** what was done, in order, each as it would stand in the log */
  readonly done: string[];
  readonly stewards: Map<string, string>;
}

export const createStewardDouble = (more: Partial<Steward> = {}): StewardDouble => {
  const done: string[] = [];
  const stewards = new Map([[stella, 'Stella Brandt']]);
  const state: { case: CaseView } = { case: possible() };
  const steward: Steward = {
    signIn: {
      begin: async () => ({ kind: 'redirect', url: 'http://localhost:4000/auth/authorize?state=s', pending: 'p-1' }),
      complete: async (url, pending) => {
        const user = new URL(url).searchParams.get('code');
        return pending === 'p-1' && user !== null ? { kind: 'ready', user } : { kind: 'failed' };
      },
    },
    steward: async (user) => stewards.get(user),
    note: async (event, user) => void done.push(`${event} ${user}`),
    queue: async () => {
      const cases = state.case.state === 'waiting' ? [state.case] : [];
      return { total: cases.length, cases };
    },
    findCase: async (id) => (id === state.case.id ? state.case : undefined),
    findPerson: async (id) =>
      id === 'p1'
        ? {
            id,
            records: [ofClinic, ofHospital],
            history: [
              {
                event: '1',
                kind: 'link',
                at: new Date('2026-11-23T09:00:00Z'),
                by: 'Stella Brandt',
                why: 'Called her.',
              },
            ],
          }
        : undefined,
    findByNumber: async (number) => (number === '0047113' ? ['p1'] : number === 'several' ? ['p1', 'p2'] : []),
    decide: async (id, verdict, why, { name }) => {
      if (state.case.state !== 'waiting') return 'already';
      done.push(`decide ${id} ${verdict} ${why} ${name}`);
      state.case = { ...state.case, state: verdict, decidedAt: new Date('2026-11-23T10:00:00Z'), decidedBy: name };
      return 'done';
    },
    separate: async (record, why, { name }) => {
      done.push(`separate ${record} ${why} ${name}`);
      return 'done';
    },
    key: new Uint8Array(32).fill(9),
    idleSeconds: 1800,
    sessionSeconds: 28_800,
    ...more,
  };
  return { steward, done, stewards };
};

/** A browser that keeps its cookies. */
export const openSteward = (portal: Portal, origin = neighbours.origin) => {
  const jar = new Map<string, string>();
  const send = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (jar.size > 0) headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await portal.fetch(new Request(origin + path, { ...init, headers }), { address: '192.0.2.1' });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (/Max-Age=0/.test(cookie)) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  };
  const post = (path: string, form: Readonly<Record<string, string>> = {}, headers: HeadersInit = { origin }) =>
    send(path, { method: 'POST', body: new URLSearchParams(form), headers });
  const signIn = async (user = stella): Promise<Response> => {
    await post('/steward/sign-in');
    return send(`/steward/callback?code=${user}&state=s`);
  };
  return { jar, send, post, signIn };
};

/** The pages of somebody who is signed in, as they are sent. */
export const stewardPages = async (): Promise<Readonly<Record<string, string>>> => {
  const shown = async (path: string, more: Partial<Steward> = {}): Promise<string> => {
    const { send, signIn } = openSteward(createPortal({ ...neighbours, steward: createStewardDouble(more).steward }));
    await signIn();
    return (await send(path)).text();
  };
  const { send } = openSteward(createPortal({ ...neighbours, steward: createStewardDouble().steward }));
  const many = Array.from({ length: 300 }, (_, at) => possible({ id: String(at) }));
  return {
    'steward-sign-in': await (await send('/steward')).text(),
    'steward-queue': await shown('/steward?notice=done'),
    'steward-queue-0': await shown('/steward', { queue: async () => ({ total: 0, cases: [] }) }),
    'steward-queue-300': await shown('/steward', { queue: async () => ({ total: 900, cases: many, next: '0.5 1' }) }),
    'steward-case': await shown('/steward/cases/7'),
    'steward-case-decided': await shown('/steward/cases/7', {
      findCase: async () =>
        possible({ state: 'same', decidedAt: new Date('2026-11-23T09:00:00Z'), decidedBy: 'Stella' }),
    }),
    'steward-person': await shown('/steward/persons/p1'),
    'steward-find': await shown('/steward/find'),
    'steward-absent': await shown('/steward/cases/8'),
  };
};
