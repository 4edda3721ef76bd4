import type { Socket } from 'node:net';
import { join } from 'node:path';
import { CaptureQueue } from './capture-queue.ts';
import { repairTornTails } from './capture-segments.ts';
import { InFlight } from './in-flight.ts';
import type { FromWorker, ToWorker, WorkerSettings } from './ipc.ts';
import { killLeftovers } from './process-group.ts';
import { GatewayProxy } from './proxy.ts';
import { ShadowTraffic } from './shadow.ts';
import { TrafficRecorder } from './traffic-recorder.ts';
import { WorkerConnections } from './worker-connections.ts';

/** The gateway worker's process: proxies callers' connections that the host hands over. */
const settings = JSON.parse(process.argv[2] ?? '') as WorkerSettings;
const capturesDir = join(settings.stateDir, 'captures');
const shadowDir = join(settings.stateDir, 'shadows');
for (const dir of [capturesDir, shadowDir]) repairTornTails(dir);
let stopped = false;

const recorder = new TrafficRecorder();
const inFlight = new InFlight();
const captures = new CaptureQueue({
  dir: capturesDir,
  shadowDir,
  segmentBytes: settings.captureSegmentBytes,
  segmentMs: settings.captureSegmentMs,
  retention: { bytes: settings.captureKeepBytes, ms: settings.captureKeepMs },
});
const shadow = new ShadowTraffic(recorder, inFlight, captures, settings.shadowInFlight);
const proxy = new GatewayProxy({ recorder, inFlight, shadow, captures, bufferBytes: settings.bufferBytes });
const connections = new WorkerConnections(
  (req, res) => proxy.handle(req, res),
  settings.connectionTable,
  (slots) => tell({ type: 'closed', slots }),
);

process.on('message', (message: ToWorker, socket?: Socket) => void receive(message, socket));
process.on('disconnect', end);
// Both belong to the host, which ends the worker when it has drained; a Ctrl-C reaches the whole group.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
// What the host has is never older than this; its silence tells the host that the worker hangs.
setInterval(report, 250);
tell({ type: 'ready' });

async function receive(message: ToWorker, socket?: Socket): Promise<void> {
  switch (message.type) {
    case 'connection':
      if (socket) connections.serve(socket, message.slot, message.resumed);
      else tell({ type: 'closed', slots: [message.slot] });
      return;
    case 'routes':
      proxy.setRoutes(message.endpoints);
      captures.configure(message.endpoints);
      tell({ type: 'routed', revision: message.revision });
      return;
    case 'report':
      report();
      tell({ type: 'done', call: message.call });
      return;
    case 'flush-captures':
      await captures.flush();
      report();
      tell({ type: 'done', call: message.call });
      return;
    case 'drain':
      await inFlight.idle(message.endpoint, message.version, message.timeoutMs);
      report();
      tell({ type: 'done', call: message.call });
      return;
    case 'stop':
      stopped = true;
      await connections.stop(message.timeoutMs);
      await captures.close();
      report();
      process.disconnect();
  }
}

/** Without its host it has no business. A host that did not say good-bye was killed: its processes end with it. */
function end(): void {
  connections.abandon(); // first: whoever sends on one of them from now on would get no answer
  if (!stopped) killLeftovers(settings.mark.name, settings.mark.value);
  process.exit(0);
}

function report(): void {
  tell({ type: 'report', ...recorder.take(), captures: captures.takeReports() });
}

function tell(message: FromWorker): void {
  // A send that fails means that the host is gone, and `disconnect` follows.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
