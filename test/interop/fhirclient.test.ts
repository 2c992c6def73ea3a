/** The SMART library of smarthealthit.org against the domain: launches, the record, refresh. SMART App Launch 2.2. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, suite, test } from 'node:test';
import smart from 'fhirclient';
import { createVisitor, walkFrom } from '../hostile/caller.ts';
import { type Domain, removeDirectory, startDomain } from '../journeys/domain.ts';
import { appSecret, clientsOf, launchUrlFromEhr } from './domain-clients.ts';

type SmartClient = Awaited<ReturnType<ReturnType<typeof smart>['ready']>>;

/** An app as the library's own documentation writes it: one address to launch, one to come back to. */
const openApp = async () => {
  const held = new Map<string, unknown>();
  const storage = {
    get: async (key: string) => held.get(key),
    set: async (key: string, value: unknown) => (held.set(key, value), value),
    unset: async (key: string) => held.delete(key),
  };
  let ready: SmartClient | undefined;
  let settings: Record<string, unknown> = {};
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const at = smart(request as never, response as never, storage as never);
    if (request.url?.startsWith('/launch') === true) return void (await at.authorize(settings as never));
    ready = await at.ready();
    response.end('ready');
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address,
    configure: (given: Record<string, unknown>) => {
      settings = { redirectUri: `${address}/callback`, pkceMode: 'required', ...given };
    },
    client: () => ready ?? assert.fail('the library is not ready'),
    close: () => server.close(),
  };
};

suite('fhirclient', () => {
  let domain: Domain;
  let app: Awaited<ReturnType<typeof openApp>>;
  before(async () => {
    app = await openApp();
    domain = await startDomain({ yaml: clientsOf(app.address) });
  });
  after(async () => {
    app.close();
    assert.equal(await domain.stop(), 0, domain.output());
    removeDirectory(domain.directory);
  });

  /** From the app's launch address through our pages and back into the app. */
  const launch = async (query: string, username: string): Promise<void> => {
    const begun = await fetch(`${app.address}/launch${query}`, { redirect: 'manual' });
    const url = begun.headers.get('location') ?? assert.fail(await begun.text());
    const back = await walkFrom(createVisitor(domain.origin), url, { username });
    const returned = await fetch(back.headers.get('location') ?? assert.fail('not sent back'));
    assert.equal(returned.status, 200, await returned.text());
  };
  const readPatient = async (): Promise<string> => {
    const patient = (await app.client().patient.read()) as { resourceType: string; id: string };
    assert.equal(patient.resourceType, 'Patient');
    return patient.id;
  };

  test('standalone launch, public app; the record of the patient in context; refresh', async () => {
    app.configure({
      clientId: 'public-app',
      iss: `${domain.origin}/fhir`,
      scope: 'openid fhirUser launch/patient offline_access patient/Patient.rs patient/Observation.rs',
    });
    await launch('', 'ana');
    const id = await readPatient();
    assert.equal(app.client().patient.id, id);
    assert.match(app.client().user.fhirUser ?? '', /Patient\//);
    const bundle = (await app.client().request(`Observation?patient=${id}&_count=2`)) as { type: string };
    assert.equal(bundle.type, 'searchset');
    const before = app.client().getState('tokenResponse.access_token');
    await app.client().refresh();
    assert.notEqual(app.client().getState('tokenResponse.access_token'), before);
    assert.equal(await readPatient(), id);
  });

  test('standalone launch, confidential app with a secret', async () => {
    app.configure({
      clientId: 'secret-app',
      clientSecret: appSecret,
      iss: `${domain.origin}/fhir`,
      scope: 'openid fhirUser launch/patient patient/Patient.read',
    });
    await launch('', 'ben');
    await readPatient();
  });

  test('EHR launch: patient and banner come from the record system', async () => {
    app.configure({ clientId: 'public-app', scope: 'launch openid fhirUser patient/Patient.rs patient/Encounter.rs' });
    const { url, username, patient } = await launchUrlFromEhr(domain.origin, 'public-app');
    assert.ok(url.startsWith(`${app.address}/launch?`), url);
    await launch(new URL(url).search, username);
    assert.equal(await readPatient(), patient);
    assert.equal(app.client().getState('tokenResponse.need_patient_banner'), true);
  });
});
