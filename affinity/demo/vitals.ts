/** The sample app Vitals as a client of the demonstration domain. RFC 7591 §2. */
import { askedScope } from '@affinity/vitals/vitals.ts';

export const vitalsPath = '/apps/vitals';

/** @param secret made anew at each start: it is shared inside this process only, and nobody has to keep it */
export const vitalsClient = (origin: string, secret: string) => ({
  client_id: 'vitals',
  client_name: 'Vitals',
  publisher: 'Affinity samples',
  client_secret: secret,
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: ['authorization_code', 'refresh_token'],
  redirect_uris: [`${origin}${vitalsPath}/callback`],
  client_uri: `${origin}${vitalsPath}/`,
  launch_uris: [`${origin}${vitalsPath}/launch`],
  // `launch` where a record system opens it, `launch/patient` where a person does
  scope: `${askedScope} launch`,
});

/** How the front page shows it. */
export const vitalsCard = {
  name: 'Vitals',
  publisher: 'Affinity samples',
  description: 'Your weight, blood pressure and glucose over the years, as charts.',
  url: `${vitalsPath}/`,
};
