/** Who acts with a token that came by exchange: the server that asked for it, and those before it. RFC 8693 §4.1, `act`. */

/** `sub` is the client_id of a server that holds the token for another. */
export interface ActorClaim {
  readonly sub: string;
  readonly act?: ActorClaim;
}

export type ReadActors =
  /** the one that acts now first; none where the app itself does */
  | { readonly kind: 'actors'; readonly actors: readonly string[] }
  /** it says something that is not understood: such a token is refused, for nobody could say who used it */
  | { readonly kind: 'malformed' };

/** No honest token went through more servers. */
export const mostActors = 5;

export function readActors(act: unknown): ReadActors {
  const actors: string[] = [];
  for (let claim = act; claim !== undefined; ) {
    if (typeof claim !== 'object' || claim === null || Array.isArray(claim)) return { kind: 'malformed' };
    const { sub, act: before, ...rest } = claim as Readonly<Record<string, unknown>>;
    const sound = typeof sub === 'string' && /^[\x21-\x7e]{1,200}$/.test(sub) && Object.keys(rest).length === 0;
    if (!sound || actors.push(sub) > mostActors) return { kind: 'malformed' };
    claim = before;
  }
  return { kind: 'actors', actors };
}

/** The claim for one more, who acts for those before. */
export const withActor = (sub: string, before: ActorClaim | undefined): ActorClaim => ({
  sub,
  ...(before === undefined ? {} : { act: before }),
});
