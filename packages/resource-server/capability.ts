/** What the server can do, written from what is offered of its backend: the CapabilityStatement. FHIR R4 capabilitystatement.html. */
import type { TypeCapability } from '@affinity/core/fhir/backend.ts';
import type { Offer, Operation } from './offer.ts';
import { isAt } from './own-operation.ts';

const definitions: Readonly<Record<Operation, string>> = {
  everything: 'http://hl7.org/fhir/OperationDefinition/Patient-everything',
  meta: 'http://hl7.org/fhir/OperationDefinition/Resource-meta',
  validate: 'http://hl7.org/fhir/OperationDefinition/Resource-validate',
  docref: 'http://hl7.org/fhir/us/core/OperationDefinition/docref',
};

export interface Described {
  readonly name: string;
  readonly base: string;
  readonly offer: () => Offer;
  /** an update of what is not there creates it, for those who reach every record */
  readonly updateCreate: boolean;
  /** canonical URLs of what the server as a whole conforms to */
  readonly instantiates?: readonly string[];
  /** canonical URLs of profiles, by type */
  readonly supportedProfiles?: Readonly<Record<string, readonly string[]>>;
  /** given: `patient.identifier` takes any identifier of the person */
  readonly patientsIdentified?: unknown;
  /** when the server was started, epoch milliseconds */
  readonly started: number;
}

const listed = <Name extends string, Item>(
  name: Name,
  items: readonly Item[],
): { readonly [Key in Name]?: readonly Item[] } =>
  (items.length === 0 ? {} : { [name]: items }) as { readonly [Key in Name]?: readonly Item[] };

const resourceOf = (
  { type, interactions, searchParams, includes = [], revIncludes = [] }: TypeCapability,
  { updateCreate, supportedProfiles = {} }: Omit<Described, 'started'>,
  offer: Offer,
) => {
  const conditional = offer.conditional && interactions.includes('search-type');
  const profiles = Object.hasOwn(supportedProfiles, type) ? (supportedProfiles[type] ?? []) : [];
  const own = offer.own.filter((one) => isAt(one, type, 'type') || isAt(one, type, 'instance'));
  const operations = [
    ...own.map(({ name, definition }) => ({ name, definition })),
    ...offer
      .operations(type)
      .filter((name) => !own.some((one) => one.name === name))
      .map((name) => ({ name, definition: definitions[name] })),
  ];
  return {
    type,
    ...listed('supportedProfile', profiles),
    interaction: interactions.map((code) => ({ code })),
    versioning: 'versioned',
    readHistory: interactions.includes('vread'),
    updateCreate: updateCreate && interactions.includes('update'),
    conditionalCreate: conditional && interactions.includes('create'),
    conditionalRead: 'full-support',
    conditionalUpdate: conditional && interactions.includes('update'),
    conditionalDelete: conditional && interactions.includes('delete') ? 'single' : 'not-supported',
    referencePolicy: ['literal', 'logical'],
    ...listed('searchInclude', includes),
    ...listed('searchRevInclude', revIncludes),
    ...listed('searchParam', searchParams),
    ...listed('operation', operations),
  };
};

/** Where apps of SMART 1.0 look for the authorization server (deprecated since). SMART App Launch 2.2, conformance. */
export type OauthUris = Readonly<
  Partial<Record<'authorize' | 'token' | 'introspect' | 'revoke' | 'manage' | 'register', string>>
>;
const oauthUrisUrl = 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris';

/** K03: what is done beyond FHIR is said. */
const anyIdentifier =
  'A chain to the identifier of a Patient, such as patient.identifier=system|value, takes any identifier of the person, ' +
  'also one that another server of the domain gave: it leads to the Patient that has it, and to the one that this server ' +
  'knows the same person as. subject:identifier compares the reference as it stands.';

/** Without its date, which says nothing of what the server can do. */
export const capabilityStatement = (described: Omit<Described, 'started'>, oauthUris: OauthUris = {}) => {
  const { name, base, instantiates = [] } = described;
  const offer = described.offer();
  const types = [...offer.types.values()];
  const patched = types.some(({ interactions }) => interactions.includes('patch'));
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    kind: 'instance',
    ...listed('instantiates', instantiates),
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'json', 'application/fhir+xml', 'xml'],
    ...(patched
      ? {
          patchFormat: [
            'application/json-patch+json',
            'application/xml-patch+xml',
            'application/fhir+json',
            'application/fhir+xml',
          ],
        }
      : {}),
    implementation: { description: name, url: base },
    rest: [
      {
        mode: 'server',
        ...(described.patientsIdentified === undefined ? {} : { documentation: anyIdentifier }),
        security: {
          ...listed(
            'extension',
            Object.keys(oauthUris).length === 0
              ? []
              : [
                  {
                    url: oauthUrisUrl,
                    extension: Object.entries(oauthUris).map(([url, valueUri]) => ({ url, valueUri })),
                  },
                ],
          ),
          cors: true,
          service: [
            {
              coding: [
                {
                  system: 'http://terminology.hl7.org/CodeSystem/restful-security-service',
                  code: 'SMART-on-FHIR',
                  display: 'SMART-on-FHIR',
                },
              ],
              text: 'OAuth2 using SMART-on-FHIR profile (see http://docs.smarthealthit.org)',
            },
          ],
        },
        resource: types.map((type) => resourceOf(type, described, offer)),
        interaction: offer.system.map((code) => ({ code })),
        ...listed(
          'operation',
          offer.own.flatMap((one) =>
            isAt(one, '', 'system') || one.types?.every((type) => !types.some((of) => of.type === type)) === true
              ? [{ name: one.name, definition: one.definition }]
              : [],
          ),
        ),
      },
    ],
  };
};
