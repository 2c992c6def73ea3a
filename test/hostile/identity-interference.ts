/**
 * Two identity servers, with and without the records that a caller may not see, are asked the same by that caller and answer
 * the same: $match, $ihe-pix, searches, their totals and pages, reads and histories. IHE PIXm, PDQm; FHIR R4
 * security.html#access-control.
 */
import assert from 'node:assert/strict';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { base, blue, home, type IdentityServer, red } from '@affinity/identity/testing/identity-server.ts';
import { nationalNumber, population } from '@affinity/identity/testing/population.ts';
import { createDice, type Dice } from '../proofs/dice.ts';
import { textOfAnswer } from './answer-text.ts';

export interface Asker {
  readonly name: string;
  /** `patient`: a record of the world that the token is about */
  claims(patient: string): Readonly<Record<string, unknown>>;
  sees(record: PlannedRecord, patient: string): boolean;
}

export interface PlannedRecord {
  readonly id: string;
  readonly patient: Resource;
  readonly confidential: boolean;
  /** under which id the home knows it */
  readonly atHome?: string;
}

const service = { sub: 'asker', client_id: 'asker', grant_id: undefined, patient: undefined };
export const askers: readonly Asker[] = [
  {
    name: 'a service that may not see what is confidential',
    claims: () => ({ ...service, scope: 'system/*.rs' }),
    sees: ({ confidential }) => !confidential,
  },
  {
    name: 'a patient, who sees their own record alone',
    claims: (patient) => ({ client_id: 'app', patient, scope: 'launch/patient patient/*.rs' }),
    sees: ({ id, confidential }, patient) => id === patient && !confidential,
  },
];

const label = { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' };
const insurance = 'urn:insurance';

/** Records that are much alike, told by several sources, two of five of them confidential. */
export const planIdentities = (dice: Dice, seed: number, size = 14): readonly PlannedRecord[] => {
  const people = population(seed, 90, 'hard');
  const often = new Set(people.filter(({ id }) => !id.endsWith('-0')).map(({ person }) => person));
  const alike = people.filter(({ person }) => often.has(person));
  const chosen = [...alike.slice(0, size - 3), ...people.slice(0, 3)].slice(0, size);
  return chosen.map(({ person, patient }, at): PlannedRecord => {
    const id = `w${seed}-${at}`;
    const confidential = dice.chance(0.4);
    const own = [{ system: dice.one([red, blue]), value: `n${seed}-${dice.below(size)}` }];
    const shared = dice.chance(0.4) ? [{ system: insurance, value: `i${seed}-${person}` }] : [];
    const rare = dice.chance(0.2) ? [{ system: `urn:rare:${seed}-${dice.below(3)}`, value: '1' }] : [];
    const told = Array.isArray(patient.identifier) ? patient.identifier : [];
    const survivor = dice.chance(0.1) && at > 0 ? `w${seed}-${dice.below(at)}` : undefined;
    return {
      id,
      confidential,
      patient: {
        ...patient,
        id,
        active: survivor === undefined,
        identifier: [...told, ...own, ...shared, ...rare],
        ...(survivor === undefined
          ? {}
          : { link: [{ type: 'replaced-by', other: { reference: `Patient/${survivor}` } }] }),
        ...(confidential ? { meta: { security: [label] } } : {}),
      },
      ...(dice.chance(0.3) ? { atHome: `h${seed}-${at}` } : {}),
    };
  });
};

/** Each written by itself and linked before the next: what comes later must not tell of what came before. */
const fill = async ({ pool, store, settle }: IdentityServer, records: readonly PlannedRecord[]): Promise<void> => {
  for (const { id, patient, atHome } of records) {
    if (atHome !== undefined)
      await pool.query('insert into person_place (record, base, patient) values ($1, $2, $3)', [id, home, atHome]);
    await store.create({ type: 'Patient', id, content: { resource: patient, json: JSON.stringify(patient) } });
    await settle();
  }
};

interface Request {
  readonly path: string;
  readonly init?: RequestInit;
}

const first = (value: unknown): Readonly<Record<string, unknown>> => (Array.isArray(value) ? (value[0] ?? {}) : {});
const encoded = (value: unknown): string => encodeURIComponent(String(value));
const json = { 'Content-Type': 'application/fhir+json' };

const drawIdentifier = (dice: Dice, record: PlannedRecord, seed: number): string => {
  const identifiers = record.patient.identifier as readonly { readonly system: string; readonly value: string }[];
  const { system, value } = dice.one(identifiers);
  return dice.one([
    `${system}|${value}`,
    `${system}|${value}`,
    `${home}|Patient/${record.atHome ?? 'h0-0'}`,
    `${base}|Patient/${record.id}`,
    `urn:rare:${seed}-${dice.below(4)}|1`,
    `${system}|absent`,
  ]);
};

const drawMatch = (dice: Dice, { patient }: PlannedRecord): Request => {
  const { id: _, meta: __, link: ___, ...asked } = patient;
  const fewer = dice.chance(0.3) ? { ...asked, identifier: [] } : asked;
  const parameter: object[] = [{ name: 'resource', resource: fewer }];
  if (dice.chance(0.4)) parameter.push({ name: 'onlyCertainMatches', valueBoolean: true });
  if (dice.chance(0.4)) parameter.push({ name: 'count', valueInteger: 1 + dice.below(3) });
  const body = JSON.stringify({ resourceType: 'Parameters', parameter });
  return { path: '/Patient/$match', init: { method: 'POST', headers: json, body } };
};

const drawPix = (dice: Dice, record: PlannedRecord, seed: number): Request => {
  const targets = [
    red,
    blue,
    home,
    base,
    nationalNumber,
    insurance,
    `urn:rare:${seed}-${dice.below(4)}`,
    'urn:nowhere',
  ];
  const wanted = dice.chance(0.5) ? `&targetSystem=${encoded(dice.one(targets))}` : '';
  return { path: `/Patient/$ihe-pix?sourceIdentifier=${encoded(drawIdentifier(dice, record, seed))}${wanted}` };
};

const drawSearch = (dice: Dice, record: PlannedRecord, seed: number): Request => {
  const { patient, id } = record;
  const name = first(patient.name);
  const town = first(patient.address).city;
  const how = dice.one([
    '',
    '&_total=accurate',
    '&_count=1',
    '&_count=2&_total=accurate',
    '&_count=0',
    '&_summary=count',
  ]);
  const sort = dice.one(['', '', '&_sort=family', '&_sort=-birthdate', '&_sort=_lastUpdated']);
  const by = dice.one([
    `family=${encoded(String(name.family ?? 'A').slice(0, 3))}`,
    `family:exact=${encoded(name.family)}&given=${encoded(first(name.given))}`,
    `birthdate=${encoded(patient.birthDate ?? '1970')}`,
    `birthdate=gt1950`,
    `identifier=${encoded(drawIdentifier(dice, record, seed))}`,
    `identifier=${encoded(`urn:rare:${seed}-${dice.below(4)}|`)}`,
    `identifier=${encoded(`|n${seed}-1`)}`,
    `address-city=${encoded(town ?? 'X')}`,
    `_id=${id}`,
    `link=Patient/${id}`,
    `link.family=${encoded(String(name.family ?? 'A').slice(0, 2))}`,
    `_has:Patient:link:_id=${id}`,
    'active=true',
    'gender=male',
    '_security=R',
    `_id=${id}&_include=Patient:link&_revinclude=Patient:link`,
  ]);
  return { path: `/Patient?${by}${how}${sort}` };
};

const drawOther = (dice: Dice, { id }: PlannedRecord): Request => ({
  path: dice.one([
    `/Patient/${id}`,
    `/Patient/${id}/_history`,
    `/Patient/${id}/_history/1`,
    '/Patient/_history?_count=3',
    '/_history?_count=3',
    `/?_type=Patient&_id=${id}`,
    `/Patient/${id}/$everything`,
    '/metadata',
  ]),
});

/** @param own a record that the caller may well see, and is asked about more often */
const drawRequest = (dice: Dice, records: readonly PlannedRecord[], own: PlannedRecord, seed: number): Request => {
  const record = dice.chance(0.3) ? own : dice.one(records);
  const kind = dice.below(10);
  if (kind < 3) return drawMatch(dice, record);
  if (kind < 6) return drawPix(dice, record, seed);
  return kind < 9 ? drawSearch(dice, record, seed) : drawOther(dice, record);
};

export interface IdentityFigures {
  readonly statuses: Readonly<Record<string, number>>;
  /** answers that told of somebody */
  readonly telling: number;
}

/** The servers keep what earlier worlds put in: of it too the less one holds only what was seen. */
export const proveIdentities = async (
  [whole, less]: readonly [IdentityServer, IdentityServer],
  asker: Asker,
  { seed, requests }: { readonly seed: number; readonly requests: number },
): Promise<IdentityFigures> => {
  const dice = createDice(seed);
  const records = planIdentities(dice, seed);
  const own = dice.one(records.filter(({ confidential }) => !confidential));
  const patient = own.id;
  await fill(whole, records);
  await fill(
    less,
    records.filter((record) => asker.sees(record, patient)),
  );
  const claims = asker.claims(patient);
  const tokens = [await whole.clinic.token(claims), await less.clinic.token(claims)] as const;
  const ask = async (side: IdentityServer, token: string, { path, init = {} }: Request): Promise<Response> =>
    side.clinic.send(path, token, { ...init, headers: { ...init.headers, 'X-Request-Id': 'one' } });
  const statuses: Record<string, number> = {};
  let telling = 0;
  for (let number = 0; number < requests; number += 1) {
    let asked: readonly [Request, Request] | undefined = (() => {
      const request = drawRequest(dice, records, own, seed);
      return [request, request] as const;
    })();
    for (let page = 0; page < 4 && asked !== undefined; page += 1) {
      const one: Response = await ask(whole, tokens[0], asked[0]);
      const two: Response = await ask(less, tokens[1], asked[1]);
      const [oneAgain, twoAgain] = [one.clone(), two.clone()];
      const told: string = await textOfAnswer(one);
      const toldThere: string = await textOfAnswer(two);
      const what: string = `seed ${seed}, request ${number}: ${asked[0].path} ${String(asked[0].init?.body ?? '')}`;
      assert.equal(told, toldThere, what);
      assert.ok(one.status < 500, `${what}: ${told}`);
      statuses[one.status] = (statuses[one.status] ?? 0) + 1;
      if (told.includes('"resourceType":"Patient"') || told.includes('targetId')) telling += 1;
      const [next, nextThere] = [await nextOf(oneAgain), await nextOf(twoAgain)];
      asked = next === undefined || nextThere === undefined ? undefined : [{ path: next }, { path: nextThere }];
    }
  }
  return { statuses, telling };
};

const nextOf = async (response: Response): Promise<string | undefined> => {
  const { link = [] } = (await response.json().catch(() => ({}))) as {
    readonly link?: readonly { readonly relation: string; readonly url: string }[];
  };
  if (!Array.isArray(link)) return undefined;
  return link.find(({ relation }) => relation === 'next')?.url.slice(base.length);
};
