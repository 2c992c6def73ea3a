/**
 * The answer that the first use of a refresh token got, kept for honest callers who ask at the same time, with what was asked
 * for: one who asks for another server gets no token of this one. RFC 9700 §4.14.2; RFC 8707 §2.2.
 */

/** base of the server, scope as it was sent, thumbprint of the key that was proved */
export type Asked = readonly [resource: string, scope: string | null, jkt: string | null];

export interface Answer {
  readonly asked: Asked;
  /** what was sent, to the letter */
  readonly body: string;
  /** the one successor of the family */
  readonly refreshToken: string | undefined;
}

export const printAnswer = (asked: Asked, body: string): string => JSON.stringify({ asked, body });

export function readAnswer(text: string): Answer {
  const { asked, body } = JSON.parse(text) as { asked: Asked; body: string };
  const { refresh_token: refreshToken } = JSON.parse(body) as { refresh_token?: string };
  return { asked, body, refreshToken };
}

export const sameAsked = (one: Asked, other: Asked): boolean => one.every((value, at) => value === other[at]);
