import { createServer, type Server, type Socket } from 'node:net';
import { ConnectionState, MAX_CONNECTIONS, noteConnection, readConnection } from './connection-table.ts';
import { listen } from './listen.ts';

/** Hands a caller's connection to the worker; the host keeps its own copy of the socket. */
export type HandOver = (socket: Socket, slot: number, resumed: boolean) => void;

interface Held {
  socket: Socket;
  /** Waiting for a worker. */
  queued: boolean;
  resumed: boolean;
}

/**
 * Owns the public socket. The host never reads a connection, but holds every one until the worker says that it is
 * closed: what a dead worker had not begun to read is handed to the next worker, bytes and all.
 */
export class PublicListener {
  readonly #server: Server;
  readonly #table: number | null;
  readonly #held = new Map<number, Held>();
  readonly #freed: number[] = [];
  #nextSlot = 0;
  #handOver: HandOver | null = null;

  constructor(table: number | null) {
    this.#table = table;
    this.#server = createServer({ pauseOnConnect: true, noDelay: true, keepAlive: true }, (socket) =>
      this.#accept(socket),
    );
  }

  /** @returns the port */
  open(host: string, port: number): Promise<number> {
    return listen(this.#server, host, port);
  }

  /** A worker is ready: everything that waited goes to it. */
  attach(handOver: HandOver): void {
    this.#handOver = handOver;
    for (const [slot, held] of this.#held) if (held.queued) this.#pass(slot, held);
  }

  /**
   * The worker is dead. Connections with a request under way end with it; the others wait for the next worker.
   *
   * @returns how many were ended
   */
  detach(): number {
    this.#handOver = null;
    let lost = 0;
    for (const [slot, held] of this.#held) {
      if (held.queued) continue;
      if (readConnection(this.#table, slot) === ConnectionState.busy) {
        this.release([slot]);
        lost += 1;
      } else {
        held.queued = true;
        held.resumed = true;
      }
    }
    return lost;
  }

  /** The worker has closed these. */
  release(slots: readonly number[]): void {
    for (const slot of slots) {
      const held = this.#held.get(slot);
      if (!held) continue;
      this.#held.delete(slot);
      this.#freed.push(slot);
      held.socket.destroy();
    }
  }

  /** No new connections; those that are open stay. */
  stopAccepting(): void {
    this.#server.close();
  }

  /** Lets go of every connection. */
  close(): void {
    this.stopAccepting();
    this.release([...this.#held.keys()]);
  }

  #accept(socket: Socket): void {
    const slot = this.#freed.pop() ?? this.#nextSlot++;
    socket.on('error', () => socket.destroy());
    if (slot >= MAX_CONNECTIONS) {
      this.#nextSlot -= 1;
      socket.destroy();
      return;
    }
    noteConnection(this.#table, slot, ConnectionState.idle);
    const held = { socket, queued: true, resumed: false };
    this.#held.set(slot, held);
    if (this.#handOver) this.#pass(slot, held);
  }

  #pass(slot: number, held: Held): void {
    held.queued = false;
    this.#handOver?.(held.socket, slot, held.resumed);
  }
}
