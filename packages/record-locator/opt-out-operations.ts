/**
 * A patient's own word on whether it is known where their documents are: `$opt-out` and `$opt-in`, by the patient or by whoever
 * acts for them, with the right to change their Consents. IHE PCF; FHIR R4 operations.html.
 */
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import type { OwnOperation } from '@affinity/resource-server/own-operation.ts';
import type { OptOuts } from './opt-outs.ts';

/** Who gives care does not speak for the patient here, whatever an app was granted. */
const speaksForPatient = /(^|\/)(Patient|RelatedPerson)\/[^/]+$/;

const operation = (name: string, isOut: boolean, optOuts: OptOuts): OwnOperation => ({
  name,
  on: 'system',
  methods: ['POST'],
  definition: `urn:affinity:locator:operation:${name}`,
  affectsState: true,
  needs: () => [{ kind: 'update', type: 'Consent', id: '' }],
  perform: async ({ principal }) => {
    const { user, patient, fhirUser = '' } = principal;
    if (user === undefined || patient === undefined || !speaksForPatient.test(fhirUser))
      throw fhirError(403, 'forbidden', 'only the patient, or whoever acts for them, says so');
    if (isOut) await optOuts.add(patient, user);
    else await optOuts.remove(patient);
    const json = JSON.stringify({ resourceType: 'Parameters', parameter: [{ name: 'optedOut', valueBoolean: isOut }] });
    return { kind: 'made', json, patients: [patient] };
  },
});

export const optOutOperations = (optOuts: OptOuts): readonly OwnOperation[] => [
  operation('opt-out', true, optOuts),
  operation('opt-in', false, optOuts),
];
