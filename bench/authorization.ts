/** The endpoints that apps call, ours with everything durable against bare oidc-provider in memory: one interleaved run. */
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { Agent, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { importJWK, type JWK, SignJWT } from 'jose';
import { processorOf } from './processes.ts';
import type { Round } from './serving.ts';

export const candidates = ['affinity', 'bare'] as const;
export type Candidate = (typeof candidates)[number];

/** Codes that are asked of the measured process before a round; `opaque`: of the kind whose tokens can be introspected. */
export interface Wish {
  readonly candidate: Candidate;
  readonly codes: number;
  readonly opaque: boolean;
}
export type Stock = readonly string[];

interface Started {
  readonly addresses: Readonly<Record<Candidate, string>>;
  readonly secret: string;
  readonly redirectUri: string;
  readonly verifier: string;
  readonly key: JWK;
}

export const scenarios = ['discovery', 'client credentials', 'code exchange', 'refresh', 'introspection'] as const;
export type Scenario = (typeof scenarios)[number];

export interface AuthorizationFigures {
  readonly scenario: Scenario;
  readonly rounds: Readonly<Record<Candidate, readonly Round[]>>;
}

type Fields = Readonly<Record<string, string>>;
interface Answer {
  readonly status: number;
  readonly text: string;
}

const connections = 32;
const agent = new Agent({ keepAlive: true, maxSockets: connections });

const send = (url: string, fields?: Fields): Promise<Answer> =>
  new Promise((done, fail) => {
    const body = fields === undefined ? undefined : new URLSearchParams(fields).toString();
    const headers =
      body === undefined
        ? {}
        : { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(body) };
    const sent = httpRequest(url, { agent, method: body === undefined ? 'GET' : 'POST', headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', fail);
      response.on('end', () => done({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString() }));
    });
    sent.on('error', fail);
    sent.end(body);
  });

/** One caller's next request: made before the round where it costs something to make, or from the answer before. */
type Caller = (answer: Answer | undefined) => { readonly path: string; readonly fields?: Fields } | undefined;

/** @param count requests of a round where each has to be made beforehand @param seconds of a round otherwise */
export const measureAuthorization = async (
  wanted: readonly Scenario[],
  { rounds, seconds, count }: { readonly rounds: number; readonly seconds: number; readonly count: number },
  told: (figures: AuthorizationFigures) => void,
): Promise<void> => {
  const server = fork(join(import.meta.dirname, 'authorization-server.ts'));
  const ended = new Promise<never>((_, fail) =>
    server.once('exit', (code) => fail(new Error(`the measured process ended with ${code}`))),
  );
  const heard = <Message>(): Promise<Message> =>
    Promise.race([
      new Promise<Message>((done) => server.once('message', (message) => done(message as Message))),
      ended,
    ]);
  const { addresses, secret, redirectUri, verifier, key } = await heard<Started>();
  const privateKey = await importJWK(key, 'ES384');
  const own = { client_id: 'web', client_secret: secret };

  const codes = async (candidate: Candidate, wanted: number, opaque = false): Promise<Stock> => {
    server.send({ candidate, codes: wanted, opaque } satisfies Wish);
    return heard<Stock>();
  };
  const exchange = (code: string): Fields => ({
    ...own,
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
  });
  const tokensOf = async (candidate: Candidate, code: string): Promise<Record<string, string>> => {
    const answer = await send(`${addresses[candidate]}/token`, exchange(code));
    if (answer.status !== 200) throw new Error(`${candidate}: ${answer.text}`);
    return JSON.parse(answer.text) as Record<string, string>;
  };
  const assertions = async (candidate: Candidate, wanted: number): Promise<readonly string[]> => {
    const issuer = candidate === 'affinity' ? 'http://localhost:4000/auth' : 'http://localhost:4001';
    const sign = (): Promise<string> =>
      new SignJWT({ jti: randomBytes(16).toString('hex') })
        .setProtectedHeader({ alg: 'ES384', kid: 'k1', typ: 'JWT' })
        .setIssuer('service')
        .setSubject('service')
        .setAudience(candidate === 'affinity' ? `${issuer}/token` : issuer)
        .setIssuedAt()
        .setExpirationTime('30m')
        .sign(privateKey);
    return Promise.all(Array.from({ length: wanted }, sign));
  };

  const fromStock =
    (stock: readonly Fields[]): (() => Caller) =>
    () => {
      return () => {
        const fields = stock[taken++];
        return fields === undefined ? undefined : { path: '/token', fields };
      };
    };
  let taken = 0;

  /** What each of the callers does in this scenario. */
  const prepare = async (scenario: Scenario, candidate: Candidate, few: boolean): Promise<() => Caller> => {
    taken = 0;
    const wanted = few ? Math.ceil(count / 4) : count;
    switch (scenario) {
      case 'discovery':
        return () => () => ({ path: '/.well-known/openid-configuration' });
      case 'client credentials': {
        const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
        const signed = await assertions(candidate, wanted);
        const resource = candidate === 'bare' ? { resource: 'http://localhost:4000/fhir' } : {};
        return fromStock(
          signed.map((client_assertion) => ({
            grant_type: 'client_credentials',
            scope: 'system/Observation.rs',
            client_assertion_type: type,
            client_assertion,
            ...resource,
          })),
        );
      }
      case 'code exchange':
        return fromStock((await codes(candidate, wanted)).map(exchange));
      case 'refresh': {
        const firsts = await Promise.all(
          (await codes(candidate, connections)).map(async (code) => (await tokensOf(candidate, code)).refresh_token),
        );
        return () => {
          let token = firsts.pop() ?? '';
          return (answer) => {
            if (answer !== undefined) token = (JSON.parse(answer.text) as { refresh_token: string }).refresh_token;
            return { path: '/token', fields: { ...own, grant_type: 'refresh_token', refresh_token: token } };
          };
        };
      }
      case 'introspection': {
        const [code = ''] = await codes(candidate, 1, candidate === 'bare');
        const { access_token: token = '' } = await tokensOf(candidate, code);
        const path = candidate === 'bare' ? '/token/introspection' : '/introspect';
        return () => () => ({ path, fields: { ...own, token } });
      }
    }
  };

  /** @returns what was answered in how many seconds */
  const load = async (scenario: Scenario, candidate: Candidate, few: boolean) => {
    const make = await prepare(scenario, candidate, few);
    const callers = Array.from({ length: connections }, make);
    const before = processorOf(server.pid ?? 0);
    const began = performance.now();
    const until = began + (few ? seconds / 2 : seconds) * 1000;
    let answers = 0;
    await Promise.all(
      callers.map(async (next) => {
        let answer: Answer | undefined;
        while (performance.now() < until) {
          const asked = next(answer);
          if (asked === undefined) return;
          answer = await send(`${addresses[candidate]}${asked.path}`, asked.fields);
          if (answer.status !== 200 || (scenario === 'introspection' && !answer.text.includes('"active":true')))
            throw new Error(`${candidate}, ${scenario}: ${answer.status} ${answer.text}`);
          answers++;
        }
      }),
    );
    const took = (performance.now() - began) / 1000;
    const after = processorOf(server.pid ?? 0);
    return {
      perSecond: answers / took,
      node: (after.own - before.own) / answers,
      postgres: (after.others - before.others) / answers,
    };
  };

  try {
    for (const scenario of wanted) {
      const measured: Record<Candidate, Round[]> = { affinity: [], bare: [] };
      for (const candidate of candidates) await load(scenario, candidate, true);
      for (let round = 0; round < rounds; round++)
        for (const candidate of round % 2 === 0 ? candidates : [...candidates].reverse())
          measured[candidate].push(await load(scenario, candidate, false));
      told({ scenario, rounds: measured });
    }
  } finally {
    ended.catch(() => {});
    server.send('stop');
  }
};
