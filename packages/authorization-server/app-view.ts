/** The app as a page shows it. RFC 7591 §2: every text of it is the app's own word. */

/** The app that asks. Every text of it is the app's own word and must be escaped. */
export interface AppView {
  readonly clientId: string;
  readonly name: string;
  readonly publisher?: string;
  /** host that the person is sent back to, such as `localhost:4000` */
  readonly returnsTo: string;
  readonly homepage?: string;
  readonly policy?: string;
}
