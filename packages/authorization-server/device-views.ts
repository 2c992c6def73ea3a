/** What a person is shown who connects a device, as plain values. RFC 8628 §3.3, §5.4. */
import type { AppView } from './app-view.ts';

/** Fields posted: `user_code`, `csrf`. Button: Continue. */
export interface DeviceCodeView {
  readonly action: string;
  readonly csrf: string;
  /** what was typed, or came with the address that the device shows */
  readonly code?: string;
  readonly fault?:
    | { readonly kind: 'unknown-code' }
    | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };
}

/**
 * Whose device it is, before anybody signs in. Fields posted: `user_code` (hidden), `decision` (button Go on:
 * `connect`; button Stop: `refuse`), `csrf`.
 */
export interface DeviceView {
  readonly action: string;
  readonly csrf: string;
  readonly code: string;
  readonly app: AppView;
}

export interface DeviceEndView {
  readonly result: 'allowed' | 'refused' | 'undecided';
  /** its own word */
  readonly app: string;
  /** where another code can be typed */
  readonly again: string;
}

export interface DevicePages {
  deviceCode(view: DeviceCodeView): string;
  device(view: DeviceView): string;
  deviceEnd(view: DeviceEndView): string;
}
