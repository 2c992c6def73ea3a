/** The addresses that developers look for, as the front page and the start tell them. */

const serviceAbout: Readonly<Record<string, string>> = {
  identity: 'who is who: patients and providers of the whole domain',
  locator: 'where the documents of a patient are',
  registry: 'profiles, value sets and code systems',
};

/** @param home what the first server is called */
export const addressesOf = (
  origin: string,
  home: string,
  further: readonly { readonly name: string; readonly base: string }[],
  services: readonly {
    readonly name: string;
    readonly title: string;
    readonly base: string;
    readonly pages?: string;
  }[],
) => [
  { label: `FHIR base (${home})`, url: `${origin}/fhir`, about: 'FHIR R4, for any SMART library' },
  ...further.map(({ name, base }) => ({
    label: `FHIR base (${name})`,
    url: base,
    about: 'the same guard before an existing records system',
  })),
  ...services.flatMap(({ name, title, base, pages }) => [
    { label: title, url: base, about: serviceAbout[name] ?? 'FHIR R4' },
    ...(pages === undefined
      ? []
      : [{ label: `${title}, to browse`, url: pages, about: 'the same as pages: anybody may look' }]),
  ]),
  { label: 'Issuer', url: `${origin}/auth`, about: 'OAuth 2.1 and OpenID Connect' },
  {
    label: 'SMART configuration',
    url: `${origin}/fhir/.well-known/smart-configuration`,
    about: 'what an app looks up first',
  },
  { label: 'CapabilityStatement', url: `${origin}/fhir/metadata`, about: 'what the clinic can do' },
];
