/** Scopes for property tests: few types, parameters and values, so that scopes often meet. */
import fc from 'fast-check';
import { permissionOrder, type ResourceScope } from '../smart/scope.ts';

const types = ['Observation', 'Condition', 'Patient', 'Practitioner', '*'];
const values = [
  'laboratory',
  'vital-signs',
  'http://terminology.hl7.org/CodeSystem/observation-category|laboratory',
  'http://terminology.hl7.org/CodeSystem/observation-category|',
  '|laboratory',
  'laboratory,vital-signs',
  'a\\,b',
  'a\\|b c&d=e%"+#é😀',
];

const v1Letters = [
  ['r', 's'],
  ['c', 'u', 'd'],
  ['c', 'r', 'u', 'd', 's'],
] as const;

/** Objects with a prototype, as the parser makes them, so that deep equality can compare them. */
const plain = { noNullPrototype: true } as const;

const subject = {
  compartment: fc.constantFrom('patient', 'user', 'system'),
  type: fc.constantFrom(...types),
} as const;

const v2: fc.Arbitrary<ResourceScope> = fc.record(
  {
    ...subject,
    permissions: fc.subarray([...permissionOrder], { minLength: 1 }),
    constraints: fc.array(
      fc.record({ param: fc.constantFrom('category', 'code'), value: fc.constantFrom(...values) }, plain),
      {
        maxLength: 2,
      },
    ),
    form: fc.constant('v2' as const),
  },
  plain,
);

const v1: fc.Arbitrary<ResourceScope> = fc.record(
  {
    ...subject,
    permissions: fc.constantFrom(...v1Letters),
    constraints: fc.constant([]),
    form: fc.constant('v1' as const),
  },
  plain,
);

export const arbitraryScope: fc.Arbitrary<ResourceScope> = fc.oneof({ weight: 3, arbitrary: v2 }, v1);
