/**
 * Two worlds on PostgreSQL, with and without what a caller may not see, are asked the same by that caller, and answer the
 * same, byte for byte but for the sealed text of page links. FHIR R4 security.html#access-control.
 */

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { everything } from '@affinity/core/fhir/filter.ts';
import { inRequest } from '@affinity/gateway/request-context.ts';
import { createSourceBackend } from '@affinity/gateway/source-backend.ts';
import { ownBases, type StandingClinic } from '../clinic/clinic.ts';
import { createDice } from '../proofs/dice.ts';
import { accessOf, type Caller, type Reach } from './access-oracle.ts';
import { choosesIds, claimsOf, grantOf } from './callers.ts';
import { type ForeignKind, type ForeignSystem, type Ground, openForeignSystem } from './foreign-systems.ts';
import { checkLetters } from './letter-check.ts';
import { behindSocket, type Clock, digestOf, type Stage } from './stage.ts';
import { factsIn, onceOnly } from './world-facts.ts';
import { beginning, type Facts, type Planned, throughTypes } from './world-plan.ts';
import { drawLastRequests, drawRequest, type WorldRequest } from './world-requests.ts';
import { planWorld } from './worlds.ts';

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
export const fill = async (
  { backend, pool }: StandingClinic,
  plan: readonly Planned[],
  clock: Clock,
  seen: (facts: Facts) => boolean,
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
    if (hidden.length === 0) continue;
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

/**
 * What is in a record through what is hidden is there all the same: in the world without that, whose record it is must be
 * said, as nothing there says it any more.
 */
const keepOwners = async (whole: StandingClinic, less: StandingClinic, plan: readonly Planned[]): Promise<void> => {
  const through = plan.filter(({ type }) => throughTypes.includes(type));
  const of = [through.map(({ type }) => type), through.map(({ id }) => id)];
  const which = 'type = any($1) and id = any($2)';
  const said = `select rid, owner, owners, patients from resource where ${which}`;
  const known = JSON.stringify((await whole.pool.query(said, of)).rows);
  const changed = await less.pool.query<{ rid: string }>(
    `update resource r set owner = w.owner, owners = w.owners, patients = w.patients
     from jsonb_populate_recordset(null::resource, $1) w
     where r.rid = w.rid and r.owner is distinct from w.owner returning r.rid`,
    [known],
  );
  const rids = changed.rows.map(({ rid }) => rid);
  const { rows } = await whole.pool.query('select * from compartment where rid = any($1)', [rids]);
  await less.pool.query('insert into compartment select * from jsonb_populate_recordset(null::compartment, $1)', [
    JSON.stringify(rows),
  ]);
};

/** Where two texts part, with what is before and after; undefined: nowhere. */
const difference = (one: string, two: string): string | undefined => {
  if (one === two) return undefined;
  let at = 0;
  while (one[at] === two[at]) at += 1;
  const part = (text: string): string => text.slice(Math.max(0, at - 160), at + 400);
  return `\n  whole: … ${part(one)} …\n  less:  … ${part(two)} …`;
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
  sees: (facts: Facts) => boolean,
): Promise<readonly unknown[]> => {
  const hidden = plan.filter(({ versions }) => versions.slice(-1).some(({ facts }) => !sees(facts)));
  const { rows } = await pool.query(
    'select type, id, version, body from resource where type = any($1) and id = any($2) order by type, id',
    [hidden.map(({ type }) => type), hidden.map(({ id }) => id)],
  );
  const keys = new Set(hidden.map(({ type, id }) => `${type}/${id}`));
  return rows.filter(({ type, id }) => keys.has(`${type}/${id}`));
};

/** Versions outside the records that there are for the caller: nothing is written there. */
const rowsBeyond = async ({ pool }: StandingClinic, reach: Reach): Promise<readonly unknown[]> => {
  if (reach === 'everybody') return [];
  const beyond =
    'select type, id, version, owner from resource where owner is null or not owner = any($1) order by 1, 2';
  return (await pool.query(beyond, [reach])).rows;
};

/** What may be found is found: a policy that hid more than it must would leave two worlds equal, too. */
const countAll = async (
  { clinic, token }: World,
  plan: readonly Planned[],
  finds: (facts: Facts) => boolean,
): Promise<void> => {
  for (const type of ['Patient', 'Observation', 'Condition', 'Consent', 'Practitioner', 'Group']) {
    const current = plan.flatMap((one) => (one.type === type && !one.deleted ? one.versions.slice(-1) : []));
    const expected = current.filter(({ facts }) => finds(facts)).map(({ facts }) => facts.id);
    const answer = await clinic.send(`/${type}?_count=100&_elements=id`, token);
    const { entry = [] } = (await answer.json()) as { readonly entry?: readonly { resource: { id: string } }[] };
    const found = entry.map(({ resource }) => resource.id);
    assert.deepEqual(found.sort(), expected.sort(), `which of ${type} are found, ${answer.status}`);
  }
};

/** Answers that say no: after them the store is as it was before. */
const denials = new Set(['400', '401', '403', '404', '405', '409', '410', '412', '422']);

export interface Course {
  readonly seed: number;
  readonly requests: number;
  /** resources in the world, about */
  readonly size?: number;
  /** over a listening socket */
  readonly socket?: boolean;
  /** the records are a foreign system's behind the gateway, which behaves badly in a way that hangs on the seed */
  readonly gateway?: ForeignKind;
}

/** Of each type a resource that the caller may not see, as it stands in the whole world. */
const unseenOf = async (
  { backend }: StandingClinic,
  plan: readonly Planned[],
  sees: (facts: Facts) => boolean,
): Promise<ReadonlyMap<string, string>> => {
  const unseen = new Map<string, string>();
  for (const { type, id, versions } of plan) {
    if (unseen.has(type) || versions.some(({ facts }) => sees(facts))) continue;
    const read = await backend.read({ type, id }, everything);
    if (read.kind === 'found') unseen.set(type, read.version.body);
  }
  return unseen;
};

export const proveNonInterference = async (
  stage: Stage,
  caller: Caller,
  { seed, requests, size = 45, socket = false, gateway }: Course,
): Promise<InterferenceFigures> => {
  const dice = createDice(seed);
  const grant = grantOf(caller);
  const world = planWorld(dice, size, grant === undefined ? [] : [grant]);
  const { agreed } = world;
  // A foreign system does not keep whose record a resource was when it was written: it is told by what there is now.
  const plan = world.resources.filter(({ type }) => gateway === undefined || !throughTypes.includes(type));
  const { sees, reach } = accessOf(caller, agreed);
  const open = [
    ...new Set(plan.flatMap(({ type, versions }) => (versions.some(({ facts }) => sees(facts)) ? [type] : []))),
  ];
  const ids = fixedIds();
  const closing: (() => Promise<void>)[] = [];
  const systems: ForeignSystem[] = [];
  let unseen: ReadonlyMap<string, string> = new Map();
  const behindGateway = async (kind: ForeignKind, ground: Omit<Ground, 'seed' | 'another'>) => {
    const system = await openForeignSystem(kind, { ...ground, seed, another: (type) => unseen.get(type) });
    systems.push(system);
    closing.push(system.close);
    return { backend: createSourceBackend({ source: system.source, ownBases }), within: inRequest };
  };
  const sides = await stage.empty(async (clock, whole, own, url) => ({
    ...(gateway === undefined ? {} : await behindGateway(gateway, { backend: own, url, now: () => clock.now })),
    facts: onceOnly(factsIn(whole, caller, world)),
    updateCreate: !choosesIds(caller),
    now: () => clock.now,
  }));
  const openSide = async (side: 0 | 1): Promise<World> => {
    const { clinic: standing, clock } = sides[side];
    clock.now = beginning;
    await fill(standing, plan, clock, (given) => side === 0 || sees(given));
    const iat = Math.floor(beginning / 1000);
    const token = await standing.token({ iat, exp: iat + 86_400, jti: `token-${seed}`, ...claimsOf(caller) });
    const { clinic, close } = socket ? await behindSocket(standing) : { clinic: standing, close: async () => {} };
    closing.push(close);
    ids.restart(0);
    await clinic.send('/Patient/absent', token).then(textOf);
    return { clinic, token };
  };
  const instants = [beginning, beginning + plan.length * 1000] as const;
  const statuses: Record<string, number> = {};
  try {
    const whole = await openSide(0);
    const less = await openSide(1);
    await keepOwners(whole.clinic, less.clinic, plan);
    unseen = await unseenOf(whole.clinic, plan, sees);
    const before = await hiddenRows(whole.clinic, plan, sees);
    const beyond = await rowsBeyond(whole.clinic, reach);
    let stored: string | undefined = await digestOf(whole.clinic);
    const capabilities = whole.clinic.backend.capabilities;
    const same = async (number: number, request: WorldRequest, other = request): Promise<readonly [string, string]> => {
      const broken = systems.map((system) => system.broken());
      ids.restart(number);
      const one = await ask(whole, request);
      ids.restart(number);
      const two = await ask(less, other);
      const told = `request ${number}: ${request.init.method ?? 'GET'} ${request.path} ${JSON.stringify(request.init.headers ?? {})} ${String(request.init.body ?? '')}`;
      const apart = difference(one.replaceAll(sealed, ''), two.replaceAll(sealed, ''));
      assert.ok(apart === undefined, `${told}: ${apart}`);
      checkLetters(request, one, caller, plan, sees);
      const status = one.slice(0, 3);
      // An answer that could not be used is told as that, and only then.
      const isBroken = systems.length > 0 && systems.every((system, at) => system.broken() > (broken[at] ?? 0));
      assert.ok(
        !status.startsWith('5') || (status === '502' && isBroken),
        `${told}: ${one}\n${whole.clinic.log.slice(-2).join('\n')}`,
      );
      if (denials.has(status)) {
        const left = await digestOf(whole.clinic);
        if (stored !== undefined) assert.equal(left, stored, `${told}: ${status}, and the store is another`);
        stored = left;
      } else if (!['GET', 'HEAD', undefined].includes(request.init.method)) stored = undefined;
      statuses[status] = (statuses[status] ?? 0) + 1;
      return [one, two];
    };
    await countAll(whole, plan, (facts) => sees(facts, 's'));
    for (const system of systems) system.break();
    const drawing = { dice, open: open.length === 0 ? ['Patient'] : open, plan, instants, capabilities, number: 0 };
    for (let number = 1; number <= requests; number += 1) {
      for (const { clock } of sides) clock.now += 1000;
      let [one, two] = await same(number, drawRequest({ ...drawing, number }));
      for (let page = 0; page < 3; page += 1) {
        const relation = dice.one(['next', 'next', 'last', 'previous']);
        const [path, other] = [linkIn(one, relation), linkIn(two, relation)];
        if (path === undefined || other === undefined) break;
        [one, two] = await same(number, { path, init: {} }, { path: other, init: {} });
      }
    }
    for (const [at, request] of drawLastRequests(drawing).entries()) await same(requests + 1 + at, request);
    assert.deepEqual(await hiddenRows(whole.clinic, plan, sees), before, 'what is hidden is as it was');
    assert.deepEqual(await rowsBeyond(whole.clinic, reach), beyond, 'nothing is written beyond reach');
    return { requests, statuses };
  } finally {
    ids.restore();
    for (const close of closing) await close();
  }
};
