/** The security labels of the demonstration records (R4, section 6.1.1 Security Labels; HL7 Healthcare Privacy and Security Classification). */
import type { Coding, Meta } from '@affinity/core/fhir/resource.ts';

const levels = { N: 'normal', R: 'restricted', V: 'very restricted' } as const;

const sensitivities = {
  HIV: 'HIV/AIDS information sensitivity',
  PSY: 'psychiatry disorder information sensitivity',
  PSYTHPN: 'psychotherapy note information sensitivity',
  SUD: 'substance use disorder information sensitivity',
  SDV: 'sexual assault, abuse, or domestic violence information sensitivity',
  SEX: 'sexuality and reproductive health information sensitivity',
} as const;

/** How confidential a resource is, and why. */
export interface Confidentiality {
  readonly level: keyof typeof levels;
  readonly sensitivity?: keyof typeof sensitivities;
}

/** The `meta.security` codings of a degree of confidentiality. */
function securityOf({ level, sensitivity }: Confidentiality): Coding[] {
  const security: Coding[] = [
    { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: level, display: levels[level] },
  ];
  if (sensitivity)
    security.push({
      system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
      code: sensitivity,
      display: sensitivities[sensitivity],
    });
  return security;
}

/** The `meta` of a resource of a US Core profile, named by the last part of its address. */
export function metaOf(profile: string, confidentiality?: Confidentiality): Meta {
  const address = [`http://hl7.org/fhir/us/core/StructureDefinition/${profile}`];
  return confidentiality ? { profile: address, security: securityOf(confidentiality) } : { profile: address };
}
