import { join } from 'node:path';
import { GatewayCode, GatewayError } from './errors.ts';
import { type FileLock, lockFile } from './file-lock.ts';

/**
 * Makes this process the only host of a state folder.
 *
 * @throws {GatewayError} GATEWAY_STATE_LOCKED while another host has it
 */
export function lockState(stateDir: string): FileLock {
  const lock = lockFile(join(stateDir, 'lock'));
  if (lock !== null) return lock;
  throw new GatewayError(GatewayCode.StateLocked, `Another gateway is running on ${stateDir}.`, {
    where: stateDir,
    fix: 'Use that one, or stop it first.',
  });
}
