/** Where the way of a person who allows a device ends: a page of ours. No app may ask to be returned to there. RFC 8628 §3.3. */

export const deviceReturn = (issuer: string): string => `${issuer}/device/done`;

/** @param id of the device's row: it names what to show and gives nothing */
export const deviceReturnOf = (issuer: string, id: string): string =>
  `${deviceReturn(issuer)}?${new URLSearchParams({ state: id })}`;
