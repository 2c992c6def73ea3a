/** `locator` of affinity.yaml: how long entries stand, and how the locator hears of documents. IHE MHD. */
import { z } from 'zod';

export const locatorSettings = z
  .strictObject({
    /** days for which an entry stands without being heard of again, and one that was published without being written again */
    located_days: z.int().min(1).max(3650).default(30),
    published_days: z.int().min(1).max(36_500).default(3650),
    /** how long changes of entries are kept for whoever wants to hear of them */
    changes_days: z.int().min(1).max(3650).default(30),
    /** between two looks for documents, and between two readings of everything that a server has */
    follow_seconds: z.int().min(1).max(3600).default(10),
    follow_all_hours: z.int().min(1).max(720).default(24),
    /** documents that are taken over at once */
    follow_documents: z.int().min(1).max(1000).default(100),
    /** the community that the domain is to others: an OID, as `urn:oid:1.2.3` (IHE XCA) */
    home_community_id: z
      .string()
      .regex(/^urn:oid:[0-2](\.(0|[1-9]\d*))+$/)
      .max(300)
      .optional(),
  })
  .prefault({});
