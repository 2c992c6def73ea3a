/**
 * What proves to a foreign server who we are, for every request to it: never anything that a caller sent. A token is fetched
 * once for all who wait, and remembered until shortly before it ends. RFC 7617; RFC 6749 §4.4, §5.1; SMART App Launch 2.2,
 * backend-services.
 */
import type { Deadline } from './deadline.ts';
import type { Credentials } from './options.ts';
import { UpstreamFault } from './upstream-fault.ts';

export interface UpstreamToken {
  /** headers of a request */
  headers(time: Deadline): Promise<Readonly<Record<string, string>>>;
  /** These were refused. Whether others can be had. */
  forget(refused: Readonly<Record<string, string>>): boolean;
}

/** A token, and how long it may be used. */
export interface Granted {
  readonly token: string;
  readonly seconds: number;
}
/** Takes its own time: it is asked on behalf of all who wait. */
export type FetchToken = () => Promise<Granted>;

const fixed = (headers: Readonly<Record<string, string>>): UpstreamToken => ({
  headers: async () => headers,
  forget: () => false,
});

/** Before a token ends it is not used any more, so that it does not end on the way. */
const marginSeconds = 30;
const longestSeconds = 86_400;
/** A token as young as this that is refused is not replaced: another would be refused too. */
const youngMs = 5_000;

/** The result, or the end of whoever waits for it: others may wait still. */
const whileWaiting = <Result>(work: Promise<Result>, time: Deadline): Promise<Result> =>
  new Promise((resolve, reject) => {
    const gone = (): void => reject(new UpstreamFault('given-up', 'WAITING'));
    if (time.isOver) gone();
    time.whenOver(gone);
    work.then(resolve, reject).finally(() => time.whenOver(undefined));
  });

export const rememberedToken = (fetchToken: FetchToken, now: () => number): UpstreamToken => {
  let held: { readonly header: string; readonly since: number; readonly until: number } | undefined;
  let coming: Promise<string> | undefined;
  const fetched = async (): Promise<string> => {
    const { token, seconds } = await fetchToken();
    const since = now();
    const lasts = Math.min(seconds, longestSeconds);
    const header = `Bearer ${token}`;
    held = { header, since, until: since + (lasts - Math.min(marginSeconds, lasts / 2)) * 1000 };
    return header;
  };
  return {
    headers: async (time) => {
      if (held !== undefined && now() < held.until) return { authorization: held.header };
      coming ??= fetched().finally(() => {
        coming = undefined;
      });
      return { authorization: await whileWaiting(coming, time) };
    },
    forget: ({ authorization }) => {
      if (held === undefined || held.header !== authorization) return true;
      if (now() - held.since < youngMs) return false;
      held = undefined;
      return true;
    },
  };
};

/** `fetchToken` for the kinds that need one. */
export const createUpstreamToken = (
  credentials: Credentials,
  fetchToken: (credentials: Extract<Credentials, { tokenEndpoint?: string }>) => Promise<Granted>,
  now: () => number,
): UpstreamToken => {
  switch (credentials.kind) {
    case 'none':
      return fixed({});
    case 'header':
      return fixed({ [credentials.name.toLowerCase()]: credentials.value });
    case 'basic': {
      const { username, password } = credentials;
      return fixed({ authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` });
    }
    case 'client-credentials':
    case 'backend-services':
      return rememberedToken(() => fetchToken(credentials), now);
  }
};
