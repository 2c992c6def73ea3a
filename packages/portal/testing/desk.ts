/** Administration as the composition would give it, in memory, for tests and for looking at the pages. */
import type { Administration, AlertView, ExplanationView, QuestionToExplain } from '../admin/administration.ts';
import { createPortal } from '../portal.ts';
import { neighbours } from './views.ts';

export const petra = 'user-petra';

export const alert = (more: Partial<AlertView> = {}): AlertView => ({
  id: '0192f0c1-7f00-7000-8000-000000000001',
  kind: 'emergency-access',
  about: 'Consent/grant-7',
  at: new Date('2026-11-23T09:00:00Z'),
  lastAt: new Date('2026-11-23T09:00:00Z'),
  count: 1,
  person: 'Dr. Daniel Okafor (user-okafor)',
  client: 'ward',
  patient: 'patient-0002',
  detail: 'Unconscious, and nobody knows what he takes.',
  ...more,
});

export const explanation = (
  words = 'is in the record of patient patient-0002 and in nobody else’s',
): ExplanationView => ({
  request: `GET /Observation?patient=${words}`,
  decisions: [
    {
      part: 'request',
      interaction: 'search-type',
      types: ['Observation'],
      rules: [
        { rule: 'scope', verdict: 'narrows', words: { every: [words, { any: [words, words] }] } },
        { rule: 'grant', verdict: 'permits' },
        { rule: 'consent', verdict: 'permits' },
        { rule: 'label', verdict: 'narrows', words: 'is not more confidential than N (normal)' },
        { rule: words, verdict: 'denies', reason: words },
      ],
      outcome: {
        kind: 'permit',
        words: { every: [words, 'is not more confidential than N (normal)'] },
        nothing: false,
      },
    },
    {
      part: 'include',
      interaction: 'read',
      types: ['Patient', 'Practitioner', 'Organization', 'Location', 'Device', 'Group', 'Encounter', 'Procedure'],
      rules: [{ rule: 'scope', verdict: 'denies', reason: words }],
      outcome: { kind: 'deny', rule: 'scope', status: 403, reason: words, neededScope: words },
    },
  ],
  facts: {
    known: [{ name: 'The app', words }],
    consents: [
      { id: words, patient: words, kind: 'privacy', says: { says: words, except: [{ says: words, except: [] }] } },
      { id: 'grant-7', kind: 'grant', says: { says: 'permits everything', except: [] } },
    ],
    more: 3,
  },
  end: { status: 403, words, rule: 'scope', reason: words, neededScope: words },
  record: {
    reference: 'Observation/o1',
    kind: 'hidden',
    decisions: [
      {
        part: 'request',
        rules: [
          { rule: 'scope', passes: true },
          { rule: 'label', passes: false, why: { any: [words, 'is more confidential than N (normal)'] } },
        ],
      },
    ],
  },
});

export interface DeskCalls {
  /** what was done, in order, each as it would stand in the log */
  readonly done: string[];
  readonly questions: QuestionToExplain[];
}

/** @param administrators who may be at the desk: tests change it under the feet of the session */
export const createDeskDouble = (
  more: Partial<Administration> = {},
): {
  readonly administration: Administration;
  readonly calls: DeskCalls;
  readonly administrators: Map<string, string>;
} => {
  const calls: DeskCalls = { done: [], questions: [] };
  const administrators = new Map([[petra, 'Petra Lindholm']]);
  const open = [alert(), alert({ id: '0192f0c1-7f00-7000-8000-000000000002', kind: 'consent-fault', count: 12 })];
  const administration: Administration = {
    signIn: {
      begin: async () => ({
        kind: 'redirect',
        url: 'http://localhost:4000/auth/authorize?state=s',
        pending: 'pending-1',
      }),
      complete: async (url, pending) =>
        pending === 'pending-1' && new URL(url).searchParams.has('code')
          ? { kind: 'ready', user: new URL(url).searchParams.get('code') ?? '' }
          : { kind: new URL(url).searchParams.has('error') ? 'denied' : 'failed' },
    },
    administrator: async (user) => administrators.get(user),
    note: async (event, user) => void calls.done.push(`${event} ${user}`),
    explain: async (question, { user }) => {
      calls.questions.push(question);
      calls.done.push(`explain ${user}`);
      return question.client === 'nothing'
        ? { kind: 'refused', why: 'There is no app "nothing".' }
        : { kind: 'explained', explanation: explanation(), notes: ['A note.'] };
    },
    clients: ['vitals', 'ward'],
    countAlerts: async () => open.length,
    openAlerts: async ({ user }) => {
      calls.done.push(`alerts ${user}`);
      return { open: open.length, alerts: open };
    },
    acknowledge: async (id, note, { user }) => {
      calls.done.push(`acknowledge ${id} ${note} ${user}`);
      return open.some((one) => one.id === id) ? 'acknowledged' : 'unknown';
    },
    key: new Uint8Array(32).fill(9),
    idleSeconds: 1800,
    sessionSeconds: 28_800,
    ...more,
  };
  return { administration, calls, administrators };
};

/** The pages of somebody who is signed in, as they are sent. */
export const deskPages = async (): Promise<Readonly<Record<string, string>>> => {
  const { administration } = createDeskDouble();
  const portal = createPortal({ ...neighbours, administration });
  const send = (path: string, cookie: string, form?: Readonly<Record<string, string>>): Promise<Response> =>
    portal.fetch(
      new Request(neighbours.origin + path, {
        headers: { cookie },
        ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
      }),
    );
  const cookiesOf = (response: Response): string =>
    response.headers
      .getSetCookie()
      .filter((cookie) => !cookie.includes('Max-Age=0'))
      .map((cookie) => cookie.split(';')[0])
      .join('; ');
  const cookie = cookiesOf(
    await send(`/admin/callback?code=${petra}`, cookiesOf(await send('/admin/sign-in', '', {}))),
  );
  const text = async (path: string, form?: Readonly<Record<string, string>>) => (await send(path, cookie, form)).text();
  const start = await text('/admin');
  const csrf = /name="csrf" value="([^"]+)"/.exec(start)?.[1] ?? '';
  const question = {
    csrf,
    person: 'ben',
    client: 'vitals',
    url: '/fhir/Observation?patient=patient-0002',
    method: 'GET',
  };
  return {
    'desk-sign-in': await (await send('/admin', '')).text(),
    'desk-start': start,
    'desk-explain': await text('/admin/explain'),
    'desk-explained': await text('/admin/explain', question),
    'desk-refused': await text('/admin/explain', { ...question, client: 'nothing' }),
    'desk-alerts': await text('/admin/alerts'),
  };
};
