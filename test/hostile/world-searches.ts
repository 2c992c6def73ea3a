/** Queries drawn from a seed: parameters of every kind, chains, `_has`, includes, orders and what shapes an answer. FHIR R4 search.html. */
import type { TypeCapability } from '@affinity/core/fhir/backend.ts';
import type { Dice } from '../proofs/dice.ts';
import { codes, names, type Planned, patients, types } from './world-plan.ts';

export interface Drawing {
  readonly dice: Dice;
  /** types that the caller may see something of, asked for the most */
  readonly open: readonly string[];
  readonly plan: readonly Planned[];
  /** when the world came to be, epoch milliseconds */
  readonly instants: readonly [from: number, to: number];
  readonly capabilities: readonly TypeCapability[];
  /** so that nothing that is sent is sent twice */
  readonly number: number;
}

export type Pair = readonly [name: string, value: string];

const capabilityOf = ({ capabilities }: Drawing, type: string): TypeCapability | undefined =>
  capabilities.find((each) => each.type === type);
export const drawType = ({ dice, open }: Drawing): string => (dice.chance(0.5) ? dice.one(open) : dice.one(types));
export const drawId = ({ dice, plan }: Drawing, type: string): string => {
  const ids = plan.filter((one) => one.type === type).map(({ id }) => id);
  return ids.length === 0 || dice.chance(0.1) ? 'absent' : dice.one(ids);
};
const drawReference = (drawing: Drawing): string => {
  const { dice, plan } = drawing;
  const { type, id } = dice.one(plan);
  return dice.one([`${type}/${id}`, `${type}/${id}`, id, `http://localhost:4000/fhir/${type}/${id}`]);
};

const drawToken = ({ dice, plan }: Drawing): string => {
  const code = dice.one(codes);
  const { id } = dice.one(plan);
  return dice.one([
    code,
    `urn:codes|${code}`,
    'urn:codes|',
    `n-${id}`,
    `urn:ids|n-${id}`,
    `urn:ids|n-${code}`,
    'laboratory',
    'vital-signs',
    'final',
    'active',
    'R',
    'finished',
    'male',
  ]);
};

/** A value of a parameter of this type, as it stands in a query. */
const drawValue = (drawing: Drawing, type: string): string => {
  const { dice } = drawing;
  const prefix = dice.one(['', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap']);
  switch (type) {
    case 'token':
      return drawToken(drawing);
    case 'reference':
      return drawReference(drawing);
    case 'date':
      return `${prefix}${dice.one(['2026', '2026-03', '2026-05-12', '2026-02-11T08:00:00Z'])}`;
    case 'quantity':
      return `${prefix}${dice.below(20)}${dice.one(['', '||mg', '|http://unitsofmeasure.org|g'])}`;
    case 'number':
      return `${prefix}${dice.below(20)}`;
    case 'uri':
      return `http://values.example/x${dice.below(40)}`;
    case 'composite':
      return `${drawToken(drawing)}$${prefix}${dice.below(20)}`;
    case 'special':
      return `${dice.below(5)}|${dice.below(5)}|${dice.one([1, 300])}|km`;
    default:
      return dice.one([...names, 'a', 'Da', 'ib', 'Code']);
  }
};

const modifiersOf: Readonly<Record<string, readonly string[]>> = {
  token: ['', '', '', ':not', ':text', ':missing'],
  string: ['', ':contains', ':exact', ':missing'],
  reference: ['', '', ':missing', ':identifier', ':Patient', ':Observation'],
  uri: ['', ':below', ':above', ':missing'],
};

/** A parameter of the type by itself. */
export const drawOwn = (drawing: Drawing, type: string): Pair => {
  const { dice } = drawing;
  const params = capabilityOf(drawing, type)?.searchParams ?? [];
  if (params.length === 0) return ['_id', drawId(drawing, type)];
  const { name, type: kind } = dice.one(params);
  const modifier = dice.one(modifiersOf[kind] ?? ['', '', ':missing']);
  if (modifier === ':missing') return [`${name}:missing`, dice.one(['true', 'false'])];
  if (modifier === ':identifier') return [`${name}:identifier`, drawToken(drawing)];
  if (modifier === ':text') return [`${name}:text`, 'Code'];
  const values = Array.from({ length: dice.chance(0.2) ? 2 : 1 }, () => drawValue(drawing, kind));
  return [`${name}${modifier}`, values.join(',')];
};

const referencesOf = (drawing: Drawing, type: string): readonly string[] =>
  (capabilityOf(drawing, type)?.searchParams ?? []).flatMap(({ name, type: kind }) =>
    kind === 'reference' ? [name] : [],
  );

/** A chain, or a `_has`, of one or two hops. */
export const drawJoin = (drawing: Drawing, type: string, depth = 0): Pair => {
  const { dice } = drawing;
  const onward = (to: string): Pair =>
    depth === 0 && dice.chance(0.25) ? drawJoin(drawing, to, 1) : drawOwn(drawing, to);
  const back = capabilityOf(drawing, type)?.revIncludes ?? [];
  if (dice.chance(0.4) && back.length > 0) {
    const from = dice.one(back.filter((each) => types.includes(each.split(':')[0] ?? ''))) ?? 'Observation:subject';
    const [name, value] = onward(from.split(':')[0] ?? '');
    return [`_has:${from}:${name}`, value];
  }
  const params = referencesOf(drawing, type);
  if (params.length === 0) return drawOwn(drawing, type);
  const param = dice.one(params);
  const to = dice.one(['Patient', 'Patient', 'Practitioner', 'Organization', 'Encounter', 'Observation']);
  const [name, value] = onward(to);
  return [dice.chance(0.3) ? `${param}.${name}` : `${param}:${to}.${name}`, value];
};

/** What shapes the answer of a search. */
export const drawShape = (drawing: Drawing, type: string): readonly Pair[] => {
  const { dice } = drawing;
  const { sort = [], includes = [], revIncludes = [] } = capabilityOf(drawing, type) ?? {};
  const pairs: Pair[] = [];
  if (dice.chance(0.4) && sort.length > 0) {
    const keys = Array.from({ length: dice.chance(0.3) ? 2 : 1 }, () => `${dice.one(['', '-'])}${dice.one(sort)}`);
    pairs.push(['_sort', keys.join(',')]);
  }
  if (dice.chance(0.6)) pairs.push(['_count', dice.one(['0', '1', '2', '3', '5'])]);
  if (dice.chance(0.5)) pairs.push(['_total', dice.one(['none', 'estimate', 'accurate'])]);
  const subset = dice.below(8);
  if (subset === 0) pairs.push(['_summary', dice.one(['true', 'count', 'data', 'text'])]);
  if (subset === 1) pairs.push(['_elements', dice.one(['status', 'code', 'identifier,subject'])]);
  if (dice.chance(0.3) && includes.length > 0)
    pairs.push([`_include${dice.one(['', ':iterate'])}`, dice.one(includes)]);
  const known = revIncludes.filter((each) => types.includes(each.split(':')[0] ?? ''));
  if (dice.chance(0.3) && known.length > 0) pairs.push([`_revinclude${dice.one(['', ':iterate'])}`, dice.one(known)]);
  if (dice.chance(0.1)) pairs.push(['_revinclude', 'Provenance:target']);
  return pairs;
};

export const drawCommon = (drawing: Drawing): Pair => {
  const { dice, plan } = drawing;
  const ids = Array.from({ length: 6 }, () => dice.one(plan).id);
  return dice.one<Pair>([
    ['_id', ids.join(',')],
    ['_security', dice.one(['R', 'V', 'N'])],
    ['_security:not', 'R'],
    ['_lastUpdated', `${dice.one(['gt', 'lt'])}2026-01-01`],
  ]);
};

export const queryOf = (pairs: readonly Pair[]): string =>
  pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');

export const drawSearch = (drawing: Drawing, type: string): string => {
  const { dice } = drawing;
  const pairs: Pair[] = [];
  if (dice.chance(0.5)) pairs.push(drawOwn(drawing, type));
  if (dice.chance(0.45)) pairs.push(drawJoin(drawing, type));
  if (dice.chance(0.15)) pairs.push(drawCommon(drawing));
  if (dice.chance(0.2)) pairs.push([dice.one(['patient', 'subject']), `Patient/${dice.one(patients)}`]);
  return queryOf([...pairs, ...drawShape(drawing, type)]);
};
