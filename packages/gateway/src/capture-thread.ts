import { randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { type Redactor, redactorOf } from '@sluice/sdk/redact';
import { unpack } from './capture-batch.ts';
import { type Answered, captureEntry } from './capture-entry.ts';
import type { FromCapture, ToCapture } from './capture-messages.ts';
import { CaptureWriter, type CaptureWriterOptions } from './capture-writer.ts';

/** The thread that encodes, redacts and writes captures, so that the proxy's does not. */
const writer = new CaptureWriter(workerData as CaptureWriterOptions);
const redactors = new Map<string, Redactor>();
const life = randomBytes(6).toString('hex');
let serial = 0;

yieldToTheProxy();
parentPort?.on('message', (message: ToCapture) => void receive(message));
setInterval(() => {
  const reports = writer.takeReports();
  if (reports.length > 0) tell({ type: 'counted', reports });
}, 200).unref();

async function receive(message: ToCapture): Promise<void> {
  switch (message.type) {
    case 'settings':
      redactors.clear();
      for (const { name, capture } of message.endpoints) redactors.set(name, redactorOf(capture.redact));
      writer.configure(message.endpoints);
      return;
    case 'answered':
      for (const answered of unpack(message.batch)) write(answered);
      tell({ type: 'taken', reports: writer.takeReports() });
      return;
    case 'flush':
      await writer.flush();
      tell({ type: 'done', call: message.call, reports: writer.takeReports() });
      return;
    case 'close':
      await writer.close();
      tell({ type: 'done', call: message.call, reports: writer.takeReports() });
  }
}

function write(answered: Answered): void {
  const redactor = redactors.get(answered.endpoint);
  try {
    // Nobody has said what to leave out of it.
    if (redactor === undefined) throw new Error(`endpoint ${answered.endpoint} has no settings`);
    serial += 1;
    writer.record(answered.endpoint, captureEntry(answered, `${life}-${serial.toString(36)}`, redactor));
  } catch {
    // Too long for a string, for instance. Whatever cannot be made safe to write is not written.
    writer.drop(answered.endpoint);
  }
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
