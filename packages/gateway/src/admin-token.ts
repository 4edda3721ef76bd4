import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { GatewayCode, GatewayError, invalid } from './errors.ts';

/** What every call of the admin API must show, and where it can be read. */
export interface AdminToken {
  readonly token: string;
  /** File that only this user can read; null for a token that was given. */
  readonly file: string | null;
}

/**
 * The token that was given, or else the state folder's own, which is made once and kept in a file of mode 0600.
 *
 * @throws {GatewayError} GATEWAY_INVALID for an empty token; GATEWAY_TOKEN_NEEDED for an address that other machines
 * reach, unless a token was given
 */
export function adminToken(stateDir: string, address: string, given: string | undefined): AdminToken {
  if (given === '') throw invalid('The admin token is empty.');
  if (given !== undefined) return { token: given, file: null };
  if (!isLoopback(address)) {
    throw new GatewayError(GatewayCode.TokenNeeded, `The gateway does not listen on ${address} without a token.`, {
      where: address,
      fix: 'Give it one that its clients know (adminToken, or SLUICE_GATEWAY_TOKEN), or listen on 127.0.0.1.',
    });
  }
  const file = join(stateDir, 'admin-token');
  return { token: kept(file) ?? made(file), file };
}

/** Null when there is none, or when others could have read it. */
function kept(file: string): string | null {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode;
  if (mode === undefined || (mode & 0o077) !== 0) return null;
  const token = readFileSync(file, 'utf8').trim();
  return token.length === TOKEN_LENGTH ? token : null;
}

const TOKEN_LENGTH = 43;

function made(file: string): string {
  const token = randomBytes(32).toString('base64url');
  rmSync(file, { force: true });
  writeFileSync(file, `${token}\n`, { mode: 0o600, flag: 'wx' });
  return token;
}

function isLoopback(address: string): boolean {
  if (isIP(address) === 4) return address.startsWith('127.');
  return address === '::1' || address === 'localhost';
}
