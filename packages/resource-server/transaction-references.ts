/**
 * References within a transaction: what entries call each other by becomes the identity that the server gives, in
 * references, in elements that hold a uri, url, oid or uuid, and in links of the narrative; never in a canonical. FHIR R4
 * http.html#trules.
 */
import { type Exact, type ExactObject, isExactObject } from '@affinity/core/fhir/exact-json.ts';
import { isResourceType } from '@affinity/core/fhir/resource-type.ts';
import type { Identities } from './asked.ts';
import { propertiesOf } from './properties.ts';

const rewritable = new Set(['uri', 'url', 'oid', 'uuid']);

/** What becomes of the text of an element of this type. */
type Rewrite = (text: string, type: string) => string;

/** The path of what a value holds, where only the value can say it: a resource within a resource. */
const pathIn = (value: ExactObject, path: string): string =>
  typeof value.resourceType === 'string' && isResourceType(value.resourceType) ? value.resourceType : path;

const walk = (value: Exact, type: string, path: string, rewrite: Rewrite): Exact => {
  if (typeof value === 'string') return rewrite(value, type);
  if (Array.isArray(value)) return value.map((one) => walk(one, type, path, rewrite));
  if (!isExactObject(value)) return value;
  const own = pathIn(value, path);
  const properties = propertiesOf(own);
  const result: ExactObject = {};
  for (const [key, member] of Object.entries(value)) {
    const beside = key.startsWith('_');
    const property = properties?.get(beside ? key.slice(1) : key);
    const reference = own === 'Reference' && key === 'reference';
    result[key] =
      property === undefined
        ? member
        : beside
          ? walk(member, 'Element', 'Element', rewrite)
          : walk(member, reference ? 'reference' : property.type, property.path, rewrite);
  }
  return result;
};

/** `href` and `src` of XHTML, whose value is one that was given. */
const inNarrative = (xhtml: string, identities: Identities): string =>
  xhtml.replace(/(\s(?:href|src)\s*=\s*)(["'])(.*?)\2/gs, (all, lead: string, quote: string, url: string) =>
    identities.has(url) ? `${lead}${quote}${identities.get(url)}${quote}` : all,
  );

/** `urn:uuid:…#part` speaks of a part of what `urn:uuid:…` is. */
const identityOf = (text: string, identities: Identities): string => {
  const [whole = '', part] = text.split('#');
  const identity = identities.get(text) ?? (part === undefined ? undefined : identities.get(whole));
  if (identity === undefined) return text;
  return part === undefined || identities.has(text) ? identity : `${identity}#${part}`;
};

export const withIdentities = (resource: Exact, identities: Identities): Exact =>
  walk(resource, 'Resource', 'Resource', (text, type) => {
    if (type === 'xhtml') return inNarrative(text, identities);
    return type === 'reference' || rewritable.has(type) ? identityOf(text, identities) : text;
  });

/** `Patient?identifier=…` in place of a reference, each once. */
export const conditionalReferences = (resource: Exact): readonly string[] => {
  const found = new Set<string>();
  walk(resource, 'Resource', 'Resource', (text, type) => {
    const named = /^([A-Za-z]+)\?/.exec(text)?.[1];
    if (type === 'reference' && named !== undefined && isResourceType(named)) found.add(text);
    return text;
  });
  return [...found];
};
