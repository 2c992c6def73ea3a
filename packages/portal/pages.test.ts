/** The contract of the people's pages: fields, buttons, labels, and that one finds one's way with eyes closed. WCAG 2.2. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createPortal } from './portal.ts';
import { ehrPages } from './testing/ehr.ts';
import { type PageElement, parsePage, select } from './testing/parse-page.ts';
import { stewardPages } from './testing/steward.ts';
import * as views from './testing/views.ts';
import * as account from './testing/views-account.ts';

const { pages } = createPortal(views.neighbours);
const values = (elements: readonly PageElement[]) => elements.map((element) => element.attributes.get('value'));
const one = (elements: readonly PageElement[]): PageElement => {
  assert.equal(elements.length, 1);
  const [element] = elements;
  return element ?? assert.fail();
};
const buttons = (page: readonly PageElement[]) => select(page, 'button').map((button) => button.text);

const all: Readonly<Record<string, string>> = {
  unchecked: pages.uncheckedApp(views.uncheckedApp),
  'unchecked, stopped': pages.uncheckedApp({ ...views.uncheckedApp, stopped: true }),
  'sign-in': pages.signIn(views.signIn),
  'sign-in to the portal': pages.signIn({ action: '/auth/sign-in', csrf: 'c' }),
  'wrong password': pages.signIn({ ...views.signIn, fault: { kind: 'wrong' } }),
  'sign-in with a passkey that is not known': pages.signIn({ ...views.signIn, fault: { kind: 'passkey' } }),
  'sign-in elsewhere': pages.signIn({
    ...views.signInElsewhere,
    fault: { kind: 'elsewhere', why: 'unreachable', provider: 'City Hospital' },
  }),
  'sign-in to link': pages.signIn({ ...views.linking, fault: { kind: 'invitation' } }),
  'sign-in to link, known': pages.signIn({ ...views.linking, fault: { kind: 'invitation-known' } }),
  link: pages.linkIdentity(views.link),
  'second factor': pages.secondFactor(views.secondFactor),
  'second factor, wrong': pages.secondFactor({ ...views.secondFactor, fault: { kind: 'wrong' } }),
  'too weak': pages.tooWeak(views.tooWeak),
  throttled: pages.signIn({ ...views.signIn, fault: { kind: 'throttled', retryAfterSeconds: 5 } }),
  patients: pages.patientChoice({ ...views.patientChoice, fault: 'none-chosen' }),
  visits: pages.encounterChoice({ ...views.encounterChoice, fault: 'none-chosen' }),
  // The way in proves nothing: nobody is signed in yet.
  ...Object.fromEntries(Object.entries(await ehrPages()).filter(([name]) => name !== 'ehr-sign-in')),
  ...Object.fromEntries(Object.entries(await stewardPages()).filter(([name]) => name !== 'steward-sign-in')),
  consent: pages.consent({ ...views.consent, fault: 'nothing-chosen' }),
  'consent to a whole record': pages.consent({ ...views.wholeRecord, app: views.longNamedApp }),
  'consent to what is told of the person': pages.consent({
    ...views.consent,
    items: views.claimItems,
    valuesShown: 'v',
  }),
  'consent for several places': pages.consent(views.severalServers),
  'consent to nothing': pages.consent({ ...views.consent, items: [], durations: [] }),
  emergency: pages.emergency(views.emergency),
  'emergency, nobody found': pages.emergency({ ...views.emergency, fault: { kind: 'nobody-found' } }),
  'emergency, too often': pages.emergency({ ...views.emergency, fault: { kind: 'throttled', retryAfterSeconds: 200 } }),
  'device code': pages.deviceCode({ ...views.deviceCode, fault: { kind: 'unknown-code' } }),
  'device code, too often': pages.deviceCode({
    ...views.deviceCode,
    fault: { kind: 'throttled', retryAfterSeconds: 200 },
  }),
  device: pages.device(views.device),
  'device connected': pages.deviceEnd(views.deviceEnd),
  'device not connected': pages.deviceEnd({ ...views.deviceEnd, result: 'undecided' }),
  'consent for a device': pages.consent({ ...views.consent, app: views.deviceApp }),
  error: pages.error(views.error),
  'your apps': pages.accountApps({ ...account.apps, notice: 'ended' }, account.frame),
  'your apps, none': pages.accountApps({ ...account.apps, apps: [] }, { ...account.frame, shared: true }),
  'signing in': pages.security({ ...account.security, notice: 'passkey-added' }, account.frame),
  'signing in, nothing yet': pages.security(
    { ...account.newSecurity, fault: { kind: 'wrong-code' } },
    { ...account.frame, shared: true },
  ),
  'signing in, a while ago': pages.security(account.staleSecurity, account.frame),
  'recovery codes': pages.security(account.recoveryCodes, account.frame),
  'asked to sign out': pages.signOutQuestion(account.signOutQuestion),
  'signed out': pages.signedOut({ everything: false }),
  'everything ended': pages.signedOut({ everything: true }),
  home: await (await createPortal(views.neighbours).fetch(new Request('http://localhost:4000/'))).text(),
};

describe('every page', () => {
  for (const [name, text] of Object.entries(all)) {
    test(name, () => {
      const page = parsePage(text);
      assert.match(text, /^<!doctype html>/);
      for (const tag of ['main', 'header', 'footer', 'h1', 'title']) assert.ok(select(page, tag).length >= 1, tag);
      one(select(page, 'h1'));
      assert.equal(one(select(page, 'html')).attributes.get('lang'), 'en');
      assert.equal(one(select(page, 'a', { class: 'skip' })).attributes.get('href'), '#content');
      for (const never of ['style', 'iframe', 'object', 'base']) assert.equal(select(page, never).length, 0, never);
      // our own file stands where there is a button for passkeys, which nobody sees without it, and nowhere else
      const scripts = select(page, 'script');
      const asked = page.filter((element) => element.attributes.has('data-passkey'));
      assert.equal(scripts.length, asked.length > 0 ? 1 : 0);
      for (const script of scripts) {
        assert.match(script.attributes.get('src') ?? '', /^\/assets\/passkey\.js\?v=[\w-]{16}$/);
        assert.equal(script.text, '');
      }
      for (const form of asked) assert.ok(form.attributes.has('hidden'));
      const ids = page.flatMap((element) => element.attributes.get('id') ?? []);
      assert.equal(new Set(ids).size, ids.length, 'an id stands twice');
      for (const element of page) {
        for (const attribute of ['aria-describedby', 'aria-labelledby', 'for']) {
          for (const id of element.attributes.get(attribute)?.split(' ') ?? [])
            assert.ok(ids.includes(id), `${attribute} ${id}`);
        }
        const href = element.attributes.get('href');
        if (href?.startsWith('#')) assert.ok(ids.includes(href.slice(1)), href);
        for (const attribute of element.attributes.keys()) assert.doesNotMatch(attribute, /^(on|style$)/);
        if (element.attributes.get('target') === '_blank')
          assert.equal(element.attributes.get('rel'), 'noopener noreferrer');
      }
      const labels = new Set(select(page, 'label').map((label) => label.attributes.get('for')));
      for (const input of select(page, 'input')) {
        if (input.attributes.get('type') !== 'hidden')
          assert.ok(labels.has(input.attributes.get('id')), 'a field without label');
      }
      for (const form of select(page, 'form')) assert.equal(form.attributes.get('method'), 'post');
      assert.equal(select(page, 'form').length, select(page, 'input', { type: 'hidden', name: 'csrf' }).length);
    });
  }
});

describe('sign-in', () => {
  const page = parsePage(pages.signIn({ ...views.signIn, username: ' Ana "A" ', fault: { kind: 'wrong' } }));

  test('has the fields of the contract, keeps what was typed but never a password', () => {
    const username = one(select(page, 'input', { name: 'username' }));
    assert.equal(username.attributes.get('autocomplete'), 'username');
    assert.equal(username.attributes.get('value'), ' Ana "A" ');
    const password = one(select(page, 'input', { name: 'password', type: 'password' }));
    assert.equal(password.attributes.get('autocomplete'), 'current-password');
    assert.equal(password.attributes.has('value'), false);
    for (const form of select(page, 'form')) assert.equal(form.attributes.get('action'), views.signIn.action);
    assert.deepEqual(values(select(page, 'input', { name: 'csrf' })), ['c5rf', 'c5rf']);
    assert.deepEqual(buttons(page), ['Sign in', 'Sign in with a passkey']);
  });

  test('a fault is an alert, stands before the fields, is in the title and tied to the field', () => {
    assert.match(one(page.filter((element) => element.attributes.get('role') === 'alert')).text, /do not go together/);
    assert.match(one(select(page, 'title').slice(0, 1)).text, /^Error: /);
    const at = (attribute: string, value: string) =>
      page.findIndex((element) => element.attributes.get(attribute) === value);
    assert.ok(at('role', 'alert') < at('name', 'username'));
    assert.match(
      one(select(page, 'input', { name: 'password' })).attributes.get('aria-describedby') ?? '',
      /fault-text/,
    );
  });

  test('steps, app and promise stand only where an app asks', () => {
    const portal = parsePage(pages.signIn({ action: '/auth/sign-in', csrf: 'c' }));
    assert.equal(select(portal, 'aside').length, 0);
    assert.equal(
      portal.some((element) => element.attributes.has('aria-current')),
      false,
    );
    assert.match(one(select(page, 'aside')).text, /Vitals.*by Affinity samples.*Sends you back to localhost:4000/);
    assert.equal(one(page.filter((element) => element.attributes.has('aria-current'))).text, '1Sign in');
  });

  test('the sample sign-ins stand only in the demonstration domain', () => {
    const { demonstration: _, ...locked } = views.neighbours;
    assert.match(pages.signIn(views.signIn), /weber-sample/);
    assert.doesNotMatch(createPortal(locked).pages.signIn(views.signIn), /weber|sample sign-ins|Demonstration/);
  });
});

describe('patient choice', () => {
  test('one radio each, none chosen beforehand, one button', () => {
    const page = parsePage(pages.patientChoice(views.patientChoice));
    const radios = select(page, 'input', { type: 'radio', name: 'patient' });
    assert.deepEqual(values(radios), ['p1', 'p2', 'p3']);
    assert.ok(radios.every((radio) => !radio.attributes.has('checked')));
    assert.deepEqual(buttons(page), ['Continue']);
    const texts = select(page, 'label').map((label) => label.text);
    assert.match(texts[1] ?? '', /Milo Lindqvist.*Your child.*Born 3 May 2014 \(12 years\)/);
    assert.match(texts[2] ?? '', /Ruth.*Your parent.*Born 1951$/);
  });

  test('0: says what to do, with nothing to press; 300: all are there; a relation unknown to us', () => {
    const none = parsePage(pages.patientChoice({ ...views.patientChoice, patients: [] }));
    assert.deepEqual(buttons(none), []);
    assert.match(one(select(none, 'main')).text, /Ask your clinic/);
    const many = parsePage(pages.patientChoice({ ...views.patientChoice, patients: views.manyPatients(300) }));
    assert.equal(select(many, 'input', { name: 'patient' }).length, 300);
    const strange = pages.patientChoice({
      ...views.patientChoice,
      patients: [{ ...views.milo, relation: 'constructor' }],
    });
    assert.match(strange, /You may act for this person/);
    assert.doesNotMatch(strange, /native code/);
  });
});

describe('consent for several places', () => {
  test('each by name; the first is posted in any case, the others may be unticked', () => {
    const page = parsePage(pages.consent(views.severalServers));
    const posted = select(page, 'input', { name: 'server' });
    assert.deepEqual(
      posted.map((input) => [input.attributes.get('type'), input.attributes.has('checked')]),
      [
        ['hidden', false],
        ['checkbox', true],
        ['checkbox', false],
      ],
    );
    assert.deepEqual(
      values(posted),
      views.severalServers.servers?.map(({ base }) => base),
    );
    assert.match(one(select(page, 'form')).text, /Where.*Lakeside Clinic.*County Hospital.*Untick/);
    assert.equal(select(parsePage(pages.consent(views.consent)), 'input', { name: 'server' }).length, 0);
  });
});

describe('consent', () => {
  const page = parsePage(pages.consent(views.consent));
  const free = views.items.filter((item) => !item.required);

  test('a checkbox for each thing that may be unticked, in the order given, ticked as given', () => {
    const boxes = select(page, 'input', { type: 'checkbox', name: 'scope' });
    assert.deepEqual(
      values(boxes),
      free.map((item) => item.scope),
    );
    assert.deepEqual(
      boxes.map((box) => box.attributes.has('checked')),
      free.map((item) => item.checked),
    );
  });

  test('what is required cannot be unticked, is posted, and says so', () => {
    assert.deepEqual(values(select(page, 'input', { type: 'hidden', name: 'scope' })), ['openid fhirUser']);
    assert.match(
      one(select(page, 'div', { class: 'row fixed' })).text,
      /Who you are.*cannot work without it.*Always needed/,
    );
  });

  test('two buttons of one name, denying first, so that the Enter key allows nothing by accident', () => {
    assert.deepEqual(buttons(page), ['Deny', 'Allow']);
    assert.deepEqual(
      select(page, 'button').map((b) => [b.attributes.get('name'), b.attributes.get('value')]),
      [
        ['decision', 'deny'],
        ['decision', 'allow'],
      ],
    );
  });

  test('confidential and duration post what the contract says', () => {
    const leaveOut = one(select(page, 'input', { name: 'leave_out_confidential' }));
    assert.deepEqual(
      [leaveOut.attributes.get('type'), leaveOut.attributes.get('value'), leaveOut.attributes.has('checked')],
      ['checkbox', 'yes', true],
    );
    const durations = select(page, 'input', { type: 'radio', name: 'duration' });
    assert.deepEqual(values(durations), ['once', '90', '365', 'until-ended']);
    assert.deepEqual(values(durations.filter((radio) => radio.attributes.has('checked'))), ['90']);
    assert.match(one(select(page, 'label', { for: 'duration-2' })).text, /90 days until 21 February 2027/);
    const { leaveOutConfidential: _, ...plain } = views.consent;
    assert.doesNotMatch(pages.consent(plain), /leave_out_confidential/);
  });

  test('F08: what is told of the person stands there word by word, to be ticked or not', () => {
    const items = [...views.items.slice(0, 1), ...views.claimItems, ...views.items.slice(1)];
    const told = parsePage(pages.consent({ ...views.consent, items, valuesShown: 'v1' }));
    assert.deepEqual(values(select(told, 'input', { type: 'hidden', name: 'values_shown' })), ['v1']);
    for (const { scope, values: shown = [] } of views.claimItems) {
      const box = one(select(told, 'input', { type: 'checkbox', name: 'scope', value: scope }));
      const label = one(select(told, 'label', { for: box.attributes.get('id') ?? '' })).text;
      for (const { value, system = '' } of shown) assert.ok(label.includes(value) && label.includes(system), label);
    }
    assert.match(one(select(told, 'div', { class: 'row fixed' })).text, /Your sign-in here/);
    assert.doesNotMatch(one(select(told, 'div', { class: 'row fixed' })).text, /Your name/);
    assert.equal(select(page, 'input', { name: 'values_shown' }).length, 0);
    const none = parsePage(
      pages.consent({ ...views.consent, items: views.claimItems.map((item) => ({ ...item, values: [] })) }),
    );
    assert.match(one(select(none, 'main')).text, /Your numbers There is none in your entry here/);
  });

  test('scopes are shown only behind the technical names', () => {
    const labels = select(page, 'label')
      .map((label) => label.text)
      .join(' ');
    assert.doesNotMatch(labels, /patient\/|openid|offline_access|\.rs/);
    const folded = one(select(page, 'details')).text;
    assert.match(folded, /^Show the technical names/);
    for (const scope of views.items.flatMap((item) => item.scope.split(' '))) assert.ok(folded.includes(scope), scope);
  });

  test('whose record, in words: own, a child’s, whichever one may open', () => {
    const heading = (view: typeof views.consent) => one(select(parsePage(pages.consent(view)), 'h1')).text;
    assert.equal(heading(views.consent), 'Let Vitals see your record and write in it?');
    assert.equal(
      heading({ ...views.consent, patient: views.milo }),
      'Let Vitals see Milo Lindqvist’s record and write in it?',
    );
    const { patient: _, ...clinician } = views.consent;
    assert.equal(heading(clinician), 'Let Vitals see the records that you may open and write in them?');
  });

  test('0, 3 and 300 things', () => {
    for (const n of [0, 3, 300]) {
      const many = parsePage(pages.consent({ ...views.consent, items: views.manyItems(n) }));
      assert.equal(select(many, 'input', { name: 'scope' }).length, n);
      assert.deepEqual(buttons(many), ['Deny', 'Allow']);
    }
  });

  test('an app’s name of 60 characters is shown whole; makers who are not named are pointed out', () => {
    assert.equal(views.longNamedApp.name.length, 60);
    const long = parsePage(pages.consent({ ...views.consent, app: views.longNamedApp }));
    assert.ok(one(select(long, 'h1')).text.includes(views.longNamedApp.name));
    assert.match(one(select(long, 'aside')).text, /Its makers are not named/);
  });

  test('the app’s links are shown only where they are safe to follow', () => {
    const links = (homepage: string) =>
      select(parsePage(pages.consent({ ...views.consent, app: { ...views.longNamedApp, homepage } })), 'a', {
        target: '_blank',
      });
    assert.equal(links('https://companion.example/').length, 1);
    assert.equal(links('javascript:alert(1)').length, 0);
    assert.equal(links('http://companion.example/').length, 0);
  });
});

describe('error', () => {
  const kinds = [
    'expired',
    'unknown-app',
    'bad-return-address',
    'bad-request',
    'no-patient',
    'not-found',
    'method',
    'device-gone',
    'unavailable',
    'failed',
  ] as const;
  test('each kind says what went wrong, what is safe, what to do next, and a reference', () => {
    const titles = kinds.map((kind) => {
      const page = parsePage(pages.error({ ...views.error, kind }));
      assert.match(one(select(page, 'main')).text, /What is safe.*What to do next.*Reference to quote 7d1c2f0a/);
      return one(select(page, 'h1')).text;
    });
    assert.equal(new Set(titles).size, kinds.length);
  });
});

describe('connecting a device (RFC 8628)', () => {
  test('C54: the code is one field, prefilled where it is known, with one button', () => {
    const page = parsePage(pages.deviceCode({ ...views.deviceCode, code: 'WDJB-MJHT' }));
    assert.deepEqual(values(select(page, 'input', { name: 'user_code' })), ['WDJB-MJHT']);
    assert.deepEqual(buttons(page), ['Continue']);
  });

  test('C54: before anybody signs in: the app, the code to compare, the warning; to stop is as easy', () => {
    const page = parsePage(pages.device(views.device));
    assert.match(one(select(page, 'h1')).text, /Connect Kitchen Scale on a device/);
    assert.match(one(select(page, 'aside')).text, /Waits on a device that shows the code WDJB-MJHT/);
    assert.match(one(select(page, 'main')).text, /in front of you.*shows this code now: WDJB-MJHT.*far away/);
    const pressed = select(page, 'button').map((button) => [button.text, button.attributes.get('value')]);
    assert.deepEqual(pressed, [
      ['Stop', 'refuse'],
      ['Go on', 'connect'],
    ]);
    assert.equal(select(page, 'input', { name: 'password' }).length, 0);
  });

  test('C54: the consent page says that it is for a device, and no address to go back to', () => {
    const page = parsePage(pages.consent({ ...views.consent, app: views.deviceApp }));
    assert.match(one(select(page, 'aside')).text, /device that shows the code WDJB-MJHT/);
    assert.doesNotMatch(one(select(page, 'main')).text, /back to/);
  });

  test('each end is told in words of its own', () => {
    const texts = (['allowed', 'refused', 'undecided'] as const).map(
      (result) => one(select(parsePage(pages.deviceEnd({ ...views.deviceEnd, result })), 'main')).text,
    );
    assert.match(texts[0] ?? '', /Your device is connected.*You can close this page/);
    assert.match(texts[1] ?? '', /You said no/);
    assert.match(texts[2] ?? '', /Nothing was decided/);
  });
});
