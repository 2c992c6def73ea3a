/**
 * Lowers the expression of a search parameter to paths of JSON properties for one type, by the structure of that type:
 * once when the definitions are generated, and for parameters that are added at run time. FHIR R4 searchparameter.html.
 */
import { deepestPath, type Expression, readExpression } from './search-expression.ts';
import type { IndexedType } from './search-parameter.ts';
import { canBeWritten, type SearchPath, type Step } from './search-path.ts';
import { type Element, propertyOf, type Structure } from './structure.ts';

export type Lowered =
  | { readonly kind: 'paths'; readonly paths: readonly SearchPath[] }
  | { readonly kind: 'fault'; readonly diagnostics: string };

/** Paths in the making: a choice becomes one for each of its forms. */
export const mostPaths = 256;

/** A path in the making; `content` is where its elements are found if it nests elements of its own. */
export interface Place extends SearchPath {
  readonly content?: string;
}

/** Types that a parameter type can be indexed from; of a composite, whatever nests. FHIR R4 search.html#ptypes. */
const indexable: Readonly<Record<IndexedType, string>> = {
  token:
    'CodeableConcept Coding Identifier ContactPoint boolean code id string uri url canonical oid uuid present exists',
  reference: 'Reference canonical uri url',
  string: 'string markdown code HumanName Address',
  date: 'date dateTime instant Period Timing',
  number: 'decimal integer positiveInt unsignedInt',
  quantity: 'Quantity SimpleQuantity MoneyQuantity Money Range Age Duration Count Distance SampledData',
  uri: 'uri url canonical oid uuid',
  special: '',
  composite: '',
};
const indexed = new Map(Object.entries(indexable).map(([type, names]) => [type, new Set(names.split(' '))]));

const fault = (diagnostics: string): Lowered => ({ kind: 'fault', diagnostics });

/** Around a lowering: the type, its structure, where relative expressions begin, and the first fault. */
interface Around {
  readonly type: string;
  readonly structure: Structure;
  readonly from: readonly Place[];
  fault: string | undefined;
}
const fail = (around: Around, diagnostics: string): readonly Place[] => {
  around.fault ??= diagnostics;
  return [];
};

const startOf = (type: string): Place => ({ steps: [], type });

/** The elements that a name may mean: one, or one for each type of a choice; or that type's, by its full name. */
const child = (place: Place, name: string, structure: Structure): readonly Place[] => {
  const through = (element: Element, type: string): Place => ({
    steps: [...place.steps, { name: propertyOf(element.name, element.choice, type) }],
    type,
    ...(place.fromResource ? { fromResource: true } : {}),
    ...(element.content === undefined ? {} : { content: element.content }),
    ...(element.system === undefined ? {} : { system: element.system }),
  });
  return (structure(place.content ?? place.type) ?? []).flatMap((element) =>
    element.types
      .filter((type) => element.name === name || (element.choice && propertyOf(element.name, true, type) === name))
      .map((type) => through(element, type)),
  );
};

/** Whether a condition can be put to a place: its names lead to one text. */
const leadsToText = (place: Place, names: readonly string[], structure: Structure): boolean => {
  let at: Place | undefined = place;
  for (const name of names) {
    if (at === undefined) return false;
    const element: Element | undefined = structure(at.content ?? at.type)?.find((one) => one.name === name);
    at = element === undefined || element.repeats || element.choice ? undefined : child(at, name, structure)[0];
  }
  return (
    at !== undefined && /^[a-z]/.test(at.type) && !/^(boolean|decimal|integer|positiveInt|unsignedInt)$/.test(at.type)
  );
};

const narrow = (place: Place, names: readonly string[], value: string): Place => {
  const last = place.steps.at(-1);
  if (last === undefined) return place;
  const step: Step = { ...last, where: [...(last.where ?? []), { names, value }] };
  return { ...place, steps: [...place.steps.slice(0, -1), step] };
};

const same = (a: readonly Place[], b: readonly Place[]): boolean => JSON.stringify(a) === JSON.stringify(b);

const lower = (expression: Expression, around: Around): readonly Place[] => {
  const { structure } = around;
  if (expression.kind === 'union') {
    const all = expression.all.flatMap((one) => lower(one, around));
    return all.length > mostPaths ? fail(around, `more than ${mostPaths} paths`) : all;
  }
  if (expression.kind === 'resource') return [{ ...startOf(around.type), fromResource: true }];
  if (expression.kind === 'root') {
    if (expression.type === undefined) return around.from;
    if ([around.type, 'Resource', 'DomainResource'].includes(expression.type)) return [startOf(around.type)];
    // Parameters of several types say in one expression what holds for each.
    return structure(expression.type) === undefined ? fail(around, `${expression.type} is not a type of FHIR R4`) : [];
  }
  const places = lower(expression.of, around);
  if (places.length === 0) return [];
  switch (expression.kind) {
    case 'member': {
      const all = places.flatMap((place) => child(place, expression.name, structure));
      if (all.length > mostPaths) return fail(around, `more than ${mostPaths} paths`);
      if (all.some(({ steps }) => steps.length > deepestPath))
        return fail(around, `a path has more than ${deepestPath} steps`);
      return all.length > 0 ? all : fail(around, `there is no element ${expression.name} where it is asked for`);
    }
    case 'of-type': {
      const all = places.filter(({ type }) => type === expression.type);
      return all.length > 0 ? all : fail(around, `the element has no form of type ${expression.type}`);
    }
    case 'where': {
      const { names, value } = expression;
      if (!canBeWritten(value)) return fail(around, 'where() compares with a text without spaces, brackets and bars');
      const all = places.filter((place) => place.steps.length > 0 && leadsToText(place, names, structure));
      return all.length > 0
        ? all.map((place) => narrow(place, names, value))
        : fail(around, `where() cannot ask for ${names.join('.')}: it is no single text`);
    }
    case 'resolves-to': {
      const all = places.filter(({ type }) => type === 'Reference' || type === 'canonical');
      return all.length > 0
        ? all.map((place) => ({ ...place, target: expression.type }))
        : fail(around, 'only a reference resolves to a type');
    }
    case 'exists': {
      if (expression.beside === undefined) return places.map((place) => ({ ...place, type: 'present' }));
      if (!same(places, lower(expression.beside, around)))
        return fail(around, 'exists() and != false are asked of different elements');
      return places.map((place) => ({ ...place, type: 'exists' }));
    }
  }
};

/** Each path once, and none that another type of value ends. */
const kept = (places: readonly Place[], allowed: (place: Place) => boolean): readonly Place[] => {
  const seen = new Map(places.filter(allowed).map((place) => [JSON.stringify(place), place]));
  return [...seen.values()];
};

/** Of the places, those that can be indexed as this type of parameter. */
const ofType = (places: readonly Place[], parameterType: IndexedType): readonly Place[] => {
  if (parameterType === 'composite') return kept(places, () => true);
  if (parameterType === 'special') return kept(places, ({ content }) => content === 'Location.position');
  return kept(places, ({ type }) => indexed.get(parameterType)?.has(type) === true);
};

/**
 * The places that an expression leads to on a type. `from`: where relative expressions begin, if it is not the resource.
 * A fault says what could not be lowered, or that nothing of it can be indexed.
 */
export const placesOf = (
  text: string,
  parameterType: IndexedType,
  { type, structure, from }: { readonly type: string; readonly structure: Structure; readonly from?: readonly Place[] },
): { readonly kind: 'places'; readonly places: readonly Place[] } | Extract<Lowered, { kind: 'fault' }> => {
  const read = readExpression(text);
  if (read.kind === 'fault') return read;
  const around: Around = { type, structure, from: from ?? [startOf(type)], fault: undefined };
  const all = lower(read.expression, around);
  if (around.fault !== undefined) return { kind: 'fault', diagnostics: around.fault };
  const places = ofType(all, parameterType);
  if (places.length > 0) return { kind: 'places', places };
  const why =
    all.length === 0 ? `the expression says nothing of ${type}` : `nothing of it can be searched as a ${parameterType}`;
  return { kind: 'fault', diagnostics: why };
};

/** A place as a path: without what only the lowering needs. */
export const pathOf = ({ content: _, system, ...path }: Place): SearchPath =>
  system === undefined || path.type !== 'code' ? path : { ...path, system };

/** The paths of an expression on a type. */
export const lowerExpression = (
  text: string,
  parameterType: IndexedType,
  around: { readonly type: string; readonly structure: Structure; readonly from?: readonly Place[] },
): Lowered => {
  const found = placesOf(text, parameterType, around);
  return found.kind === 'fault' ? fault(found.diagnostics) : { kind: 'paths', paths: found.places.map(pathOf) };
};
