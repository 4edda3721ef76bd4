import { ErrorCode, SEALED, SluiceError, type TokenPurpose } from '@sluice/sdk';
import { close, type Keyring, open } from './keyring.ts';

/** A token as it may stand in a history: only the project's workers can read it, and only for the purpose it names. */
export function sealToken(ring: Keyring, token: string, purpose: TokenPurpose): string {
  const bytes = close(ring, Buffer.from(token.trim()), aboutOf(purpose));
  return `${SEALED}${ring.current}.${Buffer.from(bytes).toString('base64url')}`;
}

/** @throws SluiceError `DecisionRefused` for a token in clear, one for another purpose and one that was changed */
export function openToken(ring: Keyring, sealed: string, purpose: TokenPurpose): string {
  const match = /^sealed\.v1\.([0-9a-f]{16})\.([A-Za-z0-9_-]{40,})$/.exec(sealed.trim());
  if (match === null) {
    throw refused(
      'in-clear',
      'It is not sealed; where it was sent it can be read by everybody who may read the history.',
      'Revoke it if your issuer can, sign in again, and decide by `sluice approve`, `override` or `reject`.',
    );
  }
  const [, id = '', body = ''] = match;
  try {
    return Buffer.from(open(ring, id, Buffer.from(body, 'base64url'), aboutOf(purpose))).toString();
  } catch (error) {
    if (error instanceof SluiceError) throw refused('unknown-key', error.message, error.fix ?? '');
    throw refused(
      'wrong-purpose',
      'It was sealed for another decision, or changed on the way.',
      'Decide again by the command that the open question shows.',
    );
  }
}

function aboutOf(purpose: TokenPurpose): string {
  const named = Object.entries(purpose).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([SEALED, ...named]);
}

function refused(reason: string, message: string, fix: string): SluiceError {
  return new SluiceError(ErrorCode.DecisionRefused, message, { where: 'token', fix, data: { reason } });
}
