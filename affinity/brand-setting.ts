/** One brand of `brands` in affinity.yaml. SMART App Launch 2.2, user-access brands and endpoints. */
import { z } from 'zod';

const text = z.string().min(1).max(200);
const web = z.url({ protocol: /^https?$/ }).max(2000);

export const brandSetting = z.strictObject({
  name: text,
  aliases: z.array(text).max(50).default([]),
  website: web,
  /** that of the website unless told */
  identifiers: z
    .array(z.strictObject({ system: z.string().min(1).max(2000), value: text }))
    .max(20)
    .default([]),
  logo: z
    .url({ protocol: /^(https|data)$/ })
    .max(100_000)
    .optional(),
  categories: z
    .array(z.string().regex(/^[a-z-]{1,50}$/))
    .max(20)
    .default([]),
  address: z.strictObject({ city: text.optional(), state: text.optional(), country: text.optional() }).optional(),
  portal: z.strictObject({ name: text, url: web, description: text.optional() }),
});

export type BrandSetting = z.infer<typeof brandSetting>;
