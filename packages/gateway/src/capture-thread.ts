import { randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { type Redactor, redactorOf } from '@sluice/sdk/redact';
import { unpack } from './capture-batch.ts';
import { type Answered, captureEntry } from './capture-entry.ts';
import type { FromCapture, ToCapture } from './capture-messages.ts';
import type { CaptureQueueOptions } from './capture-queue.ts';
import { shadowEntry } from './capture-shadow.ts';
import { CaptureWriter } from './capture-writer.ts';
import type { CaptureReport } from './ipc.ts';

/** The thread that encodes, redacts and writes captures, so that the proxy's does not. */
const { shadowDir, ...options } = workerData as CaptureQueueOptions;
const writer = new CaptureWriter(options);
/** In a folder apart: whoever replays or checks captured requests meets none twice. */
const shadows = new CaptureWriter({ ...options, dir: shadowDir });
const redactors = new Map<string, Redactor>();
const life = randomBytes(6).toString('hex');
let serial = 0;

yieldToTheProxy();
parentPort?.on('message', (message: ToCapture) => void receive(message));
setInterval(() => {
  const reports = takeReports();
  if (reports.length > 0) tell({ type: 'counted', reports });
}, 200).unref();

async function receive(message: ToCapture): Promise<void> {
  switch (message.type) {
    case 'settings':
      redactors.clear();
      for (const { name, capture } of message.endpoints) redactors.set(name, redactorOf(capture.redact));
      for (const one of [writer, shadows]) one.configure(message.endpoints);
      return;
    case 'answered':
      for (const answered of unpack(message.batch)) write(answered);
      tell({ type: 'taken', reports: takeReports() });
      return;
    case 'flush':
      await Promise.all([writer.flush(), shadows.flush()]);
      tell({ type: 'done', call: message.call, reports: takeReports() });
      return;
    case 'close':
      await Promise.all([writer.close(), shadows.close()]);
      tell({ type: 'done', call: message.call, reports: takeReports() });
  }
}

function write(answered: Answered): void {
  const { endpoint, shadow } = answered;
  const redactor = redactors.get(endpoint);
  const [to, entryOf] = shadow ? [shadows, shadowEntry] : [writer, captureEntry];
  try {
    // Nobody has said what to leave out of it.
    if (redactor === undefined) throw new Error(`endpoint ${endpoint} has no settings`);
    serial += 1;
    to.record(endpoint, entryOf(answered, `${life}-${serial.toString(36)}`, redactor));
  } catch {
    // Too long for a string, for instance. Whatever cannot be made safe to write is not written.
    to.drop(endpoint);
  }
}

function takeReports(): CaptureReport[] {
  return [...writer.takeReports(), ...shadows.takeReports().map((report) => ({ ...report, shadow: true as const }))];
}

/** Where processor time is short, answers come before captures: Linux gives every thread a priority of its own. */
function yieldToTheProxy(): void {
  try {
    setPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1)), 5);
  } catch {
    // Not Linux; then they share alike.
  }
}

function tell(message: FromCapture): void {
  parentPort?.postMessage(message);
}
