/** A part of a resource, as `_summary` and `_elements` ask for it, marked as a part. FHIR R4 search.html#summary, #elements. */
import { type Exact, type ExactObject, isExactObject, parseExact, printExact } from '@affinity/core/fhir/exact-json.ts';
import type { Subset } from '@affinity/core/fhir/search-query.ts';
import { type Property, propertiesOf } from './properties.ts';

type Keep = (property: Property) => boolean;

/** What a reader could be misled without: it is part of every subset. */
const isEssential: Keep = ({ element }) => element.required || element.modifier;
const always = new Set(['resourceType', 'id', 'meta']);

/** The members of an object for which `keep` holds, and those that no definition knows: nothing is known to be left out. */
const members = (
  object: ExactObject,
  path: string,
  keep: Keep,
  inside: (value: Exact, property: Property) => Exact,
): ExactObject => {
  const properties = propertiesOf(path);
  const kept: ExactObject = {};
  for (const [key, value] of Object.entries(object)) {
    const property = properties?.get(key.startsWith('_') ? key.slice(1) : key);
    if (always.has(key) || property === undefined) kept[key] = value;
    else if (keep(property)) kept[key] = inside(value, property);
  }
  return kept;
};

const inSummary: Keep = (property) => property.element.summary || isEssential(property);
/** Inside an element its extensions may say what its value means, such as why there is none. */
const inNestedSummary: Keep = (property) => inSummary(property) || property.element.name === 'extension';

/** FHIR R4 elementdefinition.html#isSummary holds for elements within elements too: a summary has no `Attachment.data`. */
const summarized = (value: Exact, property: Property): Exact => {
  if (Array.isArray(value)) return value.map((one) => summarized(one, property));
  // A resource within the resource is whole or not there.
  if (!isExactObject(value) || property.type === 'Resource') return value;
  return members(value, property.path, inNestedSummary, summarized);
};

const whole = (value: Exact): Exact => value;

const subsetted: ExactObject = {
  system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue',
  code: 'SUBSETTED',
};

/** With the tag that says that this is not the whole, once. */
const marked = (resource: ExactObject): ExactObject => {
  const meta = isExactObject(resource.meta) ? resource.meta : {};
  const tags = Array.isArray(meta.tag) ? meta.tag : [];
  const others = tags.filter(
    (tag) => !(isExactObject(tag) && tag.code === subsetted.code && tag.system === subsetted.system),
  );
  return { ...resource, meta: { ...meta, tag: [...others, subsetted] } };
};

const reduced = (resource: ExactObject, type: string, subset: Subset): ExactObject => {
  if (subset.kind === 'elements') {
    const names = new Set(subset.names);
    return members(resource, type, (property) => names.has(property.element.name) || isEssential(property), whole);
  }
  switch (subset.which) {
    case 'true':
      return members(resource, type, inSummary, summarized);
    case 'text':
      return members(resource, type, (property) => property.element.name === 'text' || isEssential(property), whole);
    case 'data':
      return members(resource, type, ({ element }) => element.name !== 'text', whole);
  }
};

/** `json`: the text of a resource of the type. Of what is kept, decimals stand as they were written. */
export const subsetOf = (json: string, type: string, subset: Subset): string => {
  const resource = parseExact(json);
  return isExactObject(resource) ? printExact(marked(reduced(resource, type, subset))) : json;
};
