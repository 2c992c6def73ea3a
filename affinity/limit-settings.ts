/** `limits` of affinity.yaml: how much a request may ask of the domain. */
import { z } from 'zod';

const seconds = (least: number, most: number, otherwise: number) => z.int().min(least).max(most).default(otherwise);

export const limits = z
  .strictObject({
    body_bytes: z
      .int()
      .min(1024)
      .max(100 * 1024 * 1024)
      .default(10 * 1024 * 1024),
    xml_bytes: z
      .int()
      .min(1024)
      .max(100 * 1024 * 1024)
      .default(1024 * 1024),
    /** of one state that an app keeps (SMART: 256 KB), and of how many under one code for one subject */
    state_bytes: z
      .int()
      .min(1024)
      .max(1024 * 1024)
      .default(256 * 1024),
    states_most: z.int().min(1).max(1000).default(20),
    json_depth: z.int().min(8).max(200).default(64),
    page_size: z.int().min(1).max(1000).default(50),
    page_size_most: z.int().min(1).max(1000).default(1000),
    sign_in_failures_per_account_and_address: z.int().min(1).max(10_000).default(10),
    sign_in_failures_per_account: z.int().min(1).max(10_000).default(100),
    sign_in_failures_per_address: z.int().min(1).max(100_000).default(200),
    /** wrong codes of a second factor of one person */
    second_factor_failures: z.int().min(1).max(100).default(5),
    sign_in_window_seconds: seconds(10, 86_400, 900),
    /** wrong codes of devices from one address and altogether, in such a window */
    device_codes_per_address: z.int().min(1).max(10_000).default(20),
    device_codes_altogether: z.int().min(1).max(100_000).default(1000),
    database_connections: z.int().min(4).max(500).default(20),
    /** of each of the servers that keep records of their own: identity, locator, registry */
    service_database_connections: z.int().min(2).max(500).default(6),
    /** how long a statement may take, and how long an answer is waited for, before the caller is told 503 */
    database_patience_seconds: seconds(1, 600, 15),
    /** entries of a batch or transaction, and operations of a patch */
    bundle_entries: z.int().min(1).max(10_000).default(1000),
    patch_operations: z.int().min(1).max(10_000).default(100),
    /** of one search: alternatives in a parameter, and parameters */
    search_values: z.int().min(1).max(1000).default(100),
    search_parameters: z.int().min(1).max(1000).default(30),
    /** references that one chain goes through, `_has` within `_has`, and how many of both a search may have */
    chain_depth: z.int().min(1).max(5).default(3),
    has_depth: z.int().min(1).max(5).default(2),
    joins: z.int().min(0).max(20).default(4),
    /** `_include` and `_revinclude` of one search */
    includes: z.int().min(0).max(100).default(10),
    /** how long a search or a page of a history may take before it is given up */
    search_seconds: seconds(1, 600, 10),
    /** how long a batch or transaction may take as a whole */
    bundle_seconds: seconds(1, 3600, 60),
    /** resources that `_include` and `_revinclude` may add to one page, and rounds of `:iterate` */
    included_resources: z.int().min(1).max(10_000).default(1000),
    include_rounds: z.int().min(1).max(20).default(5),
    /** `$validate`: how long the checks of one resource may take, issues that are told, and resources that may wait */
    validation_seconds: seconds(1, 60, 5),
    validation_issues: z.int().min(1).max(1000).default(100),
    validation_waiting: z.int().min(1).max(10_000).default(100),
  })
  .prefault({});
