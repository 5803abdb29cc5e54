/**
 * Signing in from a page of the host's own. The module is served at Options.Path + "client.js":
 *
 *     import { Client } from '/signin/client.js';
 *
 * It calls the routes of the page, which docs/pages.md describes, and needs the same origin. The session
 * is in cookies that no script reads. The module stores nothing.
 */

/** How people get codes: "sms", "voice", "whatsapp", "telegram", or a name of the host's. */
export type Channel = string;

/** What a code is for. */
export type Purpose = 'sign_in' | 'password_reset' | 'password_registration';

/**
 * What went wrong. Those of the server are in docs/pages.md. Of the network: "offline" (the browser has no
 * line), "unreachable" (no answer came), "timeout" (nobody knows whether the request arrived: send it again
 * with the same key), "portal" (something else answered, such as the page of a hotel), "unavailable" and
 * "rate_limited". Of the human check: "check_failed", "check_insecure" and "cancelled".
 */
export type Code =
  | 'offline' | 'unreachable' | 'timeout' | 'portal' | 'unavailable' | 'rate_limited'
  | 'check_failed' | 'check_insecure' | 'cancelled'
  | 'invalid_phone' | 'invalid_code' | 'invalid_password' | 'invalid_channel' | 'password_rejected' | 'phone_taken'
  | 'blocked' | 'locked' | 'refused' | 'signed_out' | 'human_check_required' | 'cross_origin' | 'bad_request'
  | (string & {});

/** An answer that says no. */
export interface Refusal {
  ok: false;
  code: Code;
  /** Which limit refused: a code was just sent ("sent"), or too many attempts were wrong ("locked"). */
  limit?: 'sent' | 'locked';
  /** Seconds to wait. */
  retry_after?: number;
  /** Tries that the code has left, for a call with its session_token. Absent: the code is gone. */
  tries_left?: number;
  /** Completes "password …". */
  reason?: string;
}

/** A code that is on its way. Times are in seconds. */
export interface Sent {
  ok: true;
  /** Goes with verify, recover, delivery and a further register. */
  session_token: string;
  /** The number in E.164. */
  phone: string;
  /** The number as people write it. */
  display: string;
  expires_in: number;
  resend_in: number;
  code_length: number;
  tries_left: number;
  /** The one that it was sent by. */
  channel: Channel;
  /** All of them, and when each may be asked for. */
  channels: { channel: Channel; available_in: number }[];
  purpose: Purpose;
}

/** Somebody is signed in. */
export interface SignedIn {
  ok: true;
  /** The number as people write it. */
  display: string;
  /** Whether the account was made just now. */
  new: boolean;
}

/** What is known of the message. status is "" where nothing is. */
export interface Delivery {
  ok: true;
  status: '' | 'on_its_way' | 'delivered' | 'undelivered' | (string & {});
  seconds_ago: number;
}

export interface Done {
  ok: true;
}

/** A number: in E.164, or as people of a country (ISO 3166-1 alpha-2) write it. */
export interface PhoneNumber {
  phone: string;
  country?: string;
}

export interface SendOptions {
  /** Absent: the first one that is offered. */
  channel?: Channel;
  /** Makes a request that is sent again count once. Absent: a new one. */
  key?: string;
}

export interface ClientOptions {
  /** The path of the page. Default: where client.js is. */
  path?: string;
  /** The language of the messages. Default: that of the document. */
  lang?: string;
  /** The kind of the human check of the Service. Default "altcha", the embedded one. */
  check?: 'altcha' | 'turnstile' | 'hcaptcha' | 'recaptcha';
  /** Where the widget of a vendor goes. Required for vendors. */
  place?: HTMLElement | null;
  /** Told of a human check that takes more than a second. part is from 0 to 1. */
  progress?: (state: { state: 'working' | 'vendor' | 'done'; part?: number }) => void;
  /** Told when a request takes more than five seconds. It goes on for another 25. */
  slow?: () => void;
  /** Told once when the session has ended, in this tab or in another. */
  ended?: () => void;
}

/** One visitor. No call fails: each returns an object whose ok says how it went. */
export class Client {
  constructor(options?: ClientOptions);
  /** Sends a code. It answers the human check by itself. */
  start(to: PhoneNumber & SendOptions & { purpose?: 'sign_in' | 'password_reset' }): Promise<Sent | Refusal>;
  /** Sends the code of start or register again, by another channel if one is named. For register it needs the session_token. */
  resend(sent: { phone: string; purpose?: Purpose; session_token?: string }, options?: SendOptions): Promise<Sent | Refusal>;
  /** Sends a code to a number that wants a password. With the session_token of before it takes another password. */
  register(to: PhoneNumber & SendOptions & { password: string; session_token?: string }): Promise<Sent | Refusal>;
  /** Signs in with a code of start or of register. */
  verify(given: { phone: string; code: string; session_token?: string; purpose?: Purpose }): Promise<SignedIn | Refusal>;
  /** Signs in with a password. */
  password(given: PhoneNumber & { password: string }): Promise<SignedIn | Refusal>;
  /** Sets a new password with a code for "password_reset". It signs nobody in. */
  recover(given: { phone: string; code: string; session_token?: string; password: string }): Promise<Done | Refusal>;
  /** Tells whether the message of a code for "sign_in" has arrived, where the host keeps a journal. */
  delivery(of: { session_token: string }): Promise<Delivery | Refusal>;
  /** Tells who is signed in. */
  user(): Promise<{ ok: true; display: string } | Refusal>;
  /** Gets new tokens, in one tab for all, at most six times a minute. waiting hears the seconds before each further request. */
  refresh(waiting?: (seconds: number) => void): Promise<Done | Refusal>;
  /** Signs out. */
  end(): Promise<Done | Refusal>;
  /** fetch of the browser, which refreshes the session after a 401 and then asks once more. It fails as fetch does. */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
  /** Ends the human check that runs. */
  cancel(): void;
}
