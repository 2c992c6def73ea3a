/** What type of resource a Reference points to, as far as the resource tells. FHIR R4 references.html. */
import { parseReference } from '@affinity/core/fhir/reference.ts';

type Object = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const typeOf = (resource: unknown): string | undefined =>
  isObject(resource) && typeof resource.resourceType === 'string' ? resource.resourceType : undefined;

const inBundle = (bundle: Object, url: string): string | undefined => {
  const entries = Array.isArray(bundle.entry) ? bundle.entry.filter(isObject) : [];
  return typeOf(entries.find(({ fullUrl }) => fullUrl === url)?.resource);
};

/** Undefined where nothing says it: a `urn:uuid` outside of a Bundle, an identifier alone. */
export const targetTypeOf = (reference: Object, resource: Object, root: Object): string | undefined => {
  const said = typeof reference.type === 'string' ? reference.type : undefined;
  if (typeof reference.reference !== 'string') return said;
  const target = parseReference(reference.reference, []);
  if (target.kind === 'local') return target.type;
  if (target.kind === 'foreign') return inBundle(root, target.url) ?? target.type ?? said;
  if (target.kind !== 'contained') return said;
  const contained = Array.isArray(resource.contained) ? resource.contained.filter(isObject) : [];
  return target.id === '' ? typeOf(resource) : typeOf(contained.find(({ id }) => id === target.id));
};
