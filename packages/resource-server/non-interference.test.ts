/** For any caller and any request, the answer is the same, byte for byte, as if what the caller may not see did not exist. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Clinic, createClinic, observation, patient, sending } from './testing/clinic.ts';

interface Plan {
  readonly id: string;
  readonly owner: 'a' | 'b' | 'group' | 'nobody';
  readonly category: 'laboratory' | 'vital-signs';
  readonly label: 'N' | 'R';
  /** a later version, with another owner, category or label */
  readonly later?: Omit<Plan, 'id' | 'later'>;
}

const content = {
  owner: fc.constantFrom('a', 'b', 'group', 'nobody'),
  category: fc.constantFrom('laboratory', 'vital-signs'),
  label: fc.constantFrom('N', 'N', 'R'),
} as const;
const ids = ['r1', 'r2', 'r3', 'r4', 'r5'];
const world: fc.Arbitrary<readonly Plan[]> = fc
  .array(fc.record({ ...content, later: fc.option(fc.record(content), { nil: undefined }) }), { maxLength: ids.length })
  .map((plans) =>
    plans.map(({ later, ...plan }, at) => ({ ...plan, id: ids[at] ?? '', ...(later === undefined ? {} : { later }) })),
  );

const resourceOf = (id: string, { owner, category, label }: Omit<Plan, 'id' | 'later'>) => {
  const { subject, ...rest } = observation(id, owner, category, {
    meta: { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: label }] },
  });
  if (owner === 'nobody') return { ...rest, resourceType: 'Observation', id };
  return {
    ...rest,
    resourceType: 'Observation',
    id,
    subject: owner === 'group' ? { reference: 'Group/all' } : subject,
  };
};

const everything = { kind: 'everything' } as const;

const fill = async (clinic: Clinic, plans: readonly Plan[]): Promise<void> => {
  for (const id of ['a', 'b']) await clinic.put(patient(id));
  for (const plan of plans) {
    await clinic.put(resourceOf(plan.id, plan));
    if (plan.later === undefined) continue;
    const resource = resourceOf(plan.id, plan.later);
    await clinic.backend.update(
      { type: 'Observation', id: plan.id, content: { resource, json: JSON.stringify(resource) } },
      everything,
    );
  }
};

const callers = [
  { claims: { scope: 'patient/*.cruds' }, category: undefined, label: ['N'] },
  {
    claims: { scope: 'patient/Observation.cruds?category=laboratory', clearance: 'R' },
    category: 'laboratory',
    label: ['N', 'R'],
  },
  {
    claims: { scope: 'patient/Observation.cruds?category=vital-signs patient/Patient.r' },
    category: 'vital-signs',
    label: ['N'],
  },
] as const;

/** Said here from the plan alone: what this caller may see of it. */
const visible = (caller: (typeof callers)[number], { owner, category, label }: Omit<Plan, 'id' | 'later'>): boolean =>
  owner === 'a' &&
  (caller.category === undefined || caller.category === category) &&
  caller.label.some((allowed) => allowed === label);

const bundle = (type: string, entry: readonly unknown[]): RequestInit =>
  sending('POST', { resourceType: 'Bundle', type, entry });
const json = 'application/json-patch+json';
const mine = { owner: 'a', category: 'laboratory', label: 'N' } as const;

const requests: readonly [string, RequestInit?][] = [
  ['/Observation'],
  ['/Observation?_count=2&_sort=-_lastUpdated'],
  ['/Observation?_count=0'],
  ['/Observation?_summary=count'],
  ['/Observation?_total=accurate&_count=1'],
  ['/Observation?category=laboratory'],
  ['/Observation?category:not=laboratory'],
  ['/Observation?category=laboratory,vital-signs'],
  ['/Observation?subject=Patient/b'],
  ['/Observation?subject:missing=true'],
  ['/Observation?_lastUpdated=gt2020'],
  ['/Observation?_security=R'],
  [`/Observation?_id=${ids.join(',')}`],
  ['/Condition'],
  ['/Patient'],
  ['/Patient?_has:Observation:subject:category=laboratory'],
  ['/Observation?subject:Patient._id=b'],
  ['/Observation?_include=Observation:subject&_total=accurate'],
  ['/Patient?_revinclude=Observation:subject'],
  ['/Observation/_history'],
  ['/_history?_count=4'],
  ['/?_total=accurate'],
  ['/?_type=Observation,Patient'],
  ['/Patient/a/$everything'],
  ['/Patient/b/$everything'],
  [
    '/',
    bundle(
      'batch',
      ids.map((id) => ({ request: { method: 'GET', url: `Observation/${id}` } })),
    ),
  ],
  ...ids.flatMap((id): [string, RequestInit?][] => [
    [`/Observation/${id}`],
    [`/Observation/${id}/_history`],
    [`/Observation/${id}/_history/1`],
    [`/Observation/${id}/_history/2`],
    [`/Observation/${id}/$meta`],
    [`/Observation/${id}`, { headers: { 'If-None-Match': 'W/"1"' } }],
    [
      `/Observation/${id}`,
      { method: 'PATCH', headers: { 'Content-Type': json }, body: '[{"op":"test","path":"/status","value":"x"}]' },
    ],
    [
      '/Observation',
      sending('POST', resourceOf('new', mine), { 'If-None-Exist': `_id=${id}`, Prefer: 'return=minimal' }),
    ],
    [`/Observation?_id=${id}`, sending('PUT', resourceOf(id, { ...mine, owner: 'b' }))],
    [
      '/',
      bundle('transaction', [
        { resource: resourceOf(id, mine), request: { method: 'PUT', url: `Observation/${id}`, ifMatch: 'W/"9"' } },
      ]),
    ],
    [
      '/',
      bundle('transaction', [
        {
          resource: { ...resourceOf('new', mine), hasMember: [{ reference: `Observation?_id=${id}` }] },
          request: { method: 'POST', url: 'Observation' },
        },
      ]),
    ],
    [`/Observation/${id}`, sending('PUT', resourceOf(id, { owner: 'b', category: 'laboratory', label: 'N' }))],
    [
      `/Observation/${id}`,
      sending(
        'PUT',
        { ...resourceOf(id, { owner: 'a', category: 'laboratory', label: 'N' }), effectiveDateTime: 'x' },
        { 'If-Match': 'W/"9"' },
      ),
    ],
  ]),
  ...ids.flatMap((id): [string, RequestInit?][] => [
    [
      `/Observation/${id}`,
      sending('PUT', resourceOf(id, { owner: 'a', category: 'laboratory', label: 'N' }), { 'If-Match': 'W/"9"' }),
    ],
    [`/Observation?_id=${id}`, { method: 'DELETE' }],
    [`/Observation/${id}`, { method: 'DELETE' }],
    [`/Observation/${id}`],
  ]),
];

/** Ids that the server chose. */
const made = /[0-9a-f]{8}-[0-9a-f-]{27}/g;

const answers = async (clinic: Clinic, claims: Readonly<Record<string, unknown>>): Promise<readonly string[]> => {
  const token = await clinic.token(claims);
  const texts: string[] = [];
  for (const [path, init] of requests) {
    const response = await clinic.send(path, token, init);
    const headers = [...response.headers]
      .filter(([name]) => name !== 'x-request-id')
      .map(([name, value]) => [name, value.replaceAll(made, 'made')]);
    const body = (await response.text()).replaceAll(made, 'made').replaceAll(/_cursor=[\w-]+/g, '_cursor=sealed');
    texts.push(`${init?.method ?? 'GET'} ${path} ${response.status} ${JSON.stringify(headers)} ${body}`);
  }
  return texts;
};

for (const options of [{ appliesFilter: true }, { appliesFilter: false }]) {
  test(`non-interference; backend ${JSON.stringify(options)}`, async () => {
    await fc.assert(
      fc.asyncProperty(world, fc.constantFrom(...callers), async (plans, caller) => {
        const whole = await createClinic({}, options);
        await fill(whole, plans);
        const less = await createClinic({}, options);
        // An earlier version that is hidden leaves its number behind, so only whole resources are taken away.
        await fill(
          less,
          plans.filter((plan) => visible(caller, plan.later ?? plan)),
        );
        assert.deepEqual(await answers(whole, caller.claims), await answers(less, caller.claims));
      }),
      { numRuns: 60 },
    );
  });
}

test('a backend that passes the Filter over is answered from as if it did not', async () => {
  await fc.assert(
    fc.asyncProperty(world, fc.constantFrom(...callers), async (plans, caller) => {
      const leaky = await createClinic({}, { leaky: true });
      await fill(leaky, plans);
      const shown = (await answers(leaky, caller.claims)).join('\n');
      for (const plan of plans) {
        const current = plan.later ?? plan;
        const seen = new RegExp(`"id":"${plan.id}"`).test(shown);
        assert.ok(!seen || visible(caller, current), plan.id);
      }
    }),
    { numRuns: 60 },
  );
});
