/**
 * A snapshot while it is made: the elements in their order, and how one is reached that the base says nothing of, because
 * it is within a data type, behind a content reference, or a slice. FHIR R4 profiling.html, elementdefinition.html#id.
 */
import { isJson, listOf, textOf } from '../terminology/json-read.ts';
import { copyOf, isBelow, isOf, lastOf, parentOf, pathOf, type SnapshotElement, slicedOf } from './element.ts';
import { isExtension, plainExtension } from './inherited.ts';
import { badDifferential, costlySnapshot } from './snapshot-faults.ts';

export interface Draft {
  readonly elements: SnapshotElement[];
  /** elements of a type or profile, the root first */
  readonly structure: (canonical: string, why: string) => Promise<readonly SnapshotElement[]>;
  readonly mostElements: number;
  /** a type of its own has elements that its base has not */
  readonly specialization: boolean;
  /** elements as they were before this profile said anything of them: a slice begins as such a one */
  readonly before: Map<string, SnapshotElement>;
  /** what is within data types that this profile has opened: a slice does not begin with it */
  readonly opened: Set<string>;
}

export const typeUrl = (code: string): string =>
  code.includes(':') ? code : `http://hl7.org/fhir/StructureDefinition/${code}`;

const find = ({ elements }: Draft, id: string): SnapshotElement | undefined => elements.find((each) => each.id === id);

/** Copies of what is within one element, for another. */
const within = (elements: readonly SnapshotElement[], from: string, to: string): readonly SnapshotElement[] =>
  elements
    .filter(({ id }) => isBelow(id, from))
    .map((each) => ({
      ...copyOf(each),
      id: to + each.id.slice(from.length),
      path: pathOf(to + each.id.slice(from.length)),
    }));

const insertAfter = (draft: Draft, belongs: (id: string) => boolean, added: readonly SnapshotElement[]): void => {
  if (draft.elements.length + added.length > draft.mostElements)
    throw costlySnapshot(`a snapshot has at most ${draft.mostElements} elements here`);
  const place = draft.elements.findLastIndex(({ id }) => belongs(id));
  draft.elements.splice(place + 1, 0, ...added);
  for (const element of added) draft.before.set(element.id, copyOf(element));
};

/** The profile or type whose elements are within an element. */
const structureOf = (element: SnapshotElement): string => {
  const types = listOf(element.type);
  const codes = new Set(types.map(({ code }) => textOf(code) ?? ''));
  const profiles = types.flatMap(({ profile }) => (Array.isArray(profile) ? profile.map(String) : []));
  const [code = ''] = codes;
  const [profile] = profiles;
  if (codes.size !== 1 || code === '') return typeUrl('Element');
  return profile !== undefined && profiles.length === 1 ? profile : typeUrl(code);
};

/** What is within an element, where the snapshot does not say it yet. */
const unfold = async (draft: Draft, element: SnapshotElement): Promise<void> => {
  const reference = textOf(element.contentReference);
  if (reference !== undefined) {
    const target = reference.slice(reference.indexOf('#') + 1);
    const shown = find(draft, target);
    if (shown === undefined || (isOf(element.id, target) && isOf(target, element.id))) return;
    const children = within(
      draft.elements.filter(({ id }) => !isBelow(id, element.id)),
      target,
      element.id,
    );
    delete element.contentReference;
    if (shown.type !== undefined) element.type = copyOf(shown.type);
    insertAfter(
      draft,
      (id) => id === element.id,
      children.filter(({ id }) => !id.startsWith(`${element.id}.${lastOf(element.id)}.`)),
    );
    return;
  }
  const [root, ...others] = await draft.structure(structureOf(element), `type of ${element.path}`);
  if (root === undefined) return;
  const children = within(others, root.id, element.id);
  for (const { id } of children) draft.opened.add(id);
  insertAfter(draft, (id) => id === element.id, children);
};

const extensionSlicing = { discriminator: [{ type: 'value', path: 'url' }], ordered: false, rules: 'open' };
const typeSlicing = { discriminator: [{ type: 'type', path: '$this' }], ordered: false, rules: 'open' };

const openSlicing = (sliced: SnapshotElement): void => {
  if (isJson(sliced.slicing)) return;
  if (isExtension(sliced)) {
    plainExtension(sliced);
    sliced.slicing = copyOf(extensionSlicing);
  }
  if (isJson(sliced.slicing)) return;
  if (sliced.path.endsWith('[x]')) sliced.slicing = copyOf(typeSlicing);
  else if (slicedOf(sliced.id) === undefined)
    throw badDifferential('a slice is named where nothing says how it is told from others', sliced.id);
};

/** A slice begins as what it is a slice of was before. */
const addSlice = (draft: Draft, sliced: SnapshotElement, id: string): SnapshotElement => {
  openSlicing(sliced);
  const { slicing: _, ...kept } = copyOf(draft.before.get(sliced.id) ?? sliced);
  const sliceName = lastOf(id).slice(lastOf(id).indexOf(':') + 1);
  const slice: SnapshotElement = { ...kept, id, sliceName, min: 0 };
  const children = draft.elements
    .filter((each) => isBelow(each.id, sliced.id) && !draft.opened.has(each.id))
    .map((each) => draft.before.get(each.id) ?? each);
  insertAfter(draft, (each) => isOf(each, sliced.id), [slice, ...within(children, sliced.id, id)]);
  return find(draft, id) ?? slice;
};

/** `valueQuantity` is a Quantity of `value[x]`. FHIR R4 profiling.html#choice. */
const choiceAt = (draft: Draft, parent: string, name: string) => {
  const [found] = draft.elements.flatMap((element) => {
    if (parentOf(element.id) !== parent || !element.id.endsWith('[x]')) return [];
    const stem = lastOf(element.id).slice(0, -3);
    const suffix = name.startsWith(stem) ? name.slice(stem.length) : '';
    const type = listOf(element.type).find(
      ({ code }) => suffix !== '' && String(code).toLowerCase() === suffix.toLowerCase(),
    );
    return type === undefined ? [] : [{ element, type }];
  });
  return found;
};

/** The slice of a choice that has one type; within a slice, the choice itself comes to that type. */
const stepToChoice = async (
  draft: Draft,
  parent: SnapshotElement,
  name: string,
): Promise<SnapshotElement | undefined> => {
  const choice = choiceAt(draft, parent.id, name);
  if (choice === undefined) return undefined;
  const { element, type } = choice;
  const sliced = isJson(element.slicing);
  if (parent.id.includes(':') && !sliced) {
    element.type = [type];
    return element;
  }
  const known = find(draft, `${element.id}:${name}`);
  const slice = known ?? addSlice(draft, element, `${element.id}:${name}`);
  if (known === undefined) slice.type = [{ code: type.code }];
  return slice;
};

/** Where the one type of a choice is demanded, nothing else can be there. */
export const closeChoice = (
  draft: Draft,
  slice: SnapshotElement,
  said: { readonly id: string; readonly min?: unknown },
): void => {
  const sliced = slicedOf(slice.id);
  const element = sliced === undefined || slice.id === said.id ? undefined : find(draft, sliced);
  if (element === undefined || typeof said.min !== 'number' || said.min < 1 || !isJson(element.slicing)) return;
  element.min = said.min;
  element.type = copyOf(slice.type);
  element.slicing = { ...element.slicing, rules: 'closed' };
};

const stepTo = async (draft: Draft, parent: SnapshotElement, part: string): Promise<SnapshotElement> => {
  const id = `${parent.id}.${part}`;
  const known = find(draft, id);
  if (known !== undefined) return known;
  if (!draft.elements.some((each) => isBelow(each.id, parent.id))) await unfold(draft, parent);
  const unfolded = find(draft, id);
  if (unfolded !== undefined) return unfolded;
  const sliced = slicedOf(id);
  if (sliced !== undefined) return addSlice(draft, await stepTo(draft, parent, lastOf(sliced)), id);
  const choice = await stepToChoice(draft, parent, part);
  if (choice !== undefined) return choice;
  if (!draft.specialization)
    throw badDifferential('the differential speaks of an element that the base does not have', id);
  const added: SnapshotElement = {
    id,
    path: pathOf(id),
    min: 0,
    max: '1',
    base: { path: pathOf(id), min: 0, max: '1' },
  };
  insertAfter(draft, (each) => isOf(each, parent.id), [added]);
  return added;
};

/** The element of an id, made where it is not there yet. @throws FhirError where the base has no such element */
export const reach = async (draft: Draft, id: string): Promise<SnapshotElement> => {
  const [first, ...parts] = id.split('.');
  let at = draft.elements[0];
  if (at === undefined || at.id !== first)
    throw badDifferential('the differential is of another type than the base', id);
  for (const part of parts) at = await stepTo(draft, at, part);
  return at;
};
