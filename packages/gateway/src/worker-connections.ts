import { createServer, type RequestListener, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ConnectionState, noteConnection } from './connection-table.ts';

/** A connection taken over from a dead worker that stays silent this long was one whose request was lost. */
const RESUMED_SILENCE_MS = 5000;

const KEEP_ALIVE_MS = 65_000;
/** Time a caller has for the head of a request. */
const HEADERS_MS = 60_000;

interface Connection {
  slot: number;
  state: ConnectionState;
  /** Requests read and not yet answered. */
  open: number;
  /** Bytes of a next request came before the answer: whether it is idle can no longer be told. */
  pipelined: boolean;
}

/** Says so before its last bytes are written: from then on the caller may send its next request. */
class AnnouncedResponse extends ServerResponse {
  override end(chunk?: unknown, encoding?: unknown, callback?: unknown): this {
    this.emit('ending');
    return super.end(chunk, encoding as BufferEncoding, callback as () => void);
  }
}

/** The worker's side of the callers' connections: serves HTTP on sockets it is handed. */
export class WorkerConnections {
  readonly #server: Server;
  readonly #table: number | null;
  readonly #closed: (slots: number[]) => void;
  readonly #connections = new WeakMap<Socket, Connection>();
  readonly #answering = new Set<ServerResponse>();
  #justClosed: number[] = [];
  #stopping = false;
  #answered: () => void = () => undefined;

  constructor(listener: RequestListener, table: number | null, closed: (slots: number[]) => void) {
    this.#table = table;
    this.#closed = closed;
    const serve: RequestListener = (req, res) => {
      const connection = this.#connections.get(req.socket);
      if (connection) this.#watch(req.socket, connection, res);
      listener(req, res);
    };
    // An upload may take as long as it goes on: the endpoint's time limits see to it.
    const limits = { requestTimeout: 0, headersTimeout: HEADERS_MS };
    this.#server = createServer({ ServerResponse: AnnouncedResponse, ...limits }, serve);
    // The model server decides whether it wants the body, not Node.
    this.#server.on('checkContinue', serve);
    // Long enough that a caller seldom sends on a connection that is just being closed.
    this.#server.keepAliveTimeout = KEEP_ALIVE_MS;
    // It never listens itself, and Node starts the checks of header and request timeouts on this event.
    this.#server.emit('listening');
  }

  /** Serves a socket that the host accepted. */
  serve(socket: Socket, slot: number, resumed: boolean): void {
    const connection: Connection = { slot, state: ConnectionState.idle, open: 0, pipelined: false };
    this.#connections.set(socket, connection);
    socket.on('data', () => {
      if (connection.state === ConnectionState.idle) this.#note(socket, connection, ConnectionState.busy);
    });
    socket.on('close', () => this.#close(slot));
    socket.on('error', () => socket.destroy());
    this.#server.emit('connection', socket);
    if (resumed) this.#endWhenSilent(socket, connection);
    socket.resume();
  }

  /** Resolves when what is under way is answered, or when the time is up. Connections end with their answer. */
  async stop(timeoutMs: number): Promise<void> {
    this.#stopping = true;
    this.#server.closeIdleConnections();
    for (const res of this.#answering) res.shouldKeepAlive = false;
    if (this.#answering.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#answered = resolve;
      setTimeout(resolve, timeoutMs);
    });
  }

  /** Lets go of every connection at once. */
  abandon(): void {
    this.#server.closeAllConnections();
  }

  #watch(socket: Socket, connection: Connection, res: ServerResponse): void {
    connection.open += 1;
    this.#answering.add(res);
    if (this.#stopping) res.shouldKeepAlive = false;
    res.once('close', () => {
      this.#answering.delete(res);
      if (this.#answering.size === 0) this.#answered();
    });
    if (connection.open > 1) connection.pipelined = true;
    if (connection.state !== ConnectionState.busy) this.#note(socket, connection, ConnectionState.busy);
    res.once('ending', () => {
      if (!connection.pipelined) this.#note(socket, connection, ConnectionState.finishing);
    });
    res.once('finish', () => {
      connection.open -= 1;
      // The table says so already: an answer whose end is written is as good as none under way.
      if (!connection.pipelined) connection.state = ConnectionState.idle;
    });
  }

  #note(socket: Socket, connection: Connection, state: ConnectionState): void {
    // The slot of a closed socket may be another connection's by now.
    if (socket.destroyed) return;
    connection.state = state;
    noteConnection(this.#table, connection.slot, state);
  }

  #endWhenSilent(socket: Socket, connection: Connection): void {
    const timer = setTimeout(() => {
      if (connection.state === ConnectionState.idle && connection.open === 0) socket.destroy();
    }, RESUMED_SILENCE_MS);
    socket.once('data', () => clearTimeout(timer));
    socket.once('close', () => clearTimeout(timer));
  }

  /** The host holds the socket too: the caller sees the end only when both have let go. */
  #close(slot: number): void {
    if (this.#justClosed.length === 0) {
      setImmediate(() => {
        const slots = this.#justClosed;
        this.#justClosed = [];
        this.#closed(slots);
      });
    }
    this.#justClosed.push(slot);
  }
}
