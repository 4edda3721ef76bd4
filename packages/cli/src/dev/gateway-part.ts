import { join } from 'node:path';
import { startNode } from './node-child.ts';
import { claimPort } from './ports.ts';
import type { Part } from './supervised.ts';

export interface GatewayPart extends Part {
  readonly url: string;
  readonly adminUrl: string;
  readonly port: number;
  readonly adminPort: number;
}

/** Starts the gateway in a process of its own, with its state below `.sluice/gateway`. */
export async function startGateway(options: { root: string; port: number; adminPort: number }): Promise<GatewayPart> {
  const { root } = options;
  const port = await claimPort(options.port, 'the gateway', '--gateway-port');
  const adminPort = await claimPort(options.adminPort, "the gateway's administration", '--gateway-admin-port');
  const stateDir = join(root, '.sluice', 'gateway');
  const { child, ready } = await startNode('The gateway', 'dev/gateway-process', [], {
    cwd: root,
    log: join(root, '.sluice', 'dev', 'gateway.log'),
    env: { ...process.env, SLUICE_GATEWAY_OPTIONS: JSON.stringify({ port, adminPort, stateDir }) },
  });
  return {
    pid: child.pid,
    exited: child.exited,
    kill: (signal) => child.kill(signal),
    stop: () => child.stop(3000),
    url: String(ready.url),
    adminUrl: String(ready.adminUrl),
    port,
    adminPort,
  };
}
