/** What `affinity.yaml` says of limits and lifetimes, as the settings of the authorization server. */
import { defaultSettings, type Settings } from '@affinity/authorization-server/settings.ts';
import type { Config } from './config.ts';
import { registrationSettings } from './registration.ts';

export const authorizationSettings = ({ tokens, sessions, limits, ...file }: Config['file']): Partial<Settings> => ({
  registration: registrationSettings(file),
  accessTokenSeconds: tokens.access_token_seconds,
  backendTokenSeconds: tokens.backend_token_seconds,
  emergencySeconds: tokens.emergency_seconds,
  launchSeconds: tokens.launch_seconds,
  refreshGraceSeconds: tokens.refresh_window_seconds,
  jwtCharacters: tokens.jwt_characters,
  pushedRequestSeconds: tokens.pushed_request_seconds,
  requirePushedRequests: tokens.require_pushed_requests,
  proofSeconds: tokens.proof_seconds,
  requireProofNonce: tokens.require_proof_nonce,
  exchangeHops: tokens.exchange_hops,
  device: {
    ...defaultSettings.device,
    codeSeconds: tokens.device_code_seconds,
    entriesPerAddress: limits.device_codes_per_address,
    entriesAltogether: limits.device_codes_altogether,
  },
  refreshIdleSeconds: tokens.refresh_idle_days * 86_400,
  browserRefreshSeconds: tokens.browser_refresh_hours * 3_600,
  consentDays: tokens.consent_days,
  consentDaysChecked: tokens.consent_checked,
  sessionSeconds: sessions.idle_minutes * 60,
  sharedSessionSeconds: sessions.shared_idle_minutes * 60,
  sessionMostSeconds: sessions.most_hours * 3_600,
  freshSignInSeconds: sessions.fresh_minutes * 60,
  signIn: {
    ...defaultSettings.signIn,
    windowSeconds: limits.sign_in_window_seconds,
    perAccountAndAddress: limits.sign_in_failures_per_account_and_address,
    perKnownBrowser: limits.sign_in_failures_per_account_and_address,
    perAccount: limits.sign_in_failures_per_account,
    perAddress: limits.sign_in_failures_per_address,
    secondFactor: limits.second_factor_failures,
  },
});
