/** `StructureDefinition/$snapshot`. FHIR R4 structuredefinition-operation-snapshot.html. */
import { fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { OwnOperation } from '@affinity/resource-server/own-operation.ts';
import { badInput, missingInput, unknownArtefact } from '../terminology/faults.ts';
import type { Definitions, DefinitionsOfCaller } from '../terminology-of-caller.ts';
import { inputsOf } from './operation-inputs.ts';
import { searching } from './terminology-operations.ts';

const type = 'StructureDefinition';
const names = new Set(['definition', 'url']);

/** HL7's own types are told as HL7 published them: they say nothing of how they differ from their base. */
const isWhole = ({ differential, snapshot }: Resource): boolean => differential === undefined && snapshot !== undefined;

const named = async (
  canonical: string | undefined,
  id: string | undefined,
  { terminology: { artefacts } }: Definitions,
): Promise<Resource> => {
  if (canonical === undefined && id === undefined) throw missingInput('definition or url is needed');
  const found = await artefacts.find(type, canonical ?? { id: id ?? '' });
  if (found === undefined) throw unknownArtefact(type, canonical ?? 'of this id');
  return found;
};

export const createSnapshotOperation = (definitions: DefinitionsOfCaller): OwnOperation => ({
  name: 'snapshot',
  on: 'type-or-instance',
  types: [type],
  methods: ['GET', 'POST'],
  definition: 'http://hl7.org/fhir/OperationDefinition/StructureDefinition-snapshot',
  needs: () => [searching(type)],
  perform: async (asked, view) => {
    const inputs = inputsOf(asked, names, 'definition');
    const own = definitions(view.readable);
    const [sent, url] = [inputs.resource('definition', type), inputs.text('url')];
    if ([sent, url, asked.id].filter((each) => each !== undefined).length > 1)
      throw badInput('one definition is named: by its place, url or definition');
    const definition = sent ?? (await named(url, asked.id, own));
    const whole = isWhole(definition) ? definition : await own.structures.makeSnapshot(definition);
    const json = JSON.stringify(whole);
    return json === undefined
      ? { kind: 'refused', error: fhirError(500, 'exception', 'the request could not be completed') }
      : { kind: 'made', json };
  },
});
