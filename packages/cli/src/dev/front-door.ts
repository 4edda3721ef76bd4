import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const RETRY_MS = 25;

/**
 * The gateway's public port, in a process that outlives the gateway: while a killed gateway is started again, callers
 * wait here instead of being refused. It passes bytes on and knows nothing of them.
 */
export class FrontDoor {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  #port: number | null = null;
  #wakeUp: (() => void)[] = [];

  constructor() {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (caller) => {
      void this.#letIn(caller);
    });
    // A failed accept (no file descriptors left) is no reason to end: callers try again.
    this.#server.on('error', () => {});
  }

  /** Listens on loopback. @returns the port */
  async open(port: number): Promise<number> {
    await new Promise<void>((done, failed) => {
      this.#server.once('error', failed);
      this.#server.listen({ port, host: '127.0.0.1', exclusive: true }, done);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Where callers are led from now on; null lets them wait. */
  lead(port: number | null): void {
    this.#port = port;
    if (port === null) return;
    for (const wake of this.#wakeUp.splice(0)) wake();
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
    this.lead(0); // whoever still waits finds its socket gone
  }

  async #letIn(caller: Socket): Promise<void> {
    this.#keep(caller);
    while (!caller.destroyed) {
      const port = this.#port;
      if (port === null) {
        await new Promise<void>((wake) => this.#wakeUp.push(wake));
        continue;
      }
      const gateway = await this.#reach(port);
      if (gateway === null) {
        // It has just died, or it is too busy to accept.
        await delay(RETRY_MS);
        continue;
      }
      join(caller, gateway);
      join(gateway, caller);
      return;
    }
  }

  #reach(port: number): Promise<Socket | null> {
    return new Promise((done) => {
      const gateway = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
      this.#keep(gateway);
      gateway.once('connect', () => done(gateway));
      gateway.once('close', () => done(null));
    });
  }

  #keep(socket: Socket): void {
    this.#open.add(socket);
    socket.on('error', () => {}); // its close follows
    socket.once('close', () => this.#open.delete(socket));
  }
}

/** Passes on what `from` says until it ends; when it breaks off, `to` is broken off. */
function join(from: Socket, to: Socket): void {
  from.pipe(to);
  from.once('close', () => {
    if (!from.readableEnded || from.errored) to.resetAndDestroy();
  });
  if (from.destroyed) to.destroy();
}
