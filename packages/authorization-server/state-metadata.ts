/** The codes under which an app may keep state: `affinity_app_state` of its metadata. SMART App Launch 2.2, app state. */

export interface StateMetadata {
  /** `system|code`; absent: it keeps none */
  readonly affinity_app_state?: readonly string[];
}

const most = 50;
const isCode = (value: unknown): boolean => typeof value === 'string' && /^[^|\s]{1,500}\|[^|\s]{1,100}$/.test(value);

/** Every fault of it, as sentences without the client's name. */
export const stateFaults = ({ affinity_app_state: codes }: Readonly<Record<string, unknown>>): string[] =>
  codes === undefined || (Array.isArray(codes) && codes.length <= most && codes.every(isCode))
    ? []
    : [`affinity_app_state must be a list of at most ${most} codes, each system|code`];
