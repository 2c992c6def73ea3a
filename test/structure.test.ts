/** The nevers of the architecture, read from the imports: what may know whom, and what only one file may do. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '..');
const files = globSync('{affinity,packages,apps,bench,test}/**/*.ts', {
  cwd: root,
  exclude: (name) => name === 'node_modules',
});
const text = (file: string): string => readFileSync(join(root, file), 'utf8');

/** Comments and the insides of plain strings say nothing about what code does. */
const code = (file: string): string => text(file).replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');

/** Every module that a file names in an import or export, types included; ours as a path from the root. */
const importsOf = (file: string): readonly string[] =>
  [...code(file).matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)'([^']+)'/g)].map(([, name = '']) => {
    if (name.startsWith('.')) return relative(root, resolve(root, dirname(file), name));
    const own = /^@affinity\/([^/]+)\/(.+)$/.exec(name);
    if (own === null) return name;
    return own[1] === 'vitals' ? `apps/vitals/${own[2]}` : `packages/${own[1]}/${own[2]}`;
  });

const isTest = (file: string): boolean => /\.test\.ts$|\/testing\/|^test\/|^bench\//.test(file);
const sources = files.filter((file) => !isTest(file));
const within = (folder: string) => sources.filter((file) => file.startsWith(`${folder}/`));

const offenders = (from: readonly string[], forbidden: (name: string, file: string) => boolean): readonly string[] =>
  from.flatMap((file) =>
    importsOf(file)
      .filter((name) => forbidden(name, file))
      .map((name) => `${file} imports ${name}`),
  );

const isOurs = (name: string): boolean => /^(packages|apps|affinity|bench|test)\//.test(name);
/** A package's own files and those of the packages that it may import. */
const beyond =
  (...allowed: readonly string[]) =>
  (name: string): boolean =>
    isOurs(name) && !allowed.some((folder) => name.startsWith(`${folder}/`));

test('there is something to read', () => {
  assert.ok(sources.length > 30);
  assert.ok(importsOf('packages/core/fhir/backend.ts').includes('packages/core/fhir/filter.ts'));
});

test('core imports nothing of ours, nothing of Node, and only fhirpath besides', () => {
  const core = within('packages/core').filter((file) => !/\/generate-[^/]*\.ts$/.test(file));
  assert.deepEqual(offenders(core, beyond('packages/core')), []);
  assert.deepEqual(
    offenders(core, (name) => name.startsWith('node:')),
    [],
  );
  const third = offenders(core, (name) => !isOurs(name) && !name.startsWith('node:') && !name.startsWith('fhirpath'));
  assert.deepEqual(third, []);
  const wrappers = new Set(core.filter((file) => importsOf(file).some((name) => name.startsWith('fhirpath'))));
  assert.ok(wrappers.size <= 1, [...wrappers].join());
});

test('policy imports only core, and has no clock and no input or output', () => {
  const policy = within('packages/policy');
  assert.deepEqual(
    offenders(policy, (name) => beyond('packages/core', 'packages/policy')(name) || !isOurs(name)),
    [],
  );
  const impure = policy.filter((file) =>
    /\bDate\b|\bMath\.random\b|\bfetch\(|\bprocess\.|\bsetTimeout\b/.test(code(file)),
  );
  assert.deepEqual(impure, []);
});

test('the store imports only core: never policy, never a server', () => {
  assert.deepEqual(offenders(within('packages/store'), beyond('packages/core', 'packages/store')), []);
});

test('validation imports only core', () => {
  assert.deepEqual(offenders(within('packages/validation'), beyond('packages/core', 'packages/validation')), []);
});

test('what goes out of the domain imports only core', () => {
  assert.deepEqual(offenders(within('packages/outbound'), beyond('packages/core', 'packages/outbound')), []);
});

test('requests to others are made by what goes out of the domain, and by the client: nowhere else', () => {
  const makers = within('packages').filter((file) =>
    /(?:\bawait|\breturn|=>?|\() fetch\(|\bfrom '(undici|node:https?|node:tls)'/.test(
      code(file).replace(/^import type .*$/gm, ''),
    ),
  );
  const known = ['packages/client/', 'packages/outbound/', 'packages/store/postgres/', 'packages/gateway/remote-fhir/'];
  assert.deepEqual(
    makers.filter((file) => !known.some((folder) => file.startsWith(folder))),
    [],
  );
});

test('proof imports only core', () => {
  assert.deepEqual(offenders(within('packages/proof'), beyond('packages/core', 'packages/proof')), []);
});

test('the client imports only core', () => {
  assert.deepEqual(offenders(within('packages/client'), beyond('packages/core', 'packages/client')), []);
});

test('the resource server knows no other server and no page', () => {
  const lower = ['packages/core', 'packages/policy', 'packages/store', 'packages/proof'];
  const allowed = beyond(...lower, 'packages/resource-server');
  assert.deepEqual(offenders(within('packages/resource-server'), allowed), []);
});

test('the authorization server never imports the portal', () => {
  const floors = ['core', 'policy', 'store', 'outbound', 'proof', 'authorization-server'];
  const allowed = beyond(...floors.map((name) => `packages/${name}`));
  assert.deepEqual(offenders(within('packages/authorization-server'), allowed), []);
});

test('the gateway knows no server, no store and no page', () => {
  const floors = ['core', 'policy', 'outbound', 'gateway'];
  const allowed = beyond(...floors.map((name) => `packages/${name}`));
  assert.deepEqual(offenders(within('packages/gateway'), allowed), []);
});

for (const service of ['identity', 'record-locator', 'registry'])
  test(`${service} knows no other service, no authorization server and no page`, () => {
    const floors = ['core', 'policy', 'store', 'outbound', 'validation', 'resource-server', service];
    const allowed = beyond(...floors.map((name) => `packages/${name}`));
    assert.deepEqual(offenders(within(`packages/${service}`), allowed), []);
  });

test('apps know the client and nothing of the servers', () => {
  assert.deepEqual(offenders(within('apps'), beyond('packages/client', 'packages/core', 'apps')), []);
});

test('nothing imports the composition but itself', () => {
  const others = sources.filter((file) => !file.startsWith('affinity/'));
  assert.deepEqual(
    offenders(others, (name) => name.startsWith('affinity/')),
    [],
  );
});

test('only guard.ts makes a Guarded', () => {
  const makers = sources.filter((file) => /\bas (unknown as )?Guarded\b|<Guarded>/.test(code(file)));
  assert.deepEqual(makers, ['packages/resource-server/guard.ts']);
});

test('only guard.ts puts the parts of the guard to use; others know its kinds of refusal, and an explanation decides as it does', () => {
  // Decisions alone: none of these asks a Backend for anything.
  const deciding = ['rights', 'preparation', 'system'].map((name) => `packages/resource-server/guard/${name}.ts`);
  const users = offenders(
    sources.filter((file) => !/^packages\/resource-server\/guard(\.ts$|\/)/.test(file)),
    (name, file) =>
      name.startsWith('packages/resource-server/guard/') &&
      !name.endsWith('/refusals.ts') &&
      !(file.startsWith('packages/resource-server/explain/') && deciding.includes(name)),
  );
  assert.deepEqual(users, []);
});

test('an explanation asks no Backend', () => {
  const askers = within('packages/resource-server/explain').filter((file) => /\bbackend\.\w+\??\.?\(/.test(code(file)));
  assert.deepEqual(askers, []);
});

test('the portal knows neither the store nor the policy', () => {
  assert.deepEqual(
    offenders(within('packages/portal'), (name) => /^packages\/(store|policy|resource-server|gateway)\//.test(name)),
    [],
  );
});

// The facts of a decision are learned for the policy, not for a caller, so they are asked for without a Filter: nothing of
// them leaves but a decision.
test('a Backend is asked within the guard, for the facts of a decision, for the Consents that grants are, for the names on the sign-in pages, by the decision for launches, for the record that an administrator names, for the definitions of the registry, and by the feeds of identity: nowhere else', () => {
  const askers = sources.filter((file) =>
    /\b(backend|on)\.(read|vread|create|update|delete|historyInstance|searchType|searchSystem|everything)\(/.test(
      code(file),
    ),
  );
  const ofFolder = (folder: string) => askers.filter((file) => dirname(file) === `packages/resource-server/${folder}`);
  const [guard, facts] = [ofFolder('guard'), ofFolder('facts')];
  assert.ok(guard.length > 0 && facts.length > 0);
  assert.deepEqual(askers.filter((file) => !guard.includes(file) && !facts.includes(file)).toSorted(), [
    'affinity/grant-consents.ts',
    'affinity/launch-records.ts',
    'affinity/patient-directory.ts',
    'affinity/record-facts.ts',
    'packages/identity/feeds/polled-feed.ts',
    // A Backend over a Backend: it narrows what the guard has narrowed, and is asked by the guard.
    'packages/record-locator/located-records.ts',
    // What stands in the registry is for everybody to read; it is published by those whose right the guard has asked for.
    'packages/registry/artefacts.ts',
    'packages/registry/noticed-writes.ts',
    'packages/registry/publication.ts',
    // Each artefact that it finds is judged by the caller's Filter (terminology-of-caller.ts).
    'packages/registry/related-artefacts.ts',
  ]);
});

test('within a transaction of another part only the Consents of grants are written, and the own numbers of who signs in read', () => {
  const users = sources.filter((file) => /\bbackend\.within\(/.test(code(file)));
  assert.deepEqual(users, ['affinity/grant-consents.ts', 'affinity/person-identifiers.ts']);
});

test('only the composition puts the facts of a decision together, and they only read', () => {
  const folder = 'packages/resource-server/facts/';
  const users = offenders(
    sources.filter((file) => !file.startsWith(folder) && !file.startsWith('affinity/')),
    (name) => name.startsWith(folder) && !/\/(unavailable|remembered)\.ts$/.test(name),
  );
  assert.deepEqual(users, []);
  const writers = within(folder.slice(0, -1)).filter((file) =>
    /\.(create|update|delete|transact)\(\{/.test(code(file)),
  );
  assert.deepEqual(writers, []);
});

test('only config.ts reads the environment, and main.ts hands it over', () => {
  const readers = sources.filter((file) => /\bprocess\.env\b|\bimport\.meta\.env\b/.test(code(file)));
  assert.deepEqual(
    readers.filter((file) => file !== 'affinity/config.ts' && file !== 'affinity/main.ts'),
    [],
  );
});

test('the oracle that the policy is held against knows nothing of the policy, nor what its worlds are drawn by', () => {
  const known = new Set<string>();
  const visit = (file: string): void => {
    if (known.has(file)) return;
    known.add(file);
    for (const name of importsOf(file)) if (files.includes(name)) visit(name);
  };
  for (const name of ['access-oracle', 'consent-oracle', 'letter-check', 'worlds']) visit(`test/hostile/${name}.ts`);
  assert.ok(known.has('test/hostile/world-plan.ts'));
  const judges = [...known].filter((file) => /^packages\/(policy|resource-server|store)\//.test(file));
  assert.deepEqual(judges, []);
});

test('no import circles', () => {
  const state = new Map<string, 'open' | 'done'>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      return;
    }
    state.set(file, 'open');
    for (const name of importsOf(file)) if (files.includes(name)) visit(name, [...path, file]);
    state.set(file, 'done');
  };
  for (const file of sources) visit(file, []);
  assert.deepEqual(circles, []);
});

test('names say what is in them', () => {
  const drawers = files.filter((file) =>
    /(^|\/)(utils?|helpers?|common|misc|managers?|services?|index)(\.ts$|\/)/.test(file),
  );
  assert.deepEqual(drawers, []);
});

test('a file over 300 lines gives its reason in its first lines', () => {
  const long = sources.filter((file) => {
    const lines = text(file).split('\n');
    return lines.length > 300 && !/long because/i.test(lines.slice(0, 8).join('\n'));
  });
  assert.deepEqual(long, []);
});

test('every file opens with what it is', () => {
  assert.deepEqual(
    sources.filter((file) => !/^(#!.*\n)?\s*(\/\*\*|\/\/)/.test(text(file))),
    [],
  );
});
