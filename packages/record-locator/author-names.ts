/** The names of those who wrote a document, beside its entry: by them it is found as MHD wants it. IHE MHD ITI-66, ITI-67. */
import { type Exact, type ExactObject, isExactObject } from '@affinity/core/fhir/exact-json.ts';
import { objectsAt, textsAt } from './json-reading.ts';
import { authorNameUrl } from './mhd.ts';

const authorElements: Readonly<Record<string, string>> = { DocumentReference: 'author', List: 'source' };

const isOwn = (extension: Exact): boolean => isExactObject(extension) && extension.url === authorNameUrl;

/** Only of authors who are contained: what others are called stands with them. */
export const withAuthorNames = (resource: ExactObject): ExactObject => {
  const element = typeof resource.resourceType === 'string' ? authorElements[resource.resourceType] : undefined;
  if (element === undefined) return resource;
  const authors = new Set(textsAt(resource, `${element}.reference`));
  const names = objectsAt(resource, 'contained')
    .filter(({ resourceType, id }) => resourceType === 'Practitioner' && authors.has(`#${String(id)}`))
    .flatMap((author) => objectsAt(author, 'name'));
  const others = (Array.isArray(resource.extension) ? resource.extension : []).filter((one) => !isOwn(one));
  const extension = [...others, ...names.map((name): ExactObject => ({ url: authorNameUrl, valueHumanName: name }))];
  const { extension: _, ...rest } = resource;
  return extension.length === 0 ? rest : { ...rest, extension };
};
