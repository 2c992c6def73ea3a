/**
 * The demonstration holds all that US Core 6.1.0 asks to be there: every must-support element, slice, extension and choice,
 * a hit for every search, include and reverse include, and why data are missing where they must not be; and all is valid.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { factsOf } from '@affinity/core/fhir/resource-facts.ts';
import { isObject } from '@affinity/validation/found.ts';
import { validateResource } from '@affinity/validation/validate-resource.ts';
import { generatePopulation } from '../../affinity/demo/population.ts';
import { hasElement, hasExtension } from './presence.ts';
import { type ProfileFacts, usCoreProfiles } from './table.ts';

const population = [...generatePopulation({ seed: 7, patients: 100, today: '2026-03-02' })];
const keyOf = ({ resourceType, id }: Resource): string => `${resourceType}/${id}`;
const byKey = new Map(population.map((resource) => [keyOf(resource), resource]));

const claims = ({ meta }: Resource, profile: string): boolean =>
  meta?.profile?.some((each) => each.split('|')[0] === profile) === true;
const ofProfile = ({ profile }: ProfileFacts): readonly Resource[] =>
  population.filter((each) => claims(each, profile));

interface Found {
  readonly parameters: ReadonlySet<string>;
  readonly references: readonly { readonly param: string; readonly type: string; readonly id: string }[];
}
const found = new Map<string, Found>();
/** What a resource is found by, as the product indexes it. */
const foundBy = (resource: Resource): Found => {
  const known = found.get(keyOf(resource));
  if (known !== undefined) return known;
  const { index } = factsOf(resource, []);
  const lists: readonly (readonly { readonly param: string }[])[] = Object.values(index);
  const parameters = new Set(['_id', ...lists.flatMap((list) => list.map(({ param }) => param))]);
  const facts = { parameters, references: index.references };
  found.set(keyOf(resource), facts);
  return facts;
};

const targets = new Set(
  population
    .filter(({ resourceType }) => resourceType === 'Provenance')
    .flatMap((each) => foundBy(each).references.filter(({ param }) => param === 'target'))
    .map(({ type, id }) => `${type}/${id}`),
);

/** A choice is an element, or a profile of what is referred to. */
const hasChoice = (resource: Resource, choice: string, { type, profile }: ProfileFacts): boolean => {
  if (!choice.startsWith('http')) return hasElement(resource, choice.replace(`${type}.`, ''), profile);
  return foundBy(resource).references.some((each) => {
    const target = byKey.get(`${each.type}/${each.id}`);
    return target !== undefined && claims(target, choice);
  });
};

const isIncluded = (resource: Resource, include: string): boolean => {
  const [, param, type] = include.split(':');
  return foundBy(resource).references.some(
    (each) => each.param === param && (type === undefined || each.type === type),
  );
};

test('N29: the table has every profile, and a claim of the demonstration for each', () => {
  assert.equal(usCoreProfiles.length, 48);
  for (const facts of usCoreProfiles) assert.ok(ofProfile(facts).length > 0, facts.profile);
});

for (const facts of usCoreProfiles) {
  const missing = <T>(wanted: readonly T[], has: (resource: Resource, one: T) => boolean): readonly T[] =>
    wanted.filter((one) => !ofProfile(facts).some((resource) => has(resource, one)));

  test(`${facts.name}: must-support elements, slices, extensions and choices are there`, () => {
    assert.deepEqual(
      missing(facts.elements, (resource, path) => hasElement(resource, path, facts.profile)),
      [],
    );
    const slices = facts.slices.map((slice) => slice.slice(facts.type.length + 1));
    assert.deepEqual(
      missing(slices, (resource, path) => hasElement(resource, path, facts.profile)),
      [],
    );
    assert.deepEqual(missing(facts.extensions, hasExtension), []);
    assert.deepEqual(
      missing(facts.choices.flat(), (resource, choice) => hasChoice(resource, choice, facts)),
      [],
    );
  });

  test(`N29: ${facts.name}: searches, includes and reverse includes have a hit`, () => {
    const searches = facts.searches.map(({ parameters }) => parameters);
    assert.deepEqual(
      missing(searches, (resource, names) => names.every((name) => foundBy(resource).parameters.has(name))),
      [],
    );
    assert.deepEqual(missing(facts.includes, isIncluded), []);
    assert.deepEqual(
      missing(facts.revIncludes, (resource) => targets.has(keyOf(resource))),
      [],
    );
  });
}

test('M07: every resource is valid by R4 and by the profile that it claims', () => {
  const faults = population.flatMap((resource) =>
    validateResource({ resource, brought: new Map(), mostIssues: 20 })
      .issues.filter(({ severity, code }) => severity === 'error' || code === 'not-found')
      .map(({ diagnostics, expression }) => `${keyOf(resource)} ${expression}: ${diagnostics}`),
  );
  assert.deepEqual(faults, []);
});

test('every resource claims its profile, except the kinds that US Core does not profile', () => {
  const profiles = new Set(usCoreProfiles.map(({ profile }) => profile));
  const without = population.filter(({ meta }) => meta?.profile?.some((profile) => profiles.has(profile)) !== true);
  const kinds = [...new Set(without.map(({ resourceType }) => resourceType))].sort();
  assert.deepEqual(kinds, ['Consent', 'Endpoint', 'Questionnaire']);
});

/** Values of an object's members, however deep. */
const within = (value: unknown): readonly unknown[] =>
  Array.isArray(value)
    ? value.flatMap(within)
    : isObject(value)
      ? [value, ...Object.values(value).flatMap(within)]
      : [];

test('N30: mandatory data that are missing say so: elements by extension, concepts by code, observations by reason', () => {
  const parts = population.flatMap((resource) => within(resource)).filter(isObject);
  const url = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason';
  const system = 'http://terminology.hl7.org/CodeSystem/data-absent-reason';
  assert.ok(parts.some((part) => part.url === url && part.valueCode === 'unknown'));
  assert.ok(parts.some((part) => part.system === system && part.code === 'unknown'));
  assert.ok(parts.some((part) => part.dataAbsentReason !== undefined && part.valueQuantity === undefined));
});
