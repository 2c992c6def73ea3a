/** What a record system asks for when it wants an app launched: JSON, checked to the letter. SMART App Launch 2.2, EHR launch. */
import { parseJson } from '@affinity/core/fhir/json.ts';
import { isResourceId } from '@affinity/core/fhir/resource.ts';
import { parseFhirContext } from '@affinity/core/smart/fhir-context.ts';
import type { LaunchContext } from '@affinity/core/smart/launch-context.ts';
import { type Style, styleFault } from './launch-styles.ts';

export interface LaunchRequest {
  readonly clientId: string;
  /** one of those that the app registered; absent: its first */
  readonly launchUri?: string;
  /** bare id */
  readonly patient?: string;
  readonly context: Omit<LaunchContext, 'smart_style_url'>;
  /** a style, or the name of one that the domain serves */
  readonly style?: Style | string;
}

export type LaunchRequestResult =
  | { readonly kind: 'request'; readonly request: LaunchRequest }
  | { readonly kind: 'fault'; readonly reason: string };

const members: readonly string[] = [
  'client_id',
  'launch_uri',
  'patient',
  'encounter',
  'fhirContext',
  'intent',
  'tenant',
  'need_patient_banner',
  'style',
];

const fault = (reason: string): LaunchRequestResult => ({ kind: 'fault', reason });
const isText = (value: unknown): value is string => typeof value === 'string' && /^[^\p{Cc}]{1,200}$/u.test(value);
const isId = (value: unknown): value is string => typeof value === 'string' && isResourceId(value);

/** A member that is there and is not what it should be. */
function wrongMember(given: Readonly<Record<string, unknown>>): string | undefined {
  const unknown = Object.keys(given).find((name) => !members.includes(name));
  if (unknown !== undefined) return `the body may hold ${members.join(', ')}`;
  const { patient, encounter, intent, tenant, need_patient_banner: banner, style, launch_uri: uri } = given;
  if (!isText(given.client_id)) return 'client_id is missing';
  if (uri !== undefined && typeof uri !== 'string') return 'launch_uri must be a string';
  if (patient !== undefined && !isId(patient)) return 'patient must be the id of a Patient, such as 12';
  if (encounter !== undefined && !isId(encounter)) return 'encounter must be the id of an Encounter, such as 12';
  if (encounter !== undefined && patient === undefined) return 'encounter needs patient';
  if (intent !== undefined && !isText(intent)) return 'intent must be a string of 1 to 200 characters';
  if (tenant !== undefined && !isText(tenant)) return 'tenant must be a string of 1 to 200 characters';
  if (banner !== undefined && typeof banner !== 'boolean') return 'need_patient_banner must be true or false';
  if (style === undefined || typeof style === 'string') return undefined;
  const wrong = styleFault(style);
  return wrong === undefined ? undefined : `style ${wrong}`;
}

export function parseLaunchRequest(body: string): LaunchRequestResult {
  const parsed = parseJson(body, { depth: 8 });
  if (parsed.kind !== 'ok') return fault('the body is not sound JSON');
  const given = parsed.value;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return fault('the body must be an object');
  const sent = given as Readonly<Record<string, unknown>>;
  const wrong = wrongMember(sent);
  if (wrong !== undefined) return fault(wrong);
  const items = sent.fhirContext === undefined ? undefined : parseFhirContext(sent.fhirContext);
  if (items?.kind === 'fault') return fault(items.reason);
  const {
    launch_uri: launchUri,
    patient,
    encounter,
    intent,
    tenant,
    style,
  } = sent as {
    readonly [name in 'launch_uri' | 'patient' | 'encounter' | 'intent' | 'tenant']?: string;
  } & { readonly style?: Style | string };
  return {
    kind: 'request',
    request: {
      clientId: String(sent.client_id),
      ...(launchUri === undefined ? {} : { launchUri }),
      ...(patient === undefined ? {} : { patient }),
      context: {
        ...(encounter === undefined ? {} : { encounter }),
        ...(items === undefined ? {} : { fhirContext: items.items }),
        ...(intent === undefined ? {} : { intent }),
        ...(tenant === undefined ? {} : { tenant }),
        // Said twice is safe, said by nobody is not.
        need_patient_banner: sent.need_patient_banner !== false,
      },
      ...(style === undefined ? {} : { style }),
    },
  };
}
