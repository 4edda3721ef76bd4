import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ErrorCode, type Notification, type SluiceActivities, type SluiceConfig, SluiceError } from '@sluice/sdk';
import type { ArtifactStore } from '../store/artifact-store.ts';

export interface NotifyContext {
  readonly config: Pick<SluiceConfig, 'notify'>;
  readonly store: Pick<ArtifactStore, 'readPointer' | 'swapPointer'>;
}

export interface NotifyOptions {
  readonly fetch?: typeof globalThis.fetch;
  /** Attempts at one hook. @default 4 */
  readonly attempts?: number;
  /** Of one attempt, ms. @default 10000 */
  readonly timeout?: number;
  /** First wait between attempts, ms; it doubles. @default 500 */
  readonly backoff?: number;
  /** Where `env:NAME` webhooks are looked up. @default process.env */
  readonly env?: NodeJS.ProcessEnv;
}

type Outcome =
  | { readonly kind: 'sent' }
  | { readonly kind: 'refused' | 'unreachable'; readonly hook: string; readonly why: string };

/**
 * Tells every webhook of the config, each exactly once as far as that can be: a hook that has answered is marked in the
 * store and never asked again for the same occurrence of the event; the header `idempotency-key`
 * lets the receiver drop what was delivered but not marked.
 *
 * @throws SluiceError after all hooks were tried: `Unreachable` (try again) or `Refused` (4xx; trying again is no use)
 */
export function notifyActivity(context: NotifyContext, options: NotifyOptions = {}): SluiceActivities['notify'] {
  return async ({ ref, notification }) => {
    const key = notificationKey(notification, ref.step);
    const hooks = [...new Set((context.config.notify ?? []).map(({ webhook }) => webhook))];
    const outcomes = await Promise.all(
      hooks.map(async (webhook): Promise<Outcome> => {
        const marker = `notified/${key}/${digest(webhook).slice(0, 16)}`;
        if ((await context.store.readPointer(marker)) !== null) return { kind: 'sent' };
        const outcome = await post(addressOf(webhook, options.env ?? process.env), notification, key, options);
        if (outcome.kind === 'sent') {
          await context.store.swapPointer(
            marker,
            null,
            JSON.stringify({ event: notification.event, run: notification.run }),
          );
        }
        return outcome;
      }),
    );
    const failed = outcomes.filter((outcome) => outcome.kind !== 'sent');
    if (failed.length > 0) throw failure(failed, notification);
  };
}

/**
 * The same for every delivery of one occurrence, which its time on the workflow's clock tells from any other: a question
 * that is asked again, after a reset or because a gate has changed its mind, is news. The receiver sees it as the header
 * `idempotency-key`.
 */
export function notificationKey(notification: Notification, step: string): string {
  return digest(
    JSON.stringify([
      notification.event,
      notification.run,
      step,
      notification.candidate,
      notification.round,
      notification.at,
    ]),
  ).slice(0, 32);
}

async function post(
  address: URL | string,
  notification: Notification,
  key: string,
  options: NotifyOptions,
): Promise<Outcome> {
  if (typeof address === 'string') return { kind: 'refused', hook: address, why: 'is not set to a web address' };
  // The path of a webhook is often its password: only the host is ever shown.
  const hook = address.host;
  const authorization = credentials(address);
  const send = options.fetch ?? globalThis.fetch;
  const attempts = options.attempts ?? 4;
  let why = '';
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    let pause = (options.backoff ?? 500) * 2 ** (attempt - 1);
    try {
      const response = await send(address, {
        method: 'POST',
        redirect: 'manual',
        signal: AbortSignal.timeout(options.timeout ?? 10_000),
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'idempotency-key': key,
          'user-agent': 'sluice',
          'x-sluice-event': notification.event,
          ...authorization,
        },
        body: JSON.stringify(notification),
      });
      const said = (await response.text()).trim().slice(0, 200);
      if (response.ok) return { kind: 'sent' };
      why = `answered ${response.status}${said ? ` (${said})` : ''}`;
      if (!mayPass(response.status)) return { kind: 'refused', hook, why };
      const after = Number(response.headers.get('retry-after') ?? Number.NaN) * 1000;
      if (after >= 0) pause = Math.min(after, 20_000);
    } catch (error) {
      why = reasonOf(error);
    }
    if (attempt < attempts) await delay(pause);
  }
  return { kind: 'unreachable', hook, why };
}

function mayPass(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429;
}

/** `env:NAME` keeps a secret address out of the config. A string is what could not be read. */
function addressOf(webhook: string, env: NodeJS.ProcessEnv): URL | string {
  const value = webhook.startsWith('env:') ? (env[webhook.slice(4)] ?? '') : webhook;
  try {
    const url = new URL(value);
    return url.protocol === 'http:' || url.protocol === 'https:' ? url : `a ${url.protocol} webhook`;
  } catch {
    return webhook.startsWith('env:') ? webhook : 'a webhook';
  }
}

/** `fetch` refuses addresses with credentials in them. */
function credentials(address: URL): Record<string, string> {
  if (address.username === '' && address.password === '') return {};
  const text = `${decodeURIComponent(address.username)}:${decodeURIComponent(address.password)}`;
  address.username = '';
  address.password = '';
  return { authorization: `Basic ${Buffer.from(text).toString('base64')}` };
}

function failure(failed: readonly Outcome[], notification: Notification): SluiceError {
  const lines = failed.flatMap((outcome) => (outcome.kind === 'sent' ? [] : [`${outcome.hook} ${outcome.why}`]));
  const again = failed.some((outcome) => outcome.kind === 'unreachable');
  return new SluiceError(
    again ? ErrorCode.Unreachable : ErrorCode.Refused,
    `Not every webhook was told of ${notification.event}: ${lines.join('; ')}.`,
    {
      where: 'notify in sluice.config.ts',
      fix: again
        ? 'Those that answered are not told again; the others are when this is retried.'
        : 'Check the addresses: they were reached and refused the message.',
      data: { failed: lines },
      permanent: !again,
    },
  );
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (!(cause instanceof Error)) return String(cause);
  if (cause.name === 'TimeoutError') return 'did not answer in time';
  return `does not answer (${(cause as NodeJS.ErrnoException).code ?? cause.message})`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
