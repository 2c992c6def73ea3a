/** The value that an operation of a FHIRPath Patch carries: of a data type, or built from parts. FHIR R4 fhirpatch.html, parameters.html. */
import { type Exact, type ExactObject, isExactObject } from '@affinity/core/fhir/exact-json.ts';
import { propertyOf } from '@affinity/core/fhir/structure.ts';
import { isPrimitive, type Property, propertiesOf } from '../properties.ts';
import { malformed } from './work.ts';

/** A value, what stands beside it if it is a primitive, and the property that it is set as. */
export interface PatchValue {
  readonly name: string;
  readonly property: Property;
  readonly value: Exact;
  readonly beside: Exact;
}

/** `Quantity` of `valueQuantity`; undefined: the parameter has no value of a data type. */
const typeSuffix = (parameter: ExactObject): string | undefined =>
  Object.keys(parameter)
    .map((key) => /^_?value([A-Z]\w*)$/.exec(key)?.[1])
    .find((suffix) => suffix !== undefined);

/** A name as FHIRPath or the definition has it, or with the type: `value`, `value[x]`, `valueQuantity`. */
const propertyFor = (path: string, given: string, suffix: string | undefined): readonly [string, Property] => {
  const properties = propertiesOf(path);
  const name = given.replace(/\[x\]$/, '');
  for (const key of [name, suffix === undefined ? name : propertyOf(name, true, suffix)]) {
    const property = properties?.get(key);
    if (property !== undefined) return [key, property];
  }
  throw malformed(
    'there is no such element to add, or its type is not among those that it may have',
    `${path}.${name}`.slice(0, 256),
  );
};

/** The value of the parameter as the element `name` of `path`. */
export const patchValue = (parameter: ExactObject, path: string, name: string): PatchValue => {
  const suffix = typeSuffix(parameter);
  const [key, property] = propertyFor(path, name, suffix);
  if (suffix !== undefined) {
    const value = parameter[`value${suffix}`] ?? null;
    const beside = parameter[`_value${suffix}`] ?? null;
    if (isPrimitive(property) === isExactObject(value) || Array.isArray(value))
      throw malformed('the value is not of the type of the element', `${path}.${key}`);
    return { name: key, property, value, beside };
  }
  if (isExactObject(parameter.resource) && property.type === 'Resource')
    return { name: key, property, value: parameter.resource, beside: null };
  if (!Array.isArray(parameter.part) || isPrimitive(property)) throw malformed('the value is missing');
  return { name: key, property, value: built(parameter.part, property.path), beside: null };
};

const built = (parts: readonly Exact[], path: string): ExactObject => {
  const object: ExactObject = {};
  for (const part of parts) {
    if (!isExactObject(part) || typeof part.name !== 'string') throw malformed('each part of a value has a name');
    const { name, property, value, beside } = patchValue(part, path, part.name);
    if (property.element.repeats) {
      const [values, besides] = [object[name] ?? [], object[`_${name}`] ?? []];
      if (!Array.isArray(values) || !Array.isArray(besides)) continue;
      object[name] = [...values, value];
      if (beside !== null || besides.length > 0)
        object[`_${name}`] = [...besides, ...Array(values.length - besides.length).fill(null), beside];
    } else {
      if (Object.hasOwn(object, name)) throw malformed('a part of the value does not repeat', `${path}.${name}`);
      if (value !== null) object[name] = value;
      if (beside !== null) object[`_${name}`] = beside;
    }
  }
  return object;
};
