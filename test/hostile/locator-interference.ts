/**
 * Two record locators, with and without the entries that a caller may not see, are asked the same by that caller and answer the
 * same: searches by person and by what is in an entry, totals, pages, documents. What is of somebody who has opted out is
 * hidden from everybody. IHE MHD ITI-66, ITI-67, ITI-68; FHIR R4 security.html#access-control.
 */
import assert from 'node:assert/strict';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { reference, sha1, submissionSet, text } from '@affinity/record-locator/testing/documents.ts';
import { base, type TestLocator } from '@affinity/record-locator/testing/locator.ts';
import { createDice, type Dice } from '../proofs/dice.ts';
import { textOfAnswer } from './answer-text.ts';

export interface LocatorAsker {
  readonly name: string;
  readonly scope: string;
  readonly claims: Readonly<Record<string, unknown>>;
  sees(entry: Located): boolean;
}

interface Located {
  readonly person: string;
  readonly confidential: boolean;
  readonly resources: readonly (Resource & { readonly id: string })[];
}

/** `p3` has opted out in both, and in the less one has nothing. */
const persons = ['p1', 'p2', 'p3'] as const;
export const locatorAskers: readonly LocatorAsker[] = [
  {
    name: 'a service that may not see what is confidential',
    scope: 'system/*.rs',
    claims: {},
    sees: ({ person, confidential }) => !confidential && person !== 'p3',
  },
  {
    name: 'a patient, who sees their own documents alone',
    scope: 'launch/patient patient/*.rs',
    claims: { sub: 'user-1', client_id: 'app-1', grant_id: 'grant-1', patient: 'p1' },
    sees: ({ person, confidential }) => !confidential && person === 'p1',
  },
];

const label = { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' };
const coded = (code: string) => ({ coding: [{ system: 'urn:codes', code }] });
const codes = ['c1', 'c2', 'c3'];

const planEntries = (dice: Dice, seed: number, size: number): readonly Located[] =>
  Array.from({ length: size }, (_none, at): Located => {
    const person = dice.one(persons);
    const confidential = dice.chance(0.4);
    const [entry, binary, list] = [`d${seed}-${at}`, `b${seed}-${at}`, `s${seed}-${at}`];
    const meta = confidential ? { meta: { security: [label] } } : {};
    const subject = { reference: `Patient/${person}` };
    const before = at > 0 && dice.chance(0.3) ? `d${seed}-${dice.below(at)}` : undefined;
    const document = reference(
      {
        ...meta,
        id: entry,
        masterIdentifier: { system: 'urn:ietf:rfc:3986', value: `urn:oid:1.9.${seed}.${dice.below(size)}` },
        identifier: [{ system: 'urn:archive', value: String(dice.below(size)) }],
        status: dice.one(['current', 'current', 'superseded']),
        subject,
        type: coded(dice.one(codes)),
        category: [coded(dice.one(codes))],
        date: `2026-0${1 + dice.below(9)}-03T10:00:00Z`,
        contained: [{ resourceType: 'Practitioner', id: 'dr', name: [{ family: dice.one(['Okafor', 'Adler']) }] }],
        author: [{ reference: '#dr' }],
        context: { practiceSetting: coded(dice.one(codes)), period: { start: `2026-0${1 + dice.below(9)}-01` } },
        ...(before === undefined
          ? {}
          : { relatesTo: [{ code: 'replaces', target: { reference: `DocumentReference/${before}` } }] }),
      },
      { url: `${base}/Binary/${binary}`, hash: sha1, size: text.length },
    );
    const bytes = {
      ...meta,
      resourceType: 'Binary',
      id: binary,
      contentType: 'text/plain',
      securityContext: { reference: `DocumentReference/${entry}` },
      data: Buffer.from(text).toString('base64'),
    };
    const { extension: _source, ...set } = submissionSet({
      ...meta,
      id: list,
      subject,
      entry: [{ item: { reference: `DocumentReference/${entry}` } }],
    });
    return { person, confidential, resources: [document as never, bytes as never, set as never] };
  });

const fill = async ({ store }: TestLocator, entries: readonly Located[]): Promise<void> => {
  for (const resource of entries.flatMap(({ resources }) => resources)) {
    const { resourceType: type, id } = resource;
    await store.create({ type, id, content: { resource, json: JSON.stringify(resource) } });
  }
};

const drawPath = (dice: Dice, seed: number, size: number): string => {
  const at = dice.below(size);
  const who = dice.one([
    `patient=Patient/${dice.one([...persons, 'p9'])}`,
    `patient.identifier=urn:mrn%7C000${1 + dice.below(4)}`,
    `patient=${encodeURIComponent(`https://domain.example/fhir/Patient/${dice.one(['a', 'b', 'c', 'x'])}`)}`,
    '',
  ]);
  const by = dice.one([
    'status=current',
    'status=superseded',
    `category=${dice.one(codes)}`,
    `type=urn:codes%7C${dice.one(codes)}`,
    `setting=${dice.one(codes)}`,
    `date=gt2026-0${1 + dice.below(9)}`,
    `period=2026-0${1 + dice.below(9)}`,
    `identifier=urn:archive%7C${dice.below(size)}`,
    `identifier=urn:oid:1.9.${seed}.${dice.below(size)}`,
    'author.family=Okafor',
    'author.family:contains=dle',
    `related=DocumentReference/d${seed}-${at}`,
    `relatesto=DocumentReference/d${seed}-${at}`,
    `_id=d${seed}-${at}`,
    '_security=R',
    'security-label=R',
    `_has:List:item:_id=s${seed}-${at}`,
    '_lastUpdated=gt2020',
  ]);
  const how = dice.one([
    '',
    '_count=1',
    '_count=2&_total=accurate',
    '_total=accurate',
    '_summary=count',
    '_sort=-date',
    '_include=DocumentReference:relatesto&_revinclude=List:item',
  ]);
  const query = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join('&');
  return dice.one([
    `/DocumentReference?${query(who, by, how)}`,
    `/DocumentReference?${query(who, by, how)}`,
    `/DocumentReference?${query(who, how)}`,
    `/List?${query(who, dice.one(['code=submissionset', 'status=current', `item=DocumentReference/d${seed}-${at}`]), how.includes('relatesto') ? '_include=List:item' : how)}`,
    `/DocumentReference/d${seed}-${at}`,
    `/DocumentReference/d${seed}-${at}/_history`,
    `/Binary/b${seed}-${at}`,
    `/List/s${seed}-${at}`,
    '/DocumentReference/_history?_count=2',
    '/_history?_count=2',
    `/?_type=DocumentReference,List&${query('_lastUpdated=gt2020', '_count=3&_total=accurate')}`,
  ]);
};

export interface LocatorFigures {
  readonly statuses: Readonly<Record<string, number>>;
  readonly telling: number;
}

/** Both have everybody of the domain; they keep what earlier worlds put in. */
export const proveLocators = async (
  [whole, less]: readonly [TestLocator, TestLocator],
  asker: LocatorAsker,
  { seed, requests, size = 12 }: { readonly seed: number; readonly requests: number; readonly size?: number },
): Promise<LocatorFigures> => {
  const dice = createDice(seed);
  const entries = planEntries(dice, seed, size);
  await fill(whole, entries);
  await fill(less, entries.filter(asker.sees));
  const tokens = [await whole.token(asker.scope, asker.claims), await less.token(asker.scope, asker.claims)] as const;
  const ask = (side: TestLocator, token: string, path: string): Promise<Response> =>
    side.send(path, token, { headers: { 'X-Request-Id': 'one', Accept: dice.one(['application/fhir+json']) } });
  const statuses: Record<string, number> = {};
  let telling = 0;
  for (let number = 0; number < requests; number += 1) {
    const drawn = drawPath(dice, seed, size);
    let paths: readonly [string, string] | undefined = [drawn, drawn];
    for (let page = 0; page < 4 && paths !== undefined; page += 1) {
      const one: Response = await ask(whole, tokens[0], paths[0]);
      const two: Response = await ask(less, tokens[1], paths[1]);
      const next: readonly (string | undefined)[] = [await nextOf(one.clone()), await nextOf(two.clone())];
      const told: string = await textOfAnswer(one);
      const what: string = `seed ${seed}, request ${number}: ${paths[0]}`;
      assert.equal(told, await textOfAnswer(two), what);
      assert.ok(one.status < 500, `${what}: ${told}`);
      statuses[one.status] = (statuses[one.status] ?? 0) + 1;
      if (told.includes(`"id":"d${seed}`)) telling += 1;
      paths = next[0] === undefined || next[1] === undefined ? undefined : [next[0], next[1]];
    }
  }
  return { statuses, telling };
};

const nextOf = async (response: Response): Promise<string | undefined> => {
  const { link = [] } = (await response.json().catch(() => ({}))) as {
    readonly link?: readonly { readonly relation: string; readonly url: string }[];
  };
  return Array.isArray(link) ? link.find(({ relation }) => relation === 'next')?.url.slice(base.length) : undefined;
};
