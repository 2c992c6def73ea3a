/**
 * What may be used once is used once, however many ask at once and at whichever process of the domain: codes, refresh
 * tokens, ids of assertions. RFC 6749 §4.1.2, §10.5; RFC 9700 §4.14.2; RFC 7523 §3.
 */
import assert from 'node:assert/strict';
import { after, before, suite, type TestContext, test } from 'node:test';
import { testDatabase } from '@affinity/store/testing/database.ts';
import { demonstration } from '../journeys/demonstration.ts';
import { type Domain, removeDirectory, startDomain } from '../journeys/domain.ts';
import {
  assertion,
  basic,
  bearer,
  clientsYaml,
  codeOf,
  createVisitor,
  obtainTokens,
  post,
  redeem,
  refresh,
  serviceFields,
  type Tokens,
  walk,
} from './caller.ts';

const rounds = 50;
const callers = 8;

suite('single use at two processes', () => {
  let domains: readonly [Domain, Domain];
  let origin: string;
  let stop: () => Promise<void>;
  before(async () => {
    const database = await testDatabase(undefined, demonstration(4));
    // Few connections: callers that wait for one another must not need more of them than there are.
    const yaml = `${clientsYaml}limits:\n  database_connections: 6\n`;
    const env = { DATABASE_URL: database.url, AFFINITY_DEMO_PATIENTS: '4' };
    const first = await startDomain({ yaml, env });
    origin = first.origin;
    const second = await startDomain({ yaml, env: { ...env, AFFINITY_ORIGIN: origin } });
    domains = [first, second];
    stop = async () => {
      await Promise.all(domains.map((domain) => domain.stop()));
      for (const { directory } of domains) removeDirectory(directory);
      await database.close();
    };
  });
  after(() => stop());

  /** Sent at once, in turn to both processes. */
  const together = (send: (at: string) => Promise<Response>): Promise<readonly Response[]> =>
    Promise.all(Array.from({ length: callers }, (_, lane) => send(domains[lane % 2 === 0 ? 0 : 1].origin)));

  const patientStatus = async (at: string, { access_token, patient }: Tokens): Promise<number> =>
    (await fetch(`${at}/fhir/Patient/${patient}`, { headers: bearer(access_token) })).status;

  /** Milliseconds until a token is refused at a process. */
  const untilRefused = async (at: string, tokens: Tokens): Promise<number> => {
    const began = performance.now();
    for (;;) {
      const status = await patientStatus(at, tokens);
      if (status === 401) return performance.now() - began;
      assert.ok(performance.now() - began < 10_000, `still ${status} after ten seconds`);
    }
  };

  const tell = (t: TestContext, what: string, times: readonly number[]): void => {
    const sorted = times.toSorted((one, other) => one - other);
    const [median, most] = [sorted[Math.floor(sorted.length / 2)] ?? 0, sorted.at(-1) ?? 0];
    t.diagnostic(`${what}: median ${median.toFixed(1)} ms, longest ${most.toFixed(1)} ms of ${times.length}`);
  };

  test('a code is redeemed once, and the others end what it gave, at both processes', async (t) => {
    const visitor = createVisitor(origin);
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const code = codeOf(await walk(visitor, origin));
      const answers = await together((at) => redeem(at, code));
      const given = answers.filter(({ status }) => status === 200);
      assert.equal(given.length, 1, `round ${round}: ${answers.map(({ status }) => status)}`);
      for (const answer of answers.filter(({ status }) => status !== 200)) {
        assert.equal(answer.status, 400);
        assert.equal(((await answer.json()) as { error: string }).error, 'invalid_grant');
      }
      const tokens = (await given[0]?.json()) as Tokens;
      const [one, other] = await Promise.all(domains.map((domain) => untilRefused(domain.origin, tokens)));
      times.push(one ?? 0, other ?? 0);
      const late = await refresh(origin, tokens.refresh_token);
      assert.equal(late.status, 400, 'the refresh token is dead too');
    }
    tell(t, 'after the replays were answered, the first tokens were dead within', times);
  });

  test('a code that is replayed later ends its tokens at the other process', async (t) => {
    const visitor = createVisitor(origin);
    const times: number[] = [];
    for (let round = 0; round < 10; round++) {
      const code = codeOf(await walk(visitor, origin));
      const tokens = (await (await redeem(domains[0].origin, code)).json()) as Tokens;
      assert.equal(await patientStatus(domains[1].origin, tokens), 200);
      assert.equal((await redeem(domains[0].origin, code)).status, 400);
      times.push(await untilRefused(domains[1].origin, tokens));
    }
    tell(t, 'dead at the other process', times);
  });

  test('seen in others: all who refresh at once get the same successor, and there is only one', async () => {
    let tokens = await obtainTokens(origin);
    for (let round = 0; round < rounds; round++) {
      const answers = await together((at) => refresh(at, tokens.refresh_token));
      const bodies = await Promise.all(answers.map((answer) => answer.text()));
      for (const answer of answers) assert.equal(answer.status, 200, bodies.join('\n'));
      assert.equal(new Set(bodies).size, 1, `round ${round}: more than one successor`);
      tokens = JSON.parse(bodies[0] ?? '') as Tokens;
    }
    for (const { origin: at } of domains) assert.equal(await patientStatus(at, tokens), 200);
  });

  test('many grants refreshed at once do not wait for one another for ever', async () => {
    const visitor = createVisitor(origin);
    const families: Tokens[] = [];
    for (let count = 0; count < 24; count++) {
      families.push((await (await redeem(origin, codeOf(await walk(visitor, origin)))).json()) as Tokens);
    }
    const answers = await Promise.all(
      families.map(({ refresh_token }, lane) => refresh(domains[lane % 2 === 0 ? 0 : 1].origin, refresh_token)),
    );
    assert.deepEqual(
      answers.map(({ status }) => status),
      families.map(() => 200),
    );
  });

  test('an assertion is taken once', async () => {
    for (let round = 0; round < rounds; round++) {
      const fields = serviceFields(await assertion(origin));
      const answers = await together((at) => post(`${at}/auth/token`, fields));
      assert.deepEqual(
        answers.map(({ status }) => status).toSorted(),
        [200, ...Array.from({ length: callers - 1 }, () => 401)],
        `round ${round}`,
      );
    }
  });

  test('what one process revokes is dead at the other', async (t) => {
    const times: number[] = [];
    const visitor = createVisitor(origin);
    for (let round = 0; round < 10; round++) {
      const tokens = (await (await redeem(origin, codeOf(await walk(visitor, origin)))).json()) as Tokens;
      assert.equal(await patientStatus(domains[1].origin, tokens), 200);
      const answer = await post(`${domains[0].origin}/auth/revoke`, { token: tokens.access_token }, basic());
      assert.equal(answer.status, 200);
      times.push(await untilRefused(domains[1].origin, tokens));
      assert.equal((await refresh(domains[1].origin, tokens.refresh_token)).status, 400);
    }
    tell(t, 'revoked at one process, dead at the other', times);
  });
});
