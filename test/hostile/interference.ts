/**
 * Two worlds on PostgreSQL, with and without what a caller may not see, are asked the same by that caller, and answer the
 * same, byte for byte but for the sealed text of page links. FHIR R4 security.html#access-control.
 */
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { everything } from '@affinity/core/fhir/filter.ts';
import type { ResourceServerOptions } from '@affinity/resource-server/resource-server.ts';
import { openClinic, type StandingClinic } from '../clinic/clinic.ts';
import { createDice } from '../proofs/dice.ts';
import type { Shape } from './token-shapes.ts';
import { drawRequest, type WorldRequest } from './world-requests.ts';
import { type Planned, planWorld } from './worlds.ts';

interface World {
  readonly clinic: StandingClinic;
  readonly token: string;
}

/** Ids that the server makes: the same in both worlds for the same request, so that no order hangs on them. */
const fixedIds = (): { restart(number: number): void; restore(): void } => {
  const original = crypto.randomUUID;
  let [request, made] = [0, 0];
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
  crypto.randomUUID = () => {
    made += 1;
    return `${hex(request, 8)}-0000-4000-8000-${hex(made, 12)}`;
  };
  syncBuiltinESMExports();
  return {
    restart: (number) => {
      request = number;
      made = 0;
    },
    restore: () => {
      crypto.randomUUID = original;
      syncBuiltinESMExports();
    },
  };
};

/** Writes the plan at fixed instants. `seen`: what is left of the world for somebody who may not see the rest. */
const fill = async (
  { backend, pool }: StandingClinic,
  plan: readonly Planned[],
  clock: { now: number },
  seen: (facts: Planned['versions'][number]['facts']) => boolean,
): Promise<void> => {
  const began = clock.now;
  for (const [number, { type, id, versions, deleted }] of plan.entries()) {
    const last = versions.at(-1);
    if (last === undefined || !seen(last.facts)) continue;
    for (const [at, { resource }] of versions.entries()) {
      clock.now = began + number * 1000 + at * 100;
      const written = { type, id, content: { resource, json: JSON.stringify(resource) } };
      await (at === 0 ? backend.create(written) : backend.update(written, everything));
    }
    clock.now = began + number * 1000 + 900;
    if (deleted) await backend.delete({ type, id }, everything);
    // A hidden version leaves its number behind.
    const hidden = versions.flatMap(({ facts }, at) => (seen(facts) ? [] : [at + 1]));
    await pool.query(
      `delete from resource_history h using resource f
       where f.rid = h.rid and f.type = $1 and f.id = $2 and h.version = any($3)`,
      [type, id, hidden],
    );
  }
  clock.now = began + plan.length * 1000;
};

const sealed = /_cursor=[\w-]+/g;

const textOf = async (response: Response): Promise<string> => {
  const headers = [...response.headers].filter(([name]) => name !== 'content-length');
  return `${response.status} ${JSON.stringify(headers)} ${await response.text()}`.replaceAll(/[ \t]+/g, ' ');
};

const ask = ({ clinic, token }: World, { path, init }: WorldRequest): Promise<string> => {
  const headers = new Headers(init.headers);
  headers.set('X-Request-Id', 'one');
  return clinic.send(path, token, { ...init, headers }).then(textOf);
};

const linkIn = (answer: string, relation: string): string | undefined => {
  const url = new RegExp(`"relation":"${relation}","url":"http://localhost:4000/fhir([^"]+)"`).exec(answer)?.[1];
  return url?.replaceAll('&amp;', '&');
};

export interface InterferenceFigures {
  readonly requests: number;
  readonly statuses: Readonly<Record<string, number>>;
}

/** Versions of what the caller may not see, which nothing that the caller does may change. */
const hiddenRows = async (
  { pool }: StandingClinic,
  plan: readonly Planned[],
  shape: Shape,
): Promise<readonly unknown[]> => {
  const hidden = plan.filter(({ versions }) => versions.slice(-1).some(({ facts }) => !shape.sees(facts)));
  const { rows } = await pool.query(
    'select type, id, version, body from resource where type = any($1) and id = any($2) order by type, id',
    [hidden.map(({ type }) => type), hidden.map(({ id }) => id)],
  );
  const keys = new Set(hidden.map(({ type, id }) => `${type}/${id}`));
  return rows.filter(({ type, id }) => keys.has(`${type}/${id}`));
};

/** @param urls of two migrated databases of its own */
export const proveNonInterference = async (
  urls: readonly [string, string],
  shape: Shape,
  { seed, requests, size = 45 }: { readonly seed: number; readonly requests: number; readonly size?: number },
  options: Partial<ResourceServerOptions> = {},
): Promise<InterferenceFigures> => {
  const dice = createDice(seed);
  const plan = planWorld(dice, size);
  const began = Date.now() - (plan.length + requests) * 1000;
  const clocks: readonly [{ now: number }, { now: number }] = [{ now: began }, { now: began }];
  const open = [
    ...new Set(plan.flatMap(({ type, versions }) => (versions.some(({ facts }) => shape.sees(facts)) ? [type] : []))),
  ];
  const ids = fixedIds();
  const opened: StandingClinic[] = [];
  const openSide = async (side: 0 | 1): Promise<World> => {
    const facts = {
      facts: () => ({ patientsOf: shape.patientsOf ?? [] }),
      updateCreate: shape.choosesIds !== true,
      now: () => clocks[side].now,
    };
    const clinic = await openClinic(urls[side], { ...facts, ...options, connections: 4 });
    opened.push(clinic);
    await fill(clinic, plan, clocks[side], (given) => side === 0 || shape.sees(given));
    const token = await clinic.token({ iat: Math.floor(began / 1000), ...shape.claims });
    ids.restart(0);
    await clinic.send('/Patient/absent', token).then(textOf);
    return { clinic, token };
  };
  const instants = [began, began + plan.length * 1000] as const;
  const statuses: Record<string, number> = {};
  try {
    const whole = await openSide(0);
    const less = await openSide(1);
    const before = await hiddenRows(whole.clinic, plan, shape);
    const capabilities = whole.clinic.backend.capabilities;
    const same = async (number: number, request: WorldRequest, other = request): Promise<readonly [string, string]> => {
      ids.restart(number);
      const one = await ask(whole, request);
      ids.restart(number);
      const two = await ask(less, other);
      const told = `seed ${seed}, ${shape.name}, request ${number}: ${request.init.method ?? 'GET'} ${request.path} ${JSON.stringify(request.init.headers ?? {})} ${String(request.init.body ?? '')}`;
      assert.equal(one.replaceAll(sealed, ''), two.replaceAll(sealed, ''), told);
      const status = one.slice(0, 3);
      assert.ok(!status.startsWith('5'), `${told}: ${one}\n${whole.clinic.log.slice(-2).join('\n')}`);
      statuses[status] = (statuses[status] ?? 0) + 1;
      return [one, two];
    };
    for (let number = 1; number <= requests; number += 1) {
      for (const clock of clocks) clock.now += 1000;
      let [one, two] = await same(number, drawRequest({ dice, open, plan, instants, capabilities, number }));
      for (let page = 0; page < 3; page += 1) {
        const relation = dice.one(['next', 'next', 'last', 'previous']);
        const [path, other] = [linkIn(one, relation), linkIn(two, relation)];
        if (path === undefined || other === undefined) break;
        [one, two] = await same(number, { path, init: {} }, { path: other, init: {} });
      }
    }
    assert.deepEqual(await hiddenRows(whole.clinic, plan, shape), before, 'what is hidden is as it was');
    return { requests, statuses };
  } finally {
    ids.restore();
    for (const clinic of opened) await clinic.close();
  }
};
