/** Passkeys, one-time codes, recovery codes, and identity providers. WebAuthn Level 3 §13; RFC 6238 §5.2; RFC 9700 §4.4, §4.5, §4.7. */
import assert from 'node:assert/strict';
import { linkIdentity } from '@affinity/authorization-server/factors/federated-identities.ts';
import type { IdentityProvider } from '@affinity/authorization-server/federation.ts';
import { createAuthenticator, type Wrong } from '@affinity/authorization-server/testing/authenticator.ts';
import { createBrowser, pageOf, type TestBrowser } from '@affinity/authorization-server/testing/browser.ts';
import { authorizeUrl, issuer, signIn, type TestDomain } from '@affinity/authorization-server/testing/domain.ts';
import { enrolTotp, givePasskey, giveRecoveryCodes } from '@affinity/authorization-server/testing/factors.ts';
import { createTestProvider, type TestProvider } from '@affinity/authorization-server/testing/identity-provider.ts';
import type { Attack } from './attack.ts';

const anew = authorizeUrl({ prompt: 'login consent', scope: 'openid' });
let made = 0;

/** Somebody of whom no other attack knows anything. */
const somebody = async (domain: TestDomain): Promise<{ readonly sub: string; readonly username: string }> => {
  made += 1;
  const username = `victim ${made} ${Math.random()}`;
  const { sub } = await domain.people.add({ username, password: 'correct horse', name: 'Victim' });
  return { sub, username };
};

const passkeyOf = async (domain: TestDomain) => {
  const authenticator = createAuthenticator();
  await givePasskey(domain, (await somebody(domain)).sub, authenticator);
  return authenticator;
};

const asked = async (browser: TestBrowser) => {
  const page = await pageOf(await browser.open(anew), 'sign-in');
  return { page, options: page.view.passkey ?? assert.fail('no passkey is asked for') };
};

/** With an answer to the question of this very browser, but for what is wrong with it. */
const signInBy = async (domain: TestDomain, wrong: Wrong): Promise<number> => {
  const [authenticator, browser] = [await passkeyOf(domain), domain.browser()];
  const { page, options } = await asked(browser);
  return (await browser.submit(page, { passkey: authenticator.get(options, wrong) })).status;
};

/** One after another on browsers of their own: each signs in with the password and gives this code. */
const giveCode = async (domain: TestDomain, username: string, code: string): Promise<number> => {
  const browser = domain.browser();
  const page = await pageOf(await signIn(browser, anew, username), 'second-factor');
  return (await browser.submit(page, { code })).status;
};

interface Elsewhere {
  readonly provider: TestProvider;
  readonly other: TestProvider;
  browser(): TestBrowser;
}

const configured = (id: string, { issuer: at }: TestProvider): IdentityProvider => ({
  id,
  name: id,
  issuer: at,
  clientId: 'affinity',
  credential: { kind: 'secret', secret: 'a secret of ours there', method: 'client_secret_basic' },
  scope: 'openid',
  multiFactor: [],
});

/** A second server on the same records, by its own clock, at which two providers sign people in; both know a `subject-1`. */
const startElsewhere = async (domain: TestDomain): Promise<Elsewhere> => {
  const provider = await createTestProvider(`https://id-${Math.random().toString(36).slice(2)}.example`);
  const other = await createTestProvider(`https://id-${Math.random().toString(36).slice(2)}.example`);
  const server = await domain.another(
    {},
    {
      identityProviders: [configured('hospital', provider), configured('region', other)],
      fetchOutside: (request) => (request.url.startsWith(provider.issuer) ? provider : other).fetch(request),
      now: () => new Date(),
    },
  );
  const { sub } = await somebody(domain);
  const at = new Date();
  const identity = { issuer: provider.issuer, subject: 'subject-1' };
  assert.ok(await linkIdentity(domain.database.pool, identity, { sub, provider: 'hospital', proof: 'account', at }));
  return { provider, other, browser: () => createBrowser(server, issuer) };
};

const leave = async (browser: TestBrowser, name = 'hospital'): Promise<string> => {
  const page = await pageOf(await browser.open(authorizeUrl({ prompt: 'consent' })), 'sign-in');
  const address = page.view.providers?.find((one) => one.name === name)?.address ?? assert.fail('no way there');
  return (await browser.open(address)).headers.get('location') ?? assert.fail('not sent there');
};

/** The sign-in page again, and nobody known on it. */
const assertStaysOut = async (response: Response): Promise<void> => {
  const { view } = await pageOf(response, 'sign-in');
  assert.equal(view.fault?.kind, 'elsewhere');
};

export const attacksOnFactors: readonly Attack[] = [
  {
    name: 'passkey: an answer that somebody else was made to give',
    section: 'WebAuthn Level 3 §13.4.3',
    run: async (domain) => {
      const authenticator = await passkeyOf(domain);
      const [victim, thief] = [domain.browser(), domain.browser()];
      const [theirs, own] = [await asked(victim), await asked(thief)];
      const response = await thief.submit(own.page, { passkey: authenticator.get(theirs.options) });
      assert.equal(response.status, 400);
    },
  },
  {
    name: 'passkey: an answer that a page of the attacker has asked for',
    section: 'WebAuthn Level 3 §13.4.9',
    run: async (domain) => assert.equal(await signInBy(domain, { origin: 'https://evil.example' }), 400),
  },
  {
    name: 'passkey: a device that was left lying, without the person',
    section: 'WebAuthn Level 3 §7.2, user verification',
    run: async (domain) => assert.equal(await signInBy(domain, { flags: 0x01 }), 400),
  },
  {
    name: 'passkey: in the name of somebody else',
    section: 'WebAuthn Level 3 §7.2, userHandle',
    run: async (domain) => {
      const userHandle = Buffer.from(domain.ana).toString('base64url');
      assert.equal(await signInBy(domain, { userHandle }), 400);
    },
  },
  {
    name: 'passkey: a question that is answered much later',
    section: 'WebAuthn Level 3 §13.4.3',
    run: async (domain) => {
      const [authenticator, browser] = [await passkeyOf(domain), domain.browser()];
      const { page, options } = await asked(browser);
      domain.advance(600);
      assert.equal((await browser.submit(page, { passkey: authenticator.get(options) })).status, 400);
    },
  },
  {
    name: 'one-time code: seen over a shoulder, and used again',
    section: 'RFC 6238 §5.2',
    run: async (domain) => {
      const { sub, username } = await somebody(domain);
      const device = await enrolTotp(domain, sub);
      const code = device.code();
      assert.equal(await giveCode(domain, username, code), 200);
      assert.equal(await giveCode(domain, username, code), 400);
    },
  },
  {
    name: 'one-time code: guessed, with the password known',
    section: 'NIST SP 800-63B §5.2.2',
    run: async (domain) => {
      const { sub, username } = await somebody(domain);
      const device = await enrolTotp(domain, sub);
      const browser = domain.browser();
      const page = await pageOf(await signIn(browser, anew, username), 'second-factor');
      let status = 400;
      for (let guess = 0; guess < 30 && status === 400; guess++)
        ({ status } = await browser.submit(page, { code: device.wrong() }));
      assert.equal(status, 429);
    },
  },
  {
    name: 'recovery code: found on paper, used before',
    section: 'NIST SP 800-63B §5.1.2',
    run: async (domain) => {
      const { sub, username } = await somebody(domain);
      await enrolTotp(domain, sub);
      const [code = ''] = await giveRecoveryCodes(domain, sub);
      assert.equal(await giveCode(domain, username, code), 200);
      assert.equal(await giveCode(domain, username, code), 400);
    },
  },
  {
    name: 'provider: an id_token that was made for another sign-in',
    section: '4.5.3.2; OIDC Core 1.0 §3.1.3.7, nonce',
    run: async (domain) => {
      const { provider, browser } = await startElsewhere(domain);
      const victim = browser();
      const there = await leave(victim);
      provider.wrong = { without: ['nonce'] };
      await assertStaysOut(await victim.open(provider.signIn(there)));
    },
  },
  {
    name: 'provider: an answer that nobody has asked for',
    section: '4.7',
    run: async (domain) => {
      const { provider, browser } = await startElsewhere(domain);
      const victim = browser();
      await assertStaysOut(await victim.open(provider.signIn(await leave(victim), { state: undefined })));
    },
  },
  {
    name: 'provider: mix-up, an answer that another one gives',
    section: '4.4',
    run: async (domain) => {
      const { provider, other, browser } = await startElsewhere(domain);
      const victim = browser();
      await assertStaysOut(await victim.open(provider.signIn(await leave(victim), { iss: other.issuer })));
    },
  },
  {
    name: 'provider: a way there that was begun in another browser',
    section: '4.7',
    run: async (domain) => {
      const { browser } = await startElsewhere(domain);
      const page = await pageOf(await browser().open(authorizeUrl({ prompt: 'consent' })), 'sign-in');
      assert.equal((await browser().send(page.view.providers?.[0]?.address ?? '')).status, 400);
    },
  },
  {
    name: 'provider: the same subject at another one',
    section: 'OIDC Core 1.0 §5.7',
    run: async (domain) => {
      const { other, browser } = await startElsewhere(domain);
      const thief = browser();
      const { view } = await pageOf(await thief.open(other.signIn(await leave(thief, 'region'))), 'sign-in');
      assert.equal(view.linking?.provider, 'region');
    },
  },
];
