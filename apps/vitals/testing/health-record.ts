/** A health record for tests, as one `fetch`: it signs one person in at once and answers FHIR searches from a list. SMART App Launch 2.2. */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import * as jose from 'jose';

export interface HealthRecord {
  readonly fetch: typeof globalThis.fetch;
  readonly iss: string;
  readonly requests: readonly { readonly method: string; readonly url: string; readonly body: string }[];
  /** scope that the person allows; undefined: all that is asked for */
  scope: string | undefined;
  /** HTTP status for any FHIR path that holds this text */
  refuse: { readonly path: string; readonly status: number } | undefined;
  fhirUser: string;
  /** what else the token response says */
  context: Readonly<Record<string, unknown>>;
  resources: readonly Resource[];
  patient: Resource;
  /** the address to come back to, for the authorization address that the app sent the person to */
  allow(url: string): string;
  /** ends all tokens, refresh tokens too */
  end(): void;
}

export const patient: Resource = {
  resourceType: 'Patient',
  id: 'p1',
  name: [{ use: 'official', family: 'Okafor', given: ['Amara', 'Ruth'] }],
  birthDate: '1951-05-03',
};

export async function createHealthRecord(origin: string): Promise<HealthRecord> {
  const keys = await jose.generateKeyPair('RS256', { extractable: true });
  const jwks = { keys: [{ ...(await jose.exportJWK(keys.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }] };
  const codes = new Map<string, { readonly nonce: string; readonly scope: string }>();
  const requests: { method: string; url: string; body: string }[] = [];
  const iss = `${origin}/fhir`;
  let alive = true;
  let serial = 0;
  const json = (value: unknown, status = 200) => Response.json(value, { status });

  async function answerToken(body: URLSearchParams): Promise<Response> {
    serial += 1;
    const tokens = {
      access_token: `access-secret-${serial}`,
      refresh_token: `refresh-secret-${serial}`,
      token_type: 'Bearer',
      expires_in: 300,
    };
    if (body.get('grant_type') === 'refresh_token') return alive ? json(tokens) : json({ error: 'invalid_grant' }, 400);
    const code = codes.get(body.get('code') ?? '');
    if (code === undefined) return json({ error: 'invalid_grant' }, 400);
    const id_token = await new jose.SignJWT({ nonce: code.nonce, fhirUser: record.fhirUser })
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .setIssuer(`${origin}/auth`)
      .setSubject('u1')
      .setAudience('vitals')
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(keys.privateKey);
    return json({ ...tokens, ...record.context, id_token, patient: 'p1', scope: record.scope ?? code.scope });
  }

  function answerSearch(url: URL): Response {
    const codesAsked = (url.searchParams.get('code') ?? '').split(',').map((code) => code.split('|')[1]);
    const found = record.resources.filter(({ code }) =>
      (code as { coding: { code: string }[] }).coding.some((coding) => codesAsked.includes(coding.code)),
    );
    const [count, offset] = [Number(url.searchParams.get('_count')), Number(url.searchParams.get('offset'))];
    const next = new URL(url);
    next.searchParams.set('offset', String(offset + count));
    return json({
      resourceType: 'Bundle',
      type: 'searchset',
      entry: found.slice(offset, offset + count).map((resource) => ({ resource, search: { mode: 'match' } })),
      link: offset + count < found.length ? [{ relation: 'next', url: next.href }] : [],
    });
  }

  const record: HealthRecord = {
    iss,
    requests,
    scope: undefined,
    refuse: undefined,
    fhirUser: `${iss}/Patient/p1`,
    context: {},
    resources: [],
    patient,
    allow(address) {
      const asked = new URL(address).searchParams;
      const code = `code-secret-${codes.size}`;
      codes.set(code, { nonce: asked.get('nonce') ?? '', scope: asked.get('scope') ?? '' });
      const back = new URL(asked.get('redirect_uri') ?? '');
      const answer = { code, state: asked.get('state') ?? '', iss: `${origin}/auth` };
      for (const [name, value] of Object.entries(answer)) back.searchParams.set(name, value);
      return back.href;
    },
    end() {
      alive = false;
      record.refuse = { path: '/fhir/', status: 401 };
    },
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const url = new URL(request.url);
      const body = await request.text();
      requests.push({ method: request.method, url: url.href, body });
      const endpoints = {
        issuer: `${origin}/auth`,
        authorization_endpoint: `${origin}/auth/authorize`,
        token_endpoint: `${origin}/auth/token`,
        revocation_endpoint: `${origin}/auth/revoke`,
        jwks_uri: `${origin}/auth/jwks`,
        management_endpoint: `${origin}/my-apps`,
      };
      if (url.pathname.includes('.well-known')) return json(endpoints);
      if (url.pathname === '/auth/jwks') return json(jwks);
      if (url.pathname === '/auth/token') return answerToken(new URLSearchParams(body));
      if (url.pathname === '/auth/revoke')
        return new Response(null, { status: record.refuse?.path === '/auth/revoke' ? 503 : 200 });
      if (record.refuse !== undefined && url.href.includes(record.refuse.path)) return json({}, record.refuse.status);
      return url.pathname === '/fhir/Patient/p1' ? json(record.patient) : answerSearch(url);
    },
  };
  return record;
}

const coded = (code: string) => ({ coding: [{ system: 'http://loinc.org', code }] });
const quantity = (value: number | undefined, unit: string) =>
  value === undefined ? {} : { valueQuantity: { value, unit, system: 'http://unitsofmeasure.org', code: unit } };

/** An Observation with a value, or without one where somebody tried in vain. */
export const measured = (
  code: string,
  date: string,
  value: number | undefined,
  unit: string,
  more: object = {},
): Resource => ({
  resourceType: 'Observation',
  status: 'final',
  code: coded(code),
  effectiveDateTime: date,
  ...quantity(value, unit),
  ...more,
});

export const bloodPressure = (date: string, upper: number | undefined, lower: number | undefined): Resource => ({
  ...measured('85354-9', date, undefined, ''),
  component: [
    { code: coded('8480-6'), ...quantity(upper, 'mm[Hg]') },
    { code: coded('8462-4'), ...quantity(lower, 'mm[Hg]') },
  ],
});
