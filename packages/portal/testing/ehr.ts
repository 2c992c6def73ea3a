/** A record system as the composition would give it, in memory, for tests and for looking at the clinicians' pages. */
import type { Chart, ChartPatient, Ehr, LaunchAsked } from '../ehr/ehr.ts';
import { createPortal, type Portal } from '../portal.ts';
import { longName, neighbours } from './views.ts';

export const okafor = 'user-okafor';

export const ana: ChartPatient = { id: 'patient-0001', name: 'Ana Ribeiro', birthDate: '1974-02-11', gender: 'female' };
const visits: Chart['encounters'] = [
  { id: 'e3', title: 'Check-up', start: '2026-10-02T09:00:00Z', status: 'finished', place: 'Riverside Clinic' },
  { id: 'e2', title: 'Emergency room admission', start: '2025-03-14T02:10:00Z', status: 'finished' },
  { id: 'e1', title: '' },
];
export const manyPatients = (n: number): readonly ChartPatient[] =>
  Array.from({ length: n }, (_, index) => ({
    id: `patient-${String(index + 1).padStart(4, '0')}`,
    name: `Patient Number ${index + 1}`,
    birthDate: `19${30 + (index % 60)}-0${1 + (index % 9)}-15`,
    gender: index % 2 === 0 ? 'female' : 'male',
  }));

export interface EhrDouble {
  readonly ehr: Ehr;
  /** what was done, in order */
  readonly done: string[];
  readonly launched: LaunchAsked[];
  readonly clinicians: Map<string, string>;
  /** sessions whose tokens are held */
  readonly held: Set<string>;
}

export const createEhrDouble = (more: Partial<Ehr> = {}): EhrDouble => {
  const done: string[] = [];
  const launched: LaunchAsked[] = [];
  const clinicians = new Map([[okafor, 'Dr. Daniel Okafor']]);
  const held = new Set<string>();
  const isIn = (id: string): boolean => held.has(id);
  const ehr: Ehr = {
    signIn: {
      begin: async () => ({ kind: 'redirect', url: 'http://localhost:4000/auth/authorize?state=s', pending: 'p-1' }),
      complete: async (url, pending) => {
        const { searchParams } = new URL(url);
        if (searchParams.has('error')) return { kind: 'denied' };
        const user = searchParams.get('code');
        return pending === 'p-1' && user !== null
          ? { kind: 'ready', user, hold: (id) => void held.add(id) }
          : { kind: 'failed' };
      },
    },
    clinician: async (user) => clinicians.get(user),
    note: async (event, user) => void done.push(`${event} ${user}`),
    patients: async (id) => (isIn(id) ? { kind: 'read', value: [ana, ...manyPatients(3)] } : { kind: 'signed-out' }),
    chart: async (id, patient) => {
      if (!isIn(id)) return { kind: 'signed-out' };
      return patient === ana.id ? { kind: 'read', value: { patient: ana, encounters: visits } } : { kind: 'absent' };
    },
    elsewhere: async (id, patient) => {
      if (!isIn(id)) return { kind: 'signed-out' };
      const value = {
        patient: ana,
        places: [{ title: 'City Hospital', holdings: [{ type: 'DocumentReference', count: 2, latest: '2026-04-01' }] }],
        gathered: [
          {
            type: 'DocumentReference',
            title: 'Discharge letter',
            date: '2026-04-01',
            place: 'City Hospital',
            also: [],
          },
        ],
        missing: ['Lake Clinic did not answer in time'],
      };
      return patient === ana.id ? { kind: 'read', value } : { kind: 'absent' };
    },
    apps: [
      { clientId: 'vitals', name: 'Vitals', publisher: 'Affinity samples', origins: ['http://localhost:4000'] },
      { clientId: 'long', name: longName, origins: ['https://companion.example'] },
    ],
    launch: async (id, asked) => {
      if (!isIn(id)) return { kind: 'signed-out' };
      launched.push(asked);
      return asked.patient === ana.id
        ? { kind: 'read', value: `https://companion.example/launch?launch=handle` }
        : { kind: 'absent' };
    },
    end: async (id) => void held.delete(id),
    key: new Uint8Array(32).fill(9),
    idleSeconds: 1800,
    sessionSeconds: 28_800,
    ...more,
  };
  return { ehr, done, launched, clinicians, held };
};

/** A browser that keeps its cookies. */
export const openAt = (portal: Portal, origin = neighbours.origin) => {
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
  const signIn = async (user = okafor): Promise<Response> => {
    await post('/ehr/sign-in');
    return send(`/ehr/callback?code=${user}&state=s`);
  };
  return { jar, send, post, signIn };
};

export const csrfIn = (text: string): string => /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? '';

/** The pages of somebody who is signed in, as they are sent. */
export const ehrPages = async (): Promise<Readonly<Record<string, string>>> => {
  const shown = async (path: string, more: Partial<Ehr> = {}): Promise<string> => {
    const { send, signIn } = openAt(createPortal({ ...neighbours, ehr: createEhrDouble(more).ehr }));
    await signIn();
    return (await send(path)).text();
  };
  const { send } = openAt(createPortal({ ...neighbours, ehr: createEhrDouble().ehr }));
  return {
    'ehr-sign-in': await (await send('/ehr')).text(),
    'ehr-patients': await shown('/ehr'),
    'ehr-patients-0': await shown('/ehr', { patients: async () => ({ kind: 'read', value: [] }) }),
    'ehr-patients-300': await shown('/ehr', { patients: async () => ({ kind: 'read', value: manyPatients(300) }) }),
    'ehr-chart': await shown(`/ehr/patients/${ana.id}`),
    'ehr-chart-0': await shown(`/ehr/patients/${ana.id}`, {
      apps: [],
      chart: async () => ({ kind: 'read', value: { patient: ana, encounters: [] } }),
    }),
    'ehr-elsewhere': await shown(`/ehr/patients/${ana.id}/elsewhere`),
    'ehr-absent': await shown('/ehr/patients/patient-9999'),
  };
};
