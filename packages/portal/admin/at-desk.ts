/** Who is at the desk, for the audit log. FHIR R4 auditevent.html. */
export interface AtDesk {
  /** subject at the issuer */
  readonly user: string;
  readonly name: string;
  readonly address?: string;
}
