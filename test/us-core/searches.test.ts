/**
 * Every search that US Core 6.1.0 names for a profile, SHALL and SHOULD, by GET and by POST against the demonstration
 * data: exactly what the same search finds in memory, and something. With every comparator, several values, both forms of
 * a reference and of a token, and the includes. The table says which; nothing here names a profile.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { matches } from '@affinity/core/fhir/matches.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { factsOf, type ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import { parseSearch } from '@affinity/core/fhir/search-parse.ts';
import { importResources } from '@affinity/store/import.ts';
import { type TestDatabase, testDatabase } from '@affinity/store/testing/database.ts';
import { generatePopulation } from '../../affinity/demo/population.ts';
import { openClinic, ownBases, type StandingClinic } from '../clinic/clinic.ts';
import { type ProfileFacts, usCoreProfiles } from './table.ts';

interface Known {
  readonly resource: Resource & { readonly id: string };
  readonly facts: ResourceFacts;
}

const population: readonly Known[] = [...generatePopulation({ seed: 2026, patients: 100, today: '2026-11-23' })].map(
  (resource) => ({ resource: resource as Known['resource'], facts: factsOf(resource, ownBases) }),
);
const ofType = Map.groupBy(population, ({ resource }) => resource.resourceType);
const comparators = ['eq', 'ne', 'gt', 'ge', 'lt', 'le', 'sa', 'eb', 'ap'];

/** A date with the prefix by which it finds its own resource: a period is within no day. */
const prefixed = ({ facts }: Known, param: string, value: string): string => {
  const date = facts.index.dates.find((entry) => entry.param === param);
  const day = 86_400_000;
  return date === undefined || date.end - date.start <= day ? value : `ge${value}`;
};

/** A value of a parameter in the forms that it can be asked for; none: the resource has no value. */
const formsOf = ({ facts, resource }: Known, param: string): readonly string[] => {
  const { index } = facts;
  if (param === '_id') return [resource.id];
  const token = index.tokens.find((entry) => entry.param === param);
  if (token !== undefined) return token.system === '' ? [token.code] : [token.code, `${token.system}|${token.code}`];
  const reference = index.references.find((entry) => entry.param === param);
  if (reference !== undefined) return [`${reference.type}/${reference.id}`, reference.id];
  const canonical = index.foreignReferences.find((entry) => entry.param === param);
  if (canonical !== undefined) return [canonical.url];
  const text = index.strings.find((entry) => entry.param === param);
  if (text !== undefined) return [text.text.replace(/[\\,|$]/g, '\\$&')];
  const date = index.dates.find((entry) => entry.param === param);
  if (date !== undefined) return [new Date(date.start).toISOString().slice(0, 10)];
  const uri = index.uris.find((entry) => entry.param === param);
  return uri === undefined ? [] : [uri.uri];
};

interface Bundle {
  readonly link: readonly { readonly relation: string; readonly url: string }[];
  readonly entry?: readonly { readonly resource: Known['resource']; readonly search: { readonly mode: string } }[];
}

describe('US Core 6.1.0 searches', () => {
  let database: TestDatabase;
  let clinic: StandingClinic;
  let token: string;
  before(async () => {
    database = await testDatabase();
    await importResources(
      database.pool,
      population.map(({ resource }) => resource),
      { ownBases },
    );
    clinic = await openClinic(database.url, { limits: { maxCount: 100_000 } });
    token = await clinic.token({ clearance: 'V' });
  });
  after(async () => {
    await clinic.close();
    await database.close();
  });

  const answerOf = async (path: string, init?: RequestInit): Promise<Bundle> => {
    const response = await clinic.send(path, token, init);
    const text = await response.text();
    assert.equal(response.status, 200, `${path}: ${text.slice(0, 500)}`);
    return JSON.parse(text) as Bundle;
  };
  const idsOf = (bundle: Bundle): readonly string[] =>
    (bundle.entry ?? []).flatMap(({ resource, search }) => (search.mode === 'match' ? [resource.id] : [])).sort();

  const inMemory = (type: string, query: URLSearchParams): readonly string[] => {
    const capability = clinic.backend.capabilities.find((each) => each.type === type);
    assert.ok(capability);
    const limits = { handling: 'strict', defaultCount: 50, maxCount: 100, maxValues: 50, maxClauses: 10 } as const;
    const parsed = parseSearch(type, query, { ...limits, ownBases, capability, now: Date.now() });
    assert.equal(parsed.kind, 'query', `${type}?${query} ${JSON.stringify(parsed)}`);
    if (parsed.kind !== 'query') return [];
    const updated = new Date().toISOString();
    return (ofType.get(type) ?? [])
      .filter(({ facts }) => matches(parsed.query, facts, updated))
      .map(({ resource }) => resource.id)
      .sort();
  };

  /** The same by GET, by POST and in memory. @returns how many are found */
  const assertSame = async (type: string, pairs: readonly (readonly [string, string])[]): Promise<number> => {
    const query = new URLSearchParams(pairs.map(([name, value]) => [name, value]));
    const expected = inMemory(type, query);
    assert.deepEqual(idsOf(await answerOf(`/${type}?${query}&_count=100000`)), expected, `GET ${type}?${query}`);
    const posted = await answerOf(`/${type}/_search`, {
      method: 'POST',
      body: `${query}&_count=100000`,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    assert.deepEqual(idsOf(posted), expected, `POST ${type}?${query}`);
    return expected.length;
  };

  const examplesOf = (profile: ProfileFacts): readonly Known[] =>
    (ofType.get(profile.type) ?? []).filter(({ resource }) =>
      resource.meta?.profile?.some((url) => url.split('|')[0] === profile.profile),
    );

  const exampleFor = (profile: ProfileFacts, parameters: readonly string[]): Known => {
    const found = examplesOf(profile).find((known) => parameters.every((param) => formsOf(known, param).length > 0));
    assert.ok(found, `nothing in the demonstration data can be found by ${parameters.join('+')}`);
    return found;
  };

  for (const profile of usCoreProfiles) {
    const { name, type, searches, includes, revIncludes } = profile;
    for (const { parameters, verb } of searches) {
      test(`N29: ${name}: ${parameters.join('+')} (${verb})`, async () => {
        const example = exampleFor(profile, parameters);
        const usual = parameters.map((param): [string, string] => [
          param,
          prefixed(example, param, formsOf(example, param)[0] ?? ''),
        ]);
        const replaced = (param: string, value: string) =>
          usual.map(([other, given]): [string, string] => [other, other === param ? value : given]);
        assert.ok((await assertSame(type, usual)) > 0, 'the example is found');
        for (const param of parameters) {
          for (const form of formsOf(example, param).slice(1))
            assert.ok((await assertSame(type, replaced(param, form))) > 0, `${param}=${form}`);
          const { comparators: listed = {} } = profile.parameters[param] ?? {};
          const [value = ''] = formsOf(example, param);
          for (const prefix of comparators.filter((each) => listed[each] !== undefined))
            await assertSame(type, replaced(param, `${prefix}${value}`));
          if (param === 'patient' || Object.keys(listed).length > 0) continue;
          const others = examplesOf(profile).flatMap((known) => formsOf(known, param)[0] ?? []);
          const several = [...new Set([value, ...others])].slice(0, 3);
          assert.ok((await assertSame(type, replaced(param, several.join(',')))) > 0, `${param}=${several}`);
        }
        const dated = parameters.find((param) => profile.parameters[param]?.comparators.ge !== undefined);
        if (dated === undefined) return;
        const [day = ''] = formsOf(example, dated);
        const between = [...replaced(dated, `ge${day}`), [dated, `le${day}`] as const];
        await assertSame(type, between);
      });
    }
    for (const include of [...new Set(includes.map((each) => each.split(':').slice(0, 2).join(':')))]) {
      test(`N29: ${name}: _include=${include}`, async () => {
        const [, param = ''] = include.split(':');
        const targets = examplesOf(profile).flatMap(({ facts }) =>
          facts.index.references.filter((entry) => entry.param === param),
        );
        assert.ok(targets.length > 0, 'the demonstration data refer to something');
        const bundle = await answerOf(`/${type}?_include=${include}&_count=1000`);
        const shown = new Set(
          (bundle.entry ?? []).flatMap(({ resource, search }) =>
            search.mode === 'include' ? [`${resource.resourceType}/${resource.id}`] : [],
          ),
        );
        assert.ok(targets.some((target) => shown.has(`${target.type}/${target.id}`)));
      });
    }
    for (const revInclude of revIncludes) {
      test(`N29, J17: ${name}: _revinclude=${revInclude}`, async () => {
        const [referringType = '', param = ''] = revInclude.split(':');
        const referred = new Set(
          (ofType.get(referringType) ?? []).flatMap(({ facts }) =>
            facts.index.references.flatMap((entry) => (entry.param === param && entry.type === type ? [entry.id] : [])),
          ),
        );
        const examples = examplesOf(profile)
          .filter(({ resource }) => referred.has(resource.id))
          .slice(0, 30);
        assert.ok(examples.length > 0, 'the demonstration data tell where something of this profile comes from');
        const ids = examples.map(({ resource }) => resource.id).join(',');
        const bundle = await answerOf(`/${type}?_id=${ids}&_revinclude=${revInclude}`);
        const referring = (bundle.entry ?? []).filter(({ search }) => search.mode === 'include');
        const text = JSON.stringify(referring.map(({ resource }) => resource.target));
        assert.ok(
          examples.some(({ resource }) => text.includes(`"${type}/${resource.id}`)),
          'a Provenance of one of them is there',
        );
      });
    }
  }
});
