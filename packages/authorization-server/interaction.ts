/**
 * The dispatcher of a sign-in and consent: looks at what is missing, shows that one step, and takes its answer only with
 * proof that our own page sent it. RFC 9700 §4.7, §4.16; OIDC Core 1.0 §3.1.2.3, §3.1.2.4.
 */
import { appView, returnHost } from './app-view.ts';
import type { Connection } from './authorization-endpoint.ts';
import { finishGiven, showConsent, takeConsent } from './consent-step.ts';
import { readCookie } from './cookies.ts';
import { refuseDevice } from './device-step.ts';
import { isDeclaring, showEmergency, takeEmergency } from './emergency-step.ts';
import { encounterOf, showEncounterChoice, takeEncounterChoice } from './encounter-step.ts';
import { readForm } from './form.ts';
import { isOurForm } from './form-proof.ts';
import {
  auditFacts,
  noteResult,
  type Outcome,
  type PersonStep,
  type Step,
  type StepNeighbours,
} from './interaction-step.ts';
import { openLaunch, refuseLaunch } from './launch-step.ts';
import { hardenHeaders, type PageResponses } from './page-response.ts';
import type { PatientView } from './page-views.ts';
import { patientOf, showPatientChoice, takePatientChoice } from './patient-step.ts';
import type { ActsFor, Person } from './people.ts';
import { mayAskFor } from './purposes.ts';
import { needsPatient, withoutEncounter } from './requested-scope.ts';
import { sessionPerson } from './session-person.ts';
import { showOpenStep, takeOpenStep } from './sign-in.ts';
import type { SigningKeys } from './signing-keys.ts';
import { showUnchecked, takeUnchecked } from './unchecked-step.ts';
import { deviceOf } from './waiting-device.ts';

export interface DispatcherNeighbours extends StepNeighbours {
  readonly keys: SigningKeys;
  readonly responses: PageResponses;
}

const nextOf = (outcome: Exclude<Outcome, { kind: 'fault' | 'page' }>, { action, interaction }: Step): string =>
  outcome.kind === 'left' ? outcome.location : outcome.kind === 'again' ? action : interaction.returnTo;

export function createInteractionEndpoint(neighbours: DispatcherNeighbours) {
  const { issuer, pool, provider, clients, people, crossReference, settings, cookies, keys, responses, now } =
    neighbours;

  /** Name and date of birth are of a record: each look is recorded before a page can show it. */
  const patientsOf = async (step: Step, person: Person, all: readonly ActsFor[]): Promise<readonly PatientView[]> => {
    // Whoever is not known at the server that the app asks for has no record there to choose.
    const there = await Promise.all(all.map(({ patient }) => crossReference.patientAt(pool, patient, step.audience)));
    const acts = all.filter((_, at) => there[at] !== undefined);
    const known = new Map(
      (await neighbours.patients(acts.map(({ patient }) => patient))).map((view) => [view.id, view]),
    );
    await Promise.all(
      [...known.keys()].map((patient) =>
        neighbours.record('patient-shown', 'permitted', {
          ...auditFacts(step, person),
          patient,
          target: `Patient/${patient}`,
        }),
      ),
    );
    return acts.flatMap(({ patient, relation }) => {
      const view = known.get(patient);
      return view === undefined ? [] : [{ ...view, relation }];
    });
  };

  const personStep = async (
    step: Step,
    posted: { all: URLSearchParams; values: ReadonlyMap<string, string> } | undefined,
  ): Promise<Outcome> => {
    const signedIn = await sessionPerson(neighbours, step);
    if (signedIn === undefined) return { kind: 'fault', fault: 'expired', status: 400 };
    const { person, session } = signedIn;
    if (isDeclaring(step)) {
      const declaring = { ...step, person };
      return posted === undefined
        ? showEmergency(neighbours, declaring)
        : takeEmergency(neighbours, declaring, posted.values);
    }
    if (!mayAskFor(step.purposes, await crossReference.personAt(pool, person, step.audience), step.audience)) {
      const reason = 'the person may not ask for this purpose';
      const facts = { ...auditFacts(step, person), reason };
      if (step.device !== undefined) return refuseDevice(neighbours, { ...step, person }, step.device, facts);
      await neighbours.record('consent-denied', 'denied', facts);
      await noteResult(step, { error: 'access_denied', error_description: reason });
      return { kind: 'finished' };
    }
    const opening = await openLaunch(neighbours, step, person);
    if (opening.kind === 'refused') return refuseLaunch(neighbours, { ...step, person }, opening);
    if (opening.kind === 'given') return finishGiven(neighbours, { ...step, person }, opening.grantId);
    const launch = opening.kind === 'open' ? { ehrLaunch: opening.launch } : {};
    const launched = launch.ehrLaunch?.patient;
    const wanted = launched !== undefined || needsPatient(step.tokens);
    const acts =
      launched !== undefined
        ? [{ patient: launched, relation: 'patient' }]
        : wanted
          ? await people.patientsOf(person.sub, now())
          : [];
    const full: PersonStep = {
      ...step,
      ...launch,
      person,
      shared: session.transient === true,
      patients: await patientsOf(step, person, acts),
    };
    if (wanted && full.patients.length === 0) return { kind: 'fault', fault: 'no-patient', status: 403 };
    const patient = patientOf(full);
    if (wanted && patient === undefined) {
      if (posted === undefined) return showPatientChoice(neighbours, full);
      return posted.values.has('decision') ? { kind: 'again' } : takePatientChoice(neighbours, full, posted.values);
    }
    const visit = await encounterOf(neighbours, full, patient);
    if (visit.kind === 'choose') {
      const { encounters } = visit;
      if (posted === undefined) return showEncounterChoice(neighbours, full, patient, encounters);
      return posted.values.has('decision') || posted.values.has('patient')
        ? { kind: 'again' }
        : takeEncounterChoice(neighbours, full, patient, encounters, posted.values);
    }
    const encounter = visit.kind === 'known' ? visit.encounter : undefined;
    const settled = encounter === undefined ? withoutEncounter(full) : full;
    if (posted === undefined) return showConsent(neighbours, settled, patient);
    // An answer to another step than the one that is open, from a second tab or by the back button, is shown this one.
    return posted.values.has('decision')
      ? takeConsent(
          neighbours,
          settled,
          { ...(patient === undefined ? {} : { patient }), ...(encounter === undefined ? {} : { encounter }) },
          posted.all,
        )
      : { kind: 'again' };
  };

  const respond = (outcome: Outcome, step: Step, redirectUri: string): Response => {
    if (outcome.kind === 'fault') return responses.fault(outcome.fault, outcome.status, outcome.detail);
    if (outcome.kind === 'page') {
      const response = responses.html(outcome.document, outcome.status, redirectUri, outcome.script);
      if (outcome.retryAfterSeconds !== undefined)
        response.headers.set('retry-after', String(outcome.retryAfterSeconds));
      return response;
    }
    const headers = new Headers({ location: nextOf(outcome, step) });
    if (outcome.kind === 'finished' && outcome.setCookie !== undefined) headers.append('set-cookie', outcome.setCookie);
    hardenHeaders(issuer, headers, redirectUri);
    return new Response(null, { status: 303, headers });
  };

  return async (request: Request, uid: string, { address }: Connection): Promise<Response> => {
    if (request.method !== 'GET' && request.method !== 'POST') {
      const refused = responses.fault('method', 405);
      refused.headers.set('allow', 'GET, POST');
      return refused;
    }
    // The cookie binds the request to the browser in which it was begun.
    if (readCookie(request, cookies.interaction) !== uid) return responses.fault('expired', 400);
    const interaction = await provider.Interaction.find(uid);
    const params = interaction?.params as Readonly<{ [name: string]: string | undefined }> | undefined;
    const client = await clients.find(params?.client_id ?? '');
    const redirectUri = params?.redirect_uri;
    if (interaction === undefined || client === undefined || redirectUri === undefined)
      return responses.fault('expired', 400);
    const device = deviceOf(params ?? {}, keys);
    const step: Step = {
      interaction,
      request,
      ...(address === undefined ? {} : { address }),
      client,
      app: appView(client, device === undefined ? { returnsTo: returnHost(redirectUri) } : { device: device.code }),
      ...(device === undefined ? {} : { device }),
      action: `${issuer}/interaction/${uid}`,
      csrf: keys.seal(`interaction ${uid}`),
      tokens: (params?.affinity_scope ?? '').split(' ').filter((token) => token !== ''),
      audience: params?.affinity_audience ?? '',
      claims: (params?.affinity_claims ?? '').split(' ').filter((entry) => entry !== ''),
      servers: (params?.affinity_servers ?? '').split(' ').filter((base) => base !== ''),
      purposes: (params?.affinity_purpose ?? '').split(' ').filter((code) => code !== ''),
      ...(params?.affinity_launch === undefined ? {} : { launch: params.affinity_launch }),
    };
    const unchecked = interaction.prompt.name === 'unchecked';
    if (interaction.prompt.name === 'fault') {
      const [error = 'invalid_request', ...words] = (params?.affinity_fault ?? '').split(' ');
      await noteResult(step, { error, error_description: words.join(' ') });
      return respond({ kind: 'finished' }, step, redirectUri);
    }
    const signingIn = interaction.prompt.name === 'login';
    if (request.method === 'GET') {
      const shown = signingIn
        ? await showOpenStep(neighbours, step)
        : unchecked
          ? showUnchecked(neighbours, step)
          : await personStep(step, undefined);
      return respond(shown, step, redirectUri);
    }
    const form = await readForm(request, settings.requestCharacters);
    if (form.kind === 'fault') return responses.fault('bad-request', form.status);
    const { all, parameters } = form;
    if (!isOurForm(request, issuer, all, step.csrf)) return responses.fault('bad-request', 403);
    const { values } = parameters;
    const take = signingIn ? takeOpenStep : unchecked ? takeUnchecked : undefined;
    const outcome = await (take?.(neighbours, step, values) ?? personStep(step, { all, values }));
    return respond(outcome, step, redirectUri);
  };
}
