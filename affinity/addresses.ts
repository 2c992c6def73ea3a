/** The addresses that developers look for, as the front page and the start tell them. */

export const addressesOf = (origin: string, further: readonly { readonly title: string; readonly base: string }[]) => [
  { label: 'FHIR base (clinic)', url: `${origin}/fhir`, about: 'FHIR R4, for any SMART library' },
  ...further.map(({ title, base }) => ({
    label: `FHIR base (${title})`,
    url: base,
    about: 'the same guard before an existing records system',
  })),
  { label: 'Issuer', url: `${origin}/auth`, about: 'OAuth 2.1 and OpenID Connect' },
  {
    label: 'SMART configuration',
    url: `${origin}/fhir/.well-known/smart-configuration`,
    about: 'what an app looks up first',
  },
  { label: 'CapabilityStatement', url: `${origin}/fhir/metadata`, about: 'what the clinic can do' },
];
