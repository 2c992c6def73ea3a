/** Views of people's own pages, for tests and for looking at them. */
import type {
  AccountFrame,
  AppsView,
  GivenAppView,
  SignOutQuestionView,
} from '@affinity/authorization-server/account-views.ts';
import type { SecurityView } from '@affinity/authorization-server/security-views.ts';
import { ana, app, items, longNamedApp, milo } from './views.ts';

export const frame: AccountFrame = {
  person: { name: 'Ana Lindqvist' },
  places: [
    { place: 'apps', address: 'http://localhost:4000/auth/account' },
    { place: 'security', address: 'http://localhost:4000/auth/account/security' },
  ],
  signOut: 'http://localhost:4000/auth/account/sign-out',
  csrf: 'c5rf',
  shared: false,
};

export const vitals: GivenAppView = {
  grant: 'g1',
  name: 'Vitals',
  publisher: 'Affinity samples',
  clientId: 'vitals',
  patient: ana,
  items: items.slice(0, 7),
  confidential: false,
  since: '2026-05-03T09:30:00.000Z',
  lastUsed: '2026-11-22T18:00:00.000Z',
  until: { kind: 'day', at: '2027-05-03T09:30:00.000Z' },
};

export const apps: AppsView = {
  action: 'http://localhost:4000/auth/account',
  apps: [
    vitals,
    {
      ...vitals,
      grant: 'g2',
      name: longNamedApp.name,
      clientId: 'bpw',
      patient: milo,
      items,
      confidential: true,
      until: { kind: 'unused', at: '2027-02-24T09:30:00.000Z' },
    },
    { ...vitals, grant: 'g3', name: 'Ward Board', items: items.slice(0, 1), until: { kind: 'session' } },
  ],
  sessions: 2,
};

export const signOutQuestion: SignOutQuestionView = {
  action: 'http://localhost:4000/auth/logout',
  csrf: 'c5rf',
  app,
  fields: { client_id: 'vitals', post_logout_redirect_uri: 'http://localhost:4000/apps/vitals/' },
  stay: 'http://localhost:4000/auth/account',
};

export const manyApps = (n: number): AppsView => ({
  ...apps,
  apps: Array.from({ length: n }, (_, index) => ({ ...vitals, grant: `g${index}`, name: `App number ${index + 1}` })),
});

export const security: SecurityView = {
  action: 'http://localhost:4000/auth/account/security',
  fresh: true,
  username: 'ana',
  password: { set: true, least: 12 },
  totp: { kind: 'on', codesLeft: 8, codeLastUsed: '2026-11-20T08:00:00.000Z' },
  passkeys: [
    { id: 'AAAA', name: 'My phone', since: '2026-05-03T09:30:00.000Z', lastUsed: '2026-11-22T18:00:00.000Z' },
    { id: 'BBBB', name: longNamedApp.name, since: '2026-11-22T18:00:00.000Z' },
  ],
  newPasskey: JSON.stringify({ challenge: 'AAAA', rp: { id: 'localhost' }, user: { id: 'AAAA' } }),
  identities: [
    {
      provider: 'City Hospital',
      issuer: 'https://id.hospital.example',
      subject: '248289761001-a-long-one-that-nobody-reads',
      since: '2026-06-01T09:30:00.000Z',
    },
  ],
};
const { newPasskey: _, ...still } = security;
export const staleSecurity: SecurityView = { ...still, fresh: false };
export const newSecurity: SecurityView = {
  ...security,
  password: { set: false, least: 12 },
  totp: {
    kind: 'offered',
    secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
    uri: 'otpauth://totp/Affinity%20(localhost:4000):ana?issuer=Affinity%20(localhost:4000)&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&algorithm=SHA1&digits=6&period=30',
  },
  passkeys: [],
  identities: [],
};
export const recoveryCodes: SecurityView = {
  ...security,
  codes: Array.from({ length: 10 }, (_, at) => `7K2M-9QX4-C0D${at}-HWB${at}`),
};
