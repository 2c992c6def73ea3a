/** Views of people's own pages, for tests and for looking at them. */
import type { AccountFrame, AppsView, GivenAppView } from '@affinity/authorization-server/account-views.ts';
import { ana, items, longNamedApp, milo } from './views.ts';

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

export const manyApps = (n: number): AppsView => ({
  ...apps,
  apps: Array.from({ length: n }, (_, index) => ({ ...vitals, grant: `g${index}`, name: `App number ${index + 1}` })),
});
