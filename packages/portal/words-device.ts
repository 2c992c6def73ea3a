/** The words of the pages on which somebody connects a device: a television, a scale, a sensor. RFC 8628 §3.3, §5.4. */
import type { DeviceCodeView, DeviceEndView } from '@affinity/authorization-server/device-views.ts';
import { html, type Markup } from './markup.ts';

type Fault = NonNullable<DeviceCodeView['fault']>['kind'];

export const deviceWords = {
  shows: (code: Markup) => html`Waits on a device that shows the code <strong>${code}</strong>`,
  enter: {
    title: 'Connect a device',
    lead: 'Type the code that the device shows. Nothing is shared yet.',
    code: 'Code on the device',
    hint: 'Eight letters, such as WDJB-MJHT.',
    button: 'Continue',
    faultTitle: 'No device is connected',
    faults: {
      'unknown-code':
        'No device waits with this code. Compare every letter. A code that is older than some minutes has ended: then let the device show a new one.',
    } satisfies Partial<Record<Fault, string>>,
    throttled: (wait: string) => `Too many codes were tried. Wait ${wait}, then try again.`,
  },
  confirm: {
    title: (app: Markup) => html`Connect ${app} on a device?`,
    lead: 'Look at the device first.',
    heading: 'Only go on if all of this is true',
    checks: (code: Markup): readonly (Markup | string)[] => [
      'The device is in front of you, and it is yours or you trust it.',
      html`It shows this code now: <strong>${code}</strong>`,
      'You started this yourself. Nobody sent you the code or a link in a message or told you on the telephone.',
    ],
    why: 'Somebody far away could send you the code of a device of theirs. If you go on, that device would see your record.',
    next: (app: Markup) => html`Next you sign in and choose what ${app} may see.`,
    connect: 'Go on',
    refuse: 'Stop',
  },
  end: {
    allowed: {
      title: 'Your device is connected',
      lead: (app: Markup) => html`${app} goes on by itself on the device, within a few seconds.`,
      next: 'You can close this page.',
    },
    refused: {
      title: 'The device is not connected',
      lead: (app: Markup) => html`You said no. Nothing was shared, and ${app} is told so on the device.`,
      next: 'You can close this page.',
    },
    undecided: {
      title: 'The device is not connected',
      lead: (app: Markup) => html`Nothing was decided, and nothing was shared with ${app}.`,
      next: 'To try again, type the code once more, or a new one if the device shows a new one.',
    },
  } satisfies Record<DeviceEndView['result'], { title: string; lead: (app: Markup) => Markup; next: string }>,
  again: 'Type a code',
};
