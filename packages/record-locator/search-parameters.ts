/**
 * What IHE MHD searches by beside HL7's parameters: stored as SearchParameters of the locator, and so in its CapabilityStatement.
 * What MHD writes as a chain through the author is asked of the names that stand in the entry itself. IHE MHD ITI-66, ITI-67.
 */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { authorNameUrl, designationTypeUrl, homeCommunityIdUrl, sourceIdUrl } from './mhd.ts';

const canonical = 'https://profiles.ihe.net/ITI/MHD/SearchParameter/';

const parameter = (
  id: string,
  url: string,
  code: string,
  type: string,
  base: readonly string[],
  expression: string,
): Resource & { readonly id: string } => ({
  resourceType: 'SearchParameter',
  id,
  url,
  name: code.replaceAll(/[^A-Za-z]/g, ''),
  status: 'active',
  description: `Finds ${base.join(' and ')} by ${code}.`,
  code,
  base: [...base],
  type,
  expression,
});

const [documents, lists, both] = [['DocumentReference'], ['List'], ['DocumentReference', 'List']];
const extensionValue = (type: string, url: string, form: string): string =>
  `${type}.extension('${url}').value.ofType(${form})`;
const named = (type: string, part: string): string => `${extensionValue(type, authorNameUrl, 'HumanName')}.${part}`;
const own = 'urn:affinity:locator:search:';

export const searchParameters = [
  parameter(
    'mhd-creation',
    `${canonical}DocumentReference-Creation`,
    'creation',
    'date',
    documents,
    'DocumentReference.content.attachment.creation',
  ),
  parameter(
    'mhd-designation-type',
    `${canonical}List-DesignationType`,
    'designationType',
    'token',
    lists,
    extensionValue('List', designationTypeUrl, 'CodeableConcept'),
  ),
  parameter(
    'mhd-source-id',
    `${canonical}List-SourceId`,
    'sourceId',
    'token',
    lists,
    extensionValue('List', sourceIdUrl, 'Identifier'),
  ),
  parameter(
    'mhd-home-community',
    `${canonical}IHE-TargetCommunityIdList`,
    'targetCommunityIdList',
    'uri',
    both,
    both.map((type) => extensionValue(type, homeCommunityIdUrl, 'oid')).join(' | '),
  ),
  ...(['given', 'family'] as const).flatMap((part) => [
    parameter(
      `author-${part}`,
      `${own}author-${part}`,
      `author-${part}`,
      'string',
      documents,
      named('DocumentReference', part),
    ),
    parameter(`source-${part}`, `${own}source-${part}`, `source-${part}`, 'string', lists, named('List', part)),
  ]),
] as const;

/** Names as MHD writes them, and under which the store knows them. */
export const renamed: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  DocumentReference: { 'author.given': 'author-given', 'author.family': 'author-family' },
  List: { 'source.given': 'source-given', 'source.family': 'source-family' },
};
