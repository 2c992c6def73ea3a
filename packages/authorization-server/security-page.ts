/**
 * "Signing in": where people look after their password, passkeys, authenticator app, recovery codes and accounts elsewhere.
 * Whatever changes something needs a sign-in of a moment ago. NIST SP 800-63B §6.1, §7.2; OWASP ASVS 2.2.3, 3.7.
 */
import type { AccountOutcome, AccountPage, Visit } from './account.ts';
import { identitiesOf } from './factors/federated-identities.ts';
import { countRecoveryCodes } from './factors/recovery-codes.ts';
import type { IdentityProviderName } from './federation.ts';
import { type Change, type ChangeNeighbours, createSecurityChanges } from './security-changes.ts';
import {
  type SecurityFault,
  type SecurityNotice,
  type SecurityPages,
  type SecurityView,
  securityNotices,
} from './security-views.ts';

export interface SecurityNeighbours extends ChangeNeighbours {
  readonly issuer: string;
  readonly pages: SecurityPages;
  /** what the external providers are called */
  readonly providers: readonly IdentityProviderName[];
}

const path = '/account/security';

const passkeyPurpose = ({ session }: Visit): string => `passkey of ${session.uid}`;

/** A name for a passkey as one short line, or what it is where none was given. */
const nameOf = (typed: string | null): string =>
  (typed ?? '')
    .replace(/[\s\p{C}]+/gu, ' ')
    .trim()
    .slice(0, 60) || 'Passkey';

export function createSecurityPage(neighbours: SecurityNeighbours): AccountPage {
  const { issuer, pool, pages, passkeys, totp, settings, providers } = neighbours;
  const changes = createSecurityChanges(neighbours);
  const label = (username: string) => ({ issuer: `Affinity (${new URL(issuer).host})`, account: username });

  const hasPassword = async (sub: string): Promise<boolean> =>
    (await pool.query('select from person where sub = $1 and password_hash is not null', [sub])).rowCount === 1;

  const totpOf = async ({ session, fresh }: Visit): Promise<SecurityView['totp']> => {
    const { sub, username } = session.person;
    if (await totp.isEnrolled(sub)) {
      const { left, lastUsed } = await countRecoveryCodes(pool, sub);
      return {
        kind: 'on',
        codesLeft: left,
        ...(lastUsed === undefined ? {} : { codeLastUsed: lastUsed.toISOString() }),
      };
    }
    const offer = fresh ? await totp.offered(sub, label(username)) : undefined;
    return offer === undefined ? { kind: 'none' } : { kind: 'offered', ...offer };
  };

  const page = async (
    visit: Visit,
    more: { readonly fault?: SecurityFault; readonly notice?: SecurityNotice; readonly codes?: readonly string[] } = {},
  ): Promise<AccountOutcome> => {
    const { person } = visit.session;
    const view: SecurityView = {
      action: issuer + path,
      fresh: visit.fresh,
      username: person.username,
      password: { set: await hasPassword(person.sub), least: settings.passwordCharacters },
      totp: await totpOf(visit),
      passkeys: (await passkeys.listOf(person.sub)).map(({ id, name, createdAt, lastUsedAt }) => ({
        id,
        name,
        since: createdAt.toISOString(),
        ...(lastUsedAt === undefined ? {} : { lastUsed: lastUsedAt.toISOString() }),
      })),
      ...(visit.fresh ? { newPasskey: await passkeys.creationOptions(person, passkeyPurpose(visit)) } : {}),
      identities: (await identitiesOf(pool, person.sub)).map(({ linkedAt, provider, ...identity }) => ({
        ...identity,
        provider: providers.find(({ id }) => id === provider)?.name ?? provider,
        since: linkedAt.toISOString(),
      })),
      ...more,
    };
    const { fault } = more;
    const status = fault === undefined ? 200 : fault.kind === 'throttled' ? 429 : 400;
    return { kind: 'page', document: pages.security(view, visit.frame), status, script: true };
  };

  const answer = <Made>(
    visit: Visit,
    change: Change<Made>,
    then: (made: Made) => AccountOutcome | Promise<AccountOutcome>,
  ): AccountOutcome | Promise<AccountOutcome> => {
    if (change.kind === 'fault') return page(visit, { fault: change.fault });
    return change.kind === 'changed' ? then(change.made) : { kind: 'go', to: path };
  };
  const told = (notice: SecurityNotice) => (): AccountOutcome => ({ kind: 'go', to: `${path}?notice=${notice}` });
  const showCodes = (visit: Visit) => (codes: readonly string[]) => page(visit, { codes });

  const addPasskey = async (visit: Visit, form: URLSearchParams): Promise<AccountOutcome> => {
    // Verified before the transaction: whether the challenge was used before is asked of the whole domain.
    const made = await passkeys.verifyNew(form.get('passkey') ?? '', passkeyPurpose(visit));
    if (made === undefined) return page(visit, { fault: { kind: 'passkey-refused' } });
    return answer(visit, await changes.addPasskey(visit, made, nameOf(form.get('name'))), told('passkey-added'));
  };

  const changePassword = async (visit: Visit, form: URLSearchParams): Promise<AccountOutcome> => {
    const set = await hasPassword(visit.session.person.sub);
    const sent = { old: form.get('old_password') ?? '', fresh: form.get('new_password') ?? '', set };
    return answer(visit, await changes.password(visit, sent), told('password-changed'));
  };

  return {
    path,
    place: 'security',
    show: (visit) => {
      const notice = securityNotices.find((known) => known === visit.url.searchParams.get('notice'));
      return page(visit, notice === undefined ? {} : { notice });
    },
    async take(visit, form) {
      // Nothing is done with what was posted: whoever comes back from signing in does it again, and sees what it is.
      if (!visit.fresh) return { kind: 'sign-in-again' };
      const identity = { issuer: form.get('issuer') ?? '', subject: form.get('subject') ?? '' };
      switch (form.get('do')) {
        case 'password':
          return changePassword(visit, form);
        case 'totp-begin': {
          const { sub, username } = visit.session.person;
          await totp.begin(sub, label(username));
          return { kind: 'go', to: path };
        }
        case 'totp-confirm':
          return answer(visit, await changes.confirmTotp(visit, form.get('code') ?? ''), showCodes(visit));
        case 'totp-remove':
          return answer(visit, await changes.removeTotp(visit), told('totp-removed'));
        case 'recovery-codes':
          return answer(visit, await changes.newCodes(visit), showCodes(visit));
        case 'passkey-add':
          return addPasskey(visit, form);
        case 'passkey-remove':
          return answer(visit, await changes.removePasskey(visit, form.get('id') ?? ''), told('passkey-removed'));
        case 'identity-remove':
          return answer(visit, await changes.removeIdentity(visit, identity), told('identity-removed'));
        default:
          return { kind: 'go', to: path };
      }
    },
  };
}
