/** What the app may do, and how long: shown in full, any of it refusable. SMART App Launch 2.2; RFC 6749 §3.1, §4.1.2.1. */
import { identifierScopes } from '@affinity/core/smart/scope-request.ts';
import { namesAsked } from './claims-request.ts';
import { chosenAmount, consentKinds, letsConfidentialIn, tickedScopes } from './consent-choice.ts';
import { allowedClaims, claimsToOffer, sealOfValues, withClaims } from './consent-claims.ts';
import { askable, durationOf, durationsOf } from './consent-duration.ts';
import { grantedScopes, offerOf } from './consent-items.ts';
import { serversToOffer } from './consent-servers.ts';
import { allowDevice, refuseDevice } from './device-step.ts';
import { LaunchUsed, useLaunch } from './ehr-launches.ts';
import { giveGrant } from './grant-consents.ts';
import { keptServers } from './granted-servers.ts';
import { findLiveGrant, type NewGrant } from './grants.ts';
import { auditFacts, noteResult, type Outcome, type PersonStep, type StepNeighbours } from './interaction-step.ts';
import { launchContext } from './launch-step.ts';
import type { ConsentItem, ConsentView, PatientView } from './page-views.ts';
import { markGrant } from './provider.ts';
import { asksForRecords } from './requested-scope.ts';

const notThere: Outcome = { kind: 'fault', fault: 'no-patient', status: 403 };

export async function showConsent(
  neighbours: StepNeighbours,
  step: PersonStep,
  patient: PatientView | undefined,
  posted?: URLSearchParams,
): Promise<Outcome> {
  const { action, csrf, app, client, person, purposes, shared } = step;
  const tokens = askable(step);
  const servers = await serversToOffer(neighbours, step, patient?.id, posted);
  if (servers === undefined) return notThere;
  const ticked = posted?.getAll('scope');
  const claims = await claimsToOffer(neighbours, step);
  const { items: offered } = withClaims(offerOf(tokens), claims);
  const items = offered.map((item) =>
    ticked === undefined ? item : { ...item, checked: item.required || ticked.includes(item.scope) },
  );
  const amount = chosenAmount(offered, posted);
  const view: ConsentView = {
    action,
    csrf,
    app,
    person: { name: person.name },
    ...(patient === undefined ? {} : { patient }),
    ...(purposes.length === 0 ? {} : { purposes }),
    ...(servers.shown.length < 2 ? {} : { servers: servers.shown }),
    items,
    ...(claims.items.length === 0 ? {} : { valuesShown: sealOfValues(claims) }),
    ...(amount === undefined ? {} : { amount }),
    kinds: consentKinds(offered, posted),
    ...(asksForRecords(tokens)
      ? { leaveOutConfidential: { checked: posted === undefined || !letsConfidentialIn(offered, posted) } }
      : {}),
    durations: durationsOf(neighbours.settings, client, tokens),
    shared: shared && step.tokens.length > tokens.length,
    ...(posted === undefined ? {} : { fault: 'nothing-chosen' as const }),
  };
  return { kind: 'page', document: neighbours.pages.consent(view), status: posted === undefined ? 200 : 400 };
}

/** Nothing of what was asked about records was ticked, though something was asked. */
const nothingChosen = (items: readonly ConsentItem[], posted: readonly string[]): boolean => {
  const optional = items.filter(
    ({ required, values, group }) => !required && !values && group !== 'offline' && group !== 'online',
  );
  return optional.length > 0 && !optional.some(({ scope }) => posted.includes(scope));
};

/** What is in context: chosen by the person, or by the launch. */
export interface ChosenContext {
  readonly patient?: PatientView;
  readonly encounter?: string;
}

export async function takeConsent(
  neighbours: StepNeighbours,
  step: PersonStep,
  { patient, encounter }: ChosenContext,
  posted: URLSearchParams,
): Promise<Outcome> {
  const { provider, record, settings, now } = neighbours;
  const { person, client, audience, ehrLaunch: launch } = step;
  const tokens = askable(step);
  const facts = { ...auditFacts(step, person), ...(patient === undefined ? {} : { patient: patient.id }) };
  const decision = posted.get('decision');
  if (decision === 'deny') {
    const denied = { ...facts, scope: tokens.join(' ') };
    if (step.device !== undefined) return refuseDevice(neighbours, step, step.device, denied);
    await record('consent-denied', 'denied', denied);
    await noteResult(step, { error: 'access_denied', error_description: 'the person did not allow it' });
    return { kind: 'finished' };
  }
  if (decision !== 'allow') return { kind: 'again' };
  const claims = await claimsToOffer(neighbours, step);
  // What is told of a person was seen by them: where it has changed since, or nobody says that it was seen, it is shown again.
  if (claims.items.length > 0 && posted.get('values_shown') !== sealOfValues(claims)) return { kind: 'again' };
  const servers = await serversToOffer(neighbours, step, patient?.id, posted);
  if (servers === undefined) return notThere;
  const offer = withClaims(offerOf(tokens), claims);
  const ticked = tickedScopes(offer.items, posted);
  if (nothingChosen(offer.items, ticked)) return showConsent(neighbours, step, patient, posted);
  const chosen = durationsOf(settings, client, tokens).find(({ value }) => value === posted.get('duration'));
  const granted = grantedScopes(tokens, offer, ticked);
  const named = allowedClaims(step, claims, ticked, granted);
  const tellsIdentifiers = identifierScopes.some((name) => granted.includes(name) || namesAsked(named).includes(name));
  const at = now();
  const given: NewGrant = {
    sub: person.sub,
    clientId: client.id,
    audience,
    requestedScope: step.tokens.join(' '),
    ...durationOf(settings, granted, chosen, at),
    ...(patient === undefined ? {} : { patient: patient.id }),
    ...(asksForRecords(tokens) && letsConfidentialIn(offer.items, posted) ? { clearance: 'V' } : {}),
    ...(step.purposes.length === 0 ? {} : { purpose: step.purposes.join(' ') }),
    ...(step.claims.length === 0 ? {} : { requestedClaims: step.claims.join(' ') }),
    ...(named.length === 0 ? {} : { claims: named.join(' ') }),
    ...(tellsIdentifiers ? { identifiers: claims.identifiers } : {}),
    ...keptServers(servers.ticked, patient?.id),
    ...launchContext(launch, encounter),
    ...(launch === undefined ? {} : { launched: true }),
  };
  if (step.device !== undefined) return allowDevice(neighbours, step, step.device, given, facts);
  // The launch is used in the transaction that gives the grant: of several at once, one gets it.
  const grant = await giveGrant(neighbours, given, async (db, added) => {
    if (launch !== undefined) await useLaunch(db, launch.digest, added, at, step.interaction.uid);
  }).catch((error: unknown) => {
    if (error instanceof LaunchUsed) return undefined;
    throw error;
  });
  // By a second click here, or by somebody else: the dispatcher looks again.
  if (grant === undefined) return { kind: 'again' };
  await markGrant(provider, grant, { sub: person.sub, clientId: client.id });
  const form = new URLSearchParams((grant.servers ?? []).map(({ base }) => ['resource', base])).toString();
  await record('consent-granted', 'permitted', {
    ...facts,
    grant: grant.id,
    scope: grant.scope,
    ...(form === '' ? {} : { form }),
  });
  await noteResult(step, { consent: { grantId: grant.id } });
  return { kind: 'finished' };
}

/** The same answer as the first click got. */
export async function finishGiven(
  { provider, pool, now }: StepNeighbours,
  step: Pick<PersonStep, 'interaction' | 'person' | 'client'>,
  grantId: string,
): Promise<Outcome> {
  const grant = await findLiveGrant(pool, grantId, now());
  if (grant === undefined) return { kind: 'fault', fault: 'expired', status: 400 };
  await markGrant(provider, grant, { sub: step.person.sub, clientId: step.client.id });
  await noteResult(step, { consent: { grantId } });
  return { kind: 'finished' };
}
