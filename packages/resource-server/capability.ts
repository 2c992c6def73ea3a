/** What the server can do, written from what its backend does: the CapabilityStatement. FHIR R4 capabilitystatement.html. */
import type { TypeCapability } from '@affinity/core/fhir/backend.ts';

const resourceOf = ({ type, interactions, searchParams }: TypeCapability) => ({
  type,
  interaction: interactions.map((code) => ({ code })),
  versioning: 'versioned',
  readHistory: interactions.includes('vread'),
  updateCreate: false,
  conditionalCreate: false,
  conditionalUpdate: false,
  conditionalDelete: 'not-supported',
  ...(searchParams.length === 0 ? {} : { searchParam: searchParams }),
});

export interface Described {
  readonly name: string;
  readonly base: string;
  readonly capabilities: readonly TypeCapability[];
  /** when the server was started, epoch milliseconds */
  readonly started: number;
}

/** Without its date, which says nothing of what the server can do. */
export const capabilityStatement = ({ name, base, capabilities }: Omit<Described, 'started'>) => ({
  resourceType: 'CapabilityStatement',
  status: 'active',
  kind: 'instance',
  fhirVersion: '4.0.1',
  format: ['application/fhir+json', 'json'],
  implementation: { description: name, url: base },
  rest: [
    {
      mode: 'server',
      security: {
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
      resource: capabilities.map(resourceOf),
    },
  ],
});
