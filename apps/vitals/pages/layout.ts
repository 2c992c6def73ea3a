/** The frame of every page: no script, one stylesheet, who is signed in, and the way out. */
import { html } from 'hono/html';

export type Markup = ReturnType<typeof html>;

export interface Frame {
  /** path of the app, no slash at the end */
  readonly base: string;
  /** path of the stylesheet with the hash of its content */
  readonly stylesheet: string;
}

export interface SignedIn {
  /** who is signed in, as a phrase */
  readonly who: Markup;
  readonly csrf: string;
}

/** Our mark: a pulse in a drop. */
const mark = html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false"><path d="M16 3c5 6 9 10.5 9 16a9 9 0 0 1-18 0c0-5.500 4-10 9-16z" fill="currentColor"/><path d="M9.500 20h3.500l2-5 3 8 1.800-3h2.700" fill="none" stroke="var(--page)" stroke-width="1.800" stroke-linecap="round" stroke-linejoin="round"/></svg>`;

export interface LayoutMore {
  readonly signedIn?: SignedIn;
  /** where the browser goes by itself, at once */
  readonly onwards?: string;
}

/** Begins a sign-in; the one primary action of every page for somebody who is not signed in. */
export const signInForm = ({ base }: Frame) =>
  html`<form method="post" action="${base}/launch"><button class="primary" type="submit">Sign in with your health record</button></form>`;

export const layout = (
  frame: Frame,
  title: string,
  content: Markup,
  { signedIn, onwards }: LayoutMore = {},
) => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Vitals</title>
${onwards === undefined ? '' : html`<meta http-equiv="refresh" content="0; url=${onwards}">`}
<link rel="stylesheet" href="${frame.stylesheet}">
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header class="top">
<div class="bar">
<a class="brand" href="${frame.base}/">${mark}<span>Vitals</span></a>
${
  signedIn === undefined
    ? ''
    : html`<p class="who">${signedIn.who}</p>
<form method="post" action="${frame.base}/sign-out"><input type="hidden" name="csrf" value="${signedIn.csrf}"><button class="quiet" type="submit">Sign out</button></form>`
}
</div>
</header>
<main id="content">
${content}
</main>
<footer class="bottom"><p>Vitals shows what your health record holds. It keeps no copy of it, and it is not medical advice.</p></footer>
</body>
</html>`;
