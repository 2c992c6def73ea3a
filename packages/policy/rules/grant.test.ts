import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientSystem, type PrivacyConsent, type Provision } from '@affinity/core/fhir/consent.ts';
import { parseConsent } from '@affinity/core/fhir/consent-parse.ts';
import { grantConsent } from '@affinity/core/smart/grant-consent.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { decide, permitsContent } from '../decide.ts';
import type { Intent } from '../decision.ts';
import type { DecisionFacts } from '../facts.ts';
import { factsOfWorld, scopeOf, type WorldResource } from '../testing/arbitrary-question.ts';
import { unsaid, wholeFacts } from '../testing/whole-facts.ts';

const now = Date.UTC(2026, 0, 2, 3, 4, 5);
const app: Principal = {
  clientId: 'app',
  tokenId: 't',
  user: 'u',
  patient: 'a',
  grant: 'g',
  scopes: [scopeOf('patient/*.cruds')],
};
const resource: WorldResource = {
  type: 'Observation',
  owners: ['a'],
  categories: ['laboratory'],
  confidentiality: 'N',
};
const type = 'Observation';
const intents: Readonly<Record<string, Intent>> = {
  read: { kind: 'read', type, id: '1' },
  create: { kind: 'create', type },
  delete: { kind: 'delete', type, id: '1' },
};

/** `ok`, or the status of the refusal, or `hidden`. */
const outcome = (facts: DecisionFacts, who = app, asked = 'read', what: Partial<WorldResource> = {}) => {
  const interaction = { ...(intents[asked] ?? { kind: 'read', id: '1' }), type: what.type ?? type } as Intent;
  const decision = decide({ principal: who, interaction, facts: { ...wholeFacts(who), ...facts } });
  if (decision.kind === 'deny') return `${decision.rule} ${decision.status}`;
  return permitsContent(decision, factsOfWorld({ ...resource, ...what })) ? 'ok' : 'hidden';
};

/** The Consent as it is written for a grant of these scopes. */
const granted = (scope: string, more: { ends?: number; patient?: string; clearance?: string } = {}): PrivacyConsent => {
  const terms = {
    id: 'g',
    app: 'The app',
    clientId: 'app',
    scope: scope.split(' '),
    given: now - 1000,
    ends: now + 1000,
  };
  const parsed = parseConsent(grantConsent({ ...terms, patient: 'a', person: 'Patient/a', ...more }), []);
  assert.ok(parsed.kind === 'consent');
  return parsed.consent;
};

test('P24: a grant gives what its Consent says at this moment, and the scopes stay the upper bound', () => {
  const grant = granted('patient/Observation.rs patient/Condition.cud');
  assert.equal(outcome({ grant }), 'ok');
  assert.equal(outcome({ grant }, app, 'create'), 'grant 403');
  assert.equal(outcome({ grant }, app, 'delete'), 'grant 403');
  assert.equal(outcome({ grant }, app, 'delete', { type: 'Condition' }), 'ok');
  assert.equal(outcome({ grant }, app, 'read', { type: 'Condition' }), 'grant 403');
  assert.equal(outcome({ grant }, app, 'read', { type: 'Practitioner', owners: [] }), 'grant 403');
  const narrow = { ...app, scopes: [scopeOf('patient/Condition.rs')] };
  assert.equal(outcome({ grant: granted('patient/*.cruds') }, narrow), 'scope 403');
  assert.equal(outcome({ grant: granted('patient/*.cruds') }, app, 'read', { owners: ['b'] }), 'hidden');
});

test('a grant for some codes, and up to a confidentiality', () => {
  const system = 'http://terminology.hl7.org/CodeSystem/observation-category';
  const grant = granted(`patient/Observation.rs?category=${system}|laboratory`);
  assert.equal(outcome({ grant }), 'ok');
  assert.equal(outcome({ grant }, app, 'read', { categories: ['survey'] }), 'hidden');
  const cleared = { ...app, clearance: 'V' as const };
  assert.equal(outcome({ grant }, cleared, 'read', { confidentiality: 'R' }), 'hidden');
  assert.equal(
    outcome({ grant: granted('patient/*.rs', { clearance: 'V' }) }, cleared, 'read', { confidentiality: 'R' }),
    'ok',
  );
});

test('E07: a grant that has ended, is over, is another’s or is for another record is 401', () => {
  const grant = granted('patient/*.cruds');
  const { grant: _, ...ended } = wholeFacts(app);
  const decision = decide({ principal: app, interaction: { kind: 'read', type, id: '1' }, facts: ended });
  assert.ok(decision.kind === 'deny' && decision.status === 401 && decision.rule === 'grant');
  assert.equal(outcome({ grant, now: now + 1001 }), 'grant 401');
  assert.equal(outcome({ grant, now: now - 1001 }), 'grant 401');
  assert.equal(outcome({ grant: { ...grant, id: 'grant-other' } }), 'grant 401');
  assert.equal(outcome({ grant: granted('patient/*.cruds', { patient: 'b' }) }), 'grant 401');
  const { now: at, ...timeless } = wholeFacts(app);
  const without = decide({
    principal: app,
    interaction: { kind: 'read', type, id: '1' },
    facts: { ...timeless, grant },
  });
  assert.ok(at !== undefined && without.kind === 'deny' && without.status === 401);
  const { grant: claim, ...claimless } = app;
  assert.ok(claim !== undefined);
  assert.equal(outcome({ grant }, claimless), 'grant 401', 'a user’s token without a grant');
});

test('only permits that name the app give it anything', () => {
  const grant = granted('patient/*.cruds');
  const permits = (change: (one: Provision) => Provision): PrivacyConsent => ({
    ...grant,
    provision: { ...grant.provision, provisions: grant.provision.provisions.map(change) },
  });
  assert.equal(outcome({ grant: permits((one) => one) }), 'ok');
  assert.equal(outcome({ grant: permits((one) => ({ ...one, actors: [] })) }), 'grant 403');
  const other = [{ roles: [], identifier: { system: clientSystem, value: 'other' } }];
  assert.equal(outcome({ grant: permits((one) => ({ ...one, actors: other })) }), 'grant 403');
  const anybody: PrivacyConsent = { ...grant, provision: { ...unsaid, type: 'permit', provisions: [] } };
  assert.equal(outcome({ grant: anybody }), 'grant 401', 'a base rule that permits is no grant');
  const denied: Provision = { ...unsaid, type: 'deny', provisions: [], classes: [] };
  const taken = { ...grant, provision: { ...grant.provision, provisions: [...grant.provision.provisions, denied] } };
  assert.equal(outcome({ grant: taken }), 'grant 403');
});

test('a backend service acts without a grant', () => {
  const { user, grant, patient, ...service } = { ...app, service: true as const, scopes: [scopeOf('system/*.rs')] };
  assert.ok(user && grant && patient);
  assert.equal(outcome({}, service), 'ok');
});
