import { createHash } from 'node:crypto';
import { realpathSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayCode, GatewayError } from './errors.ts';

/**
 * Makes this process the only host of a state folder, by a socket named after it: the system lets go of the name when
 * the process ends, however it ends.
 *
 * @returns gives the folder up again
 * @throws {GatewayError} GATEWAY_STATE_LOCKED while another host has it
 */
export async function lockState(stateDir: string): Promise<() => void> {
  const name = `sluice-gateway-${createHash('sha256').update(realpathSync(stateDir)).digest('hex').slice(0, 32)}`;
  // Linux has names that are no files; elsewhere a file may be left behind and is taken over when nobody answers.
  const address = process.platform === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.sock`);
  const server = (await tryListen(address)) ?? (await takeOver(address));
  if (!server) {
    throw new GatewayError(GatewayCode.StateLocked, `Another gateway is running on ${stateDir}.`, {
      where: stateDir,
      fix: 'Use that one, or stop it first.',
    });
  }
  return () => server.close();
}

function tryListen(address: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.unref();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(null) : reject(error),
    );
    server.listen(address, () => resolve(server));
  });
}

async function takeOver(address: string): Promise<Server | null> {
  if (address.startsWith('\0') || (await answers(address))) return null;
  unlinkSync(address);
  return tryListen(address);
}

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
