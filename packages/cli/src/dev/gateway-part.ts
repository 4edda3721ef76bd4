import { join } from 'node:path';
import type { FrontDoor } from './front-door.ts';
import { startNode } from './node-child.ts';
import { claimPort } from './ports.ts';
import type { Part } from './supervised.ts';

export interface GatewayPart extends Part {
  readonly adminUrl: string;
  readonly adminPort: number;
  /** File with the token of its admin API. */
  readonly tokenFile: string;
}

/** Starts the gateway in a process of its own, behind the front door, with its state below `.sluice/gateway`. */
export async function startGateway(options: {
  root: string;
  adminPort: number;
  frontDoor: FrontDoor;
}): Promise<GatewayPart> {
  const { root, frontDoor } = options;
  const adminPort = await claimPort(options.adminPort, "the gateway's administration", '--gateway-admin-port');
  const stateDir = join(root, '.sluice', 'gateway');
  const { child, ready } = await startNode('The gateway', 'dev/gateway-process', [], {
    cwd: root,
    log: join(root, '.sluice', 'dev', 'gateway.log'),
    env: { ...process.env, SLUICE_GATEWAY_OPTIONS: JSON.stringify({ adminPort, stateDir }) },
  });
  frontDoor.lead(Number(new URL(String(ready.url)).port));
  void child.exited.then(() => frontDoor.lead(null));
  return {
    pid: child.pid,
    exited: child.exited,
    kill: (signal) => child.kill(signal),
    stop: () => child.stop(3000),
    adminUrl: String(ready.adminUrl),
    tokenFile: String(ready.tokenFile),
    adminPort,
  };
}
