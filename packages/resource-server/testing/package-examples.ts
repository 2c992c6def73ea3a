/** The resources of a FHIR package (.tgz) that lies beside the project, for tests that want what others have written. HL7 FHIR package specification. */
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { importLimits } from '@affinity/store/import-limits.ts';
import { packageItems } from '@affinity/store/import-package.ts';

const file = join(import.meta.dirname, '../../../../shared/data/us-core-6.1.0.tgz');

/** A reason to skip a test; false: the package is there. */
export const withoutPackage: string | false = existsSync(file)
  ? false
  : 'US Core 6.1.0 does not lie beside the project';

/** JSON texts of all resources in it: profiles and other definitions, and examples of records. */
export async function* packageResources(): AsyncGenerator<string> {
  for await (const item of packageItems(createReadStream(file), 'us-core', 'all', importLimits))
    if (item.kind === 'json') yield item.json;
}
