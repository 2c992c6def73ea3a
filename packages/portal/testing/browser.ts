/** A real browser that shows pages without a server behind them, and measures them. */
import chromium from '@sparticuz/chromium';
import { type Browser, chromium as browserType, type Page } from 'playwright-core';
import { pageHeaders } from '../page-headers.ts';
import type { Portal } from '../portal.ts';
import { neighbours } from './views.ts';

/** @param text size of plain text in px: 16 as it comes, 32 for readers who need it twice as large */
export const openBrowser = async (text: 16 | 32): Promise<Browser> =>
  browserType.launch({
    executablePath: await chromium.executablePath(),
    args: ['--no-sandbox', '--disable-gpu', `--blink-settings=defaultFontSize=${text}`],
  });

/** The authorization server lets the pages with our one script load it, and no other (page-response.ts). */
const headersFor = (origin: string, html: string): Record<string, string> => {
  const headers = { ...pageHeaders(origin) };
  const name = 'content-security-policy';
  return html.includes('<script src="/assets/passkey.js')
    ? { ...headers, [name]: `script-src 'self'; ${headers[name]}` }
    : headers;
};

/**
 * Answers what the tab asks for: the page given last, with our headers, and the portal's own files.
 * @param posted called with the body of each form that is sent
 */
export const serve = async (page: Page, portal: Portal, posted: (body: string) => void = () => {}) => {
  let shown = '';
  await page.route('**/*', async (route) => {
    const request = route.request();
    const url = new URL(request.url());
    if (request.method() === 'POST') {
      posted(request.postData() ?? '');
      return route.fulfill({ status: 200, contentType: 'text/plain', body: 'posted' });
    }
    if (url.pathname === '/shown') return route.fulfill({ headers: headersFor(url.origin, shown), body: shown });
    const answer = await portal.fetch(new Request(url));
    const headers = Object.fromEntries(answer.headers);
    return route.fulfill({ status: answer.status, headers, body: await answer.text() });
  });
  return async (html: string): Promise<void> => {
    shown = html;
    await page.goto(`${neighbours.origin}/shown`);
  };
};

/** What is wider than the window, targets lower than 44 px, and steps with a word that goes over two lines. Runs inside the page. */
export const findMisfits = (): readonly string[] => {
  const { clientWidth, scrollWidth } = document.documentElement;
  const name = (element: Element): string => `${element.tagName}.${element.getAttribute('class') ?? ''}`;
  const broad = [...document.querySelectorAll('main *')].filter(
    (element) =>
      !element.closest('.unseen, details:not([open])') && element.getBoundingClientRect().right > clientWidth + 0.5,
  );
  const targets = [...document.querySelectorAll('a:not(.skip, p a), button, summary, label.row, .field input')];
  const low = targets.filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < 43.5);
  const isBroken = (element: Element): boolean => {
    const text = element.firstChild;
    if (!(text instanceof Text)) return false;
    return [...text.data.matchAll(/\S+/g)].some(({ index, 0: word }) => {
      const range = document.createRange();
      range.setStart(text, index);
      range.setEnd(text, index + word.length);
      return range.getClientRects().length > 1;
    });
  };
  const steps = [...document.querySelectorAll('.steps li > span:last-child')];
  return [
    ...steps.filter(isBroken).map(({ textContent }) => `a word is broken: ${textContent}`),
    ...(scrollWidth > clientWidth ? ['the page scrolls sideways'] : []),
    ...broad.map((element) => `too wide: ${name(element)}`),
    ...low.map((element) => `too low: ${name(element)}`),
  ];
};
