/** What a token response says of the launch beside the patient; whatever is malformed is left out. SMART App Launch 2.2, launch context. */
import { isResourceId } from '@affinity/core/fhir/resource.ts';
import { parseFhirContext } from '@affinity/core/smart/fhir-context.ts';
import type { LaunchContext } from '@affinity/core/smart/launch-context.ts';

export function readLaunchContext(body: Readonly<Record<string, unknown>>): LaunchContext {
  const { encounter, intent, tenant, fhirContext, need_patient_banner: banner, smart_style_url: style } = body;
  const items = fhirContext === undefined ? undefined : parseFhirContext(fhirContext);
  return {
    ...(typeof encounter === 'string' && isResourceId(encounter) ? { encounter } : {}),
    ...(items?.kind === 'context' ? { fhirContext: items.items } : {}),
    ...(typeof intent === 'string' ? { intent } : {}),
    ...(typeof tenant === 'string' ? { tenant } : {}),
    ...(typeof banner === 'boolean' ? { need_patient_banner: banner } : {}),
    ...(typeof style === 'string' && URL.canParse(style) ? { smart_style_url: style } : {}),
  };
}
