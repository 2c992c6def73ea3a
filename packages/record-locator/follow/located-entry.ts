/**
 * The entry of a document that a server of the domain keeps: whole addresses, the person in place of the patient there, the labels
 * that it has there, and who keeps it. The document itself stays where it is. IHE MHD ITI-67; FHIR R4 references.html.
 */
import { createHash } from 'node:crypto';
import { type Exact, type ExactObject, isExactObject } from '@affinity/core/fhir/exact-json.ts';
import { isResourceType } from '@affinity/core/fhir/resource-type.ts';
import { authorNameUrl, homeCommunityIdUrl } from '../mhd.ts';
import { sourceOfServer, stamped } from '../source.ts';

/** A server of the domain, as it is named in entries. */
export interface FollowedServer {
  /** without trailing slash */
  readonly base: string;
  /** as `urn:oid:1.2.3` (IHE XCA) */
  readonly homeCommunityId?: string;
}

/** The same document has the same entry, however often it is heard of. */
export const entryIdOf = (base: string, id: string): string =>
  createHash('sha256').update(sourceOfServer(base, id)).digest('hex').slice(0, 40);

const absolute = (reference: string, base: string): string =>
  isResourceType(reference.split('/')[0] ?? '') ? `${base}/${reference}` : reference;

/** References that mean something there alone, made into ones that mean it everywhere. */
const withAddresses = (value: Exact, base: string): Exact => {
  if (Array.isArray(value)) return value.map((one) => withAddresses(one, base));
  if (!isExactObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]): [string, Exact] => [
      name,
      name === 'reference' && typeof member === 'string' ? absolute(member, base) : withAddresses(member, base),
    ]),
  );
};

/** What is kept within the entry there is to be had at its address. */
const withoutData = (content: Exact, address: string, base: string): Exact => {
  if (!isExactObject(content) || !isExactObject(content.attachment)) return content;
  const { data: _, url, ...attachment } = content.attachment;
  const whole = typeof url === 'string' ? (URL.canParse(url) ? url : `${base}/${url.replace(/^\/+/, '')}`) : address;
  return { ...content, attachment: { ...attachment, url: whole } };
};

const asValue = (names: readonly ExactObject[]): ExactObject[] =>
  names.map((name) => ({ url: authorNameUrl, valueHumanName: name }));

/** @param authors names of those who wrote it, as the server knows them */
export const locatedEntry = (
  given: ExactObject,
  id: string,
  person: string,
  { base, homeCommunityId }: FollowedServer,
  authors: readonly ExactObject[],
): ExactObject => {
  const address = sourceOfServer(base, id);
  const { text: _, subject, content, meta, ...rest } = given;
  const identifier = isExactObject(subject) ? subject.identifier : undefined;
  const kept = withAddresses(rest, base);
  const { profile: __, versionId: ___, lastUpdated: ____, ...labels } = isExactObject(meta) ? meta : {};
  const entry = stamped(
    {
      ...(isExactObject(kept) ? kept : {}),
      resourceType: 'DocumentReference',
      meta: labels,
      ...(rest.masterIdentifier === undefined
        ? { masterIdentifier: { system: 'urn:ietf:rfc:3986', value: address } }
        : {}),
      ...(rest.custodian === undefined
        ? { custodian: { identifier: { system: 'urn:ietf:rfc:3986', value: base } } }
        : {}),
      subject: { reference: `Patient/${person}`, ...(identifier === undefined ? {} : { identifier }) },
      content: (Array.isArray(content) ? content : []).map((one) => withoutData(one, address, base)),
    },
    address,
  );
  const community = homeCommunityId === undefined ? [] : [{ url: homeCommunityIdUrl, valueOid: homeCommunityId }];
  const extension = [...(Array.isArray(entry.extension) ? entry.extension : []), ...asValue(authors), ...community];
  return { ...entry, id: entryIdOf(base, id), ...(extension.length === 0 ? {} : { extension }) };
};
