/** A small code system of our own, with everything that filters and hierarchies can be tried on, and ValueSets over it. */
import type { Resource } from '@affinity/core/fhir/resource.ts';

export const animals = 'http://a.example/CodeSystem/animals';

export const animalSystem: Resource = {
  resourceType: 'CodeSystem',
  id: 'animals',
  url: animals,
  version: '1.0.0',
  name: 'Animals',
  title: 'Animals of the yard',
  status: 'active',
  caseSensitive: true,
  content: 'complete',
  property: [
    { code: 'legs', type: 'integer', description: 'How many legs it has' },
    { code: 'home', type: 'code' },
    { code: 'parent', type: 'code' },
    { code: 'inactive', type: 'boolean' },
    { code: 'notSelectable', type: 'boolean' },
  ],
  concept: [
    {
      code: 'animal',
      display: 'Animal',
      property: [{ code: 'notSelectable', valueBoolean: true }],
      concept: [
        {
          code: 'mammal',
          display: 'Mammal',
          property: [{ code: 'legs', valueInteger: 4 }],
          concept: [
            {
              code: 'dog',
              display: 'Dog',
              definition: 'Barks',
              designation: [{ language: 'de', value: 'Hund' }],
              property: [
                { code: 'legs', valueInteger: 4 },
                { code: 'home', valueCode: 'house' },
              ],
            },
            { code: 'cat', display: 'Cat', property: [{ code: 'home', valueCode: 'house' }] },
            { code: 'aurochs', display: 'Aurochs', property: [{ code: 'inactive', valueBoolean: true }] },
          ],
        },
        {
          code: 'bird',
          display: 'Bird',
          property: [{ code: 'legs', valueInteger: 2 }],
          concept: [{ code: 'hen', display: 'Hen, common', property: [{ code: 'legs', valueInteger: 2 }] }],
        },
      ],
    },
    // Two parents, the second by a property.
    {
      code: 'bat',
      display: 'Bat',
      property: [
        { code: 'parent', valueCode: 'mammal' },
        { code: 'home', valueCode: 'cave' },
      ],
    },
  ],
};

type Include = Readonly<Record<string, unknown>>;

export const valueSet = (name: string, include: readonly Include[], more: Include = {}): Resource => ({
  resourceType: 'ValueSet',
  id: name,
  url: `http://a.example/ValueSet/${name}`,
  status: 'active',
  ...more,
  compose: { include, ...(more.compose as object | undefined) },
});

export const filtered = (name: string, ...filter: readonly (readonly [string, string, string])[]): Resource =>
  valueSet(name, [{ system: animals, filter: filter.map(([property, op, value]) => ({ property, op, value })) }]);

/** `count` codes that are called `n0`, `n1` and so on. */
export const numberSystem = (count: number): Resource => ({
  resourceType: 'CodeSystem',
  id: 'numbers',
  url: 'http://a.example/CodeSystem/numbers',
  status: 'active',
  content: 'complete',
  concept: Array.from({ length: count }, (_, i) => ({ code: `n${i}`, display: `Number ${i}` })),
});
export const numbers = valueSet('numbers', [{ system: 'http://a.example/CodeSystem/numbers' }]);
