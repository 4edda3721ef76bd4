import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ErrorCode, errorCode } from '@sluice/sdk';
import { z } from 'zod';
import { atomicWrite } from '../atomic-write.ts';
import { claimPort } from './ports.ts';

/** A part of the stack that listens, under the name by which its port is remembered. */
export interface Listener {
  readonly name: string;
  /** As a sentence calls it. */
  readonly what: string;
  /** Flag of `sluice dev` that names its port. */
  readonly flag: string;
}

/** Port by name of the listener. */
export type Ports = Readonly<Record<string, number>>;

/** Hears of a remembered port that somebody else has now. */
export type Moved = (listener: Listener, from: number, to: number) => void;

/** Below what systems hand out to outgoing connections, so that a port is still free on the next day. */
const FIRST = 20_000;
const COUNT = 10_000;
/** How long what a killed stack left may hold a port, ms. */
const LEFTOVERS_MS = 2000;

const schema = z.record(z.string(), z.int().min(1).max(65_535));

/**
 * The ports of a project's stack, `.sluice/dev/ports.json`: chosen once and taken again at every start, so that
 * bookmarks live. For the one process that holds the stack's lock.
 */
export class PortMemory {
  readonly #root: string;
  readonly #onMoved: (listener: Listener, from: number, to: number) => void;
  #ports: Ports;
  #writing: Promise<void> = Promise.resolve();

  private constructor(root: string, ports: Ports, onMoved: Moved) {
    this.#root = root;
    this.#ports = ports;
    this.#onMoved = onMoved;
  }

  static async open(root: string, onMoved: Moved = () => {}): Promise<PortMemory> {
    return new PortMemory(root, await read(portsPath(root)), onMoved);
  }

  /**
   * A port for `listener`: the one that a flag asked for (0: any), else the remembered one, else a free one, which is
   * remembered.
   *
   * @throws SluiceError `PortInUse` when the one that was asked for is occupied.
   */
  async take(listener: Listener, asked?: number): Promise<number> {
    const { name, what, flag } = listener;
    if (asked !== undefined) return claimPort(asked, what, flag);
    const known = this.#ports[name];
    if (known !== undefined && (await isFreeSoon(known))) return known;
    const port = await this.#choose(name);
    this.#ports = { ...this.#ports, [name]: port };
    this.#writing = this.#writing.then(() => atomicWrite(portsPath(this.#root), `${JSON.stringify(this.#ports)}\n`));
    await this.#writing;
    if (known !== undefined) this.#onMoved(listener, known, port);
    return port;
  }

  async #choose(name: string): Promise<number> {
    const others = new Set(Object.values(this.#ports));
    for (const port of candidates(this.#root, name)) {
      if (!others.has(port) && (await isFree(port))) return port;
    }
    return claimPort(0, name, '');
  }
}

export function portsPath(root: string): string {
  return join(root, '.sluice', 'dev', 'ports.json');
}

/** Ports to try in turn: two projects rarely want the same, even when they start at the same moment. */
export function candidates(root: string, name: string): number[] {
  const start = createHash('sha256').update(`${root}\n${name}`).digest().readUInt32BE() % COUNT;
  return Array.from({ length: 50 }, (_, step) => FIRST + ((start + step * 97) % COUNT));
}

async function isFreeSoon(port: number): Promise<boolean> {
  for (const end = Date.now() + LEFTOVERS_MS; ; ) {
    if (await isFree(port)) return true;
    if (Date.now() > end) return false;
    await delay(100);
  }
}

async function isFree(port: number): Promise<boolean> {
  try {
    await claimPort(port, '', '');
    return true;
  } catch (error) {
    if (errorCode(error) === ErrorCode.PortInUse) return false;
    throw error;
  }
}

/** A file that cannot be read remembers nothing: ports are chosen anew. */
async function read(path: string): Promise<Ports> {
  try {
    const parsed = schema.safeParse(JSON.parse(await readFile(path, 'utf8')));
    return parsed.success ? parsed.data : {};
  } catch {
    return {};
  }
}
