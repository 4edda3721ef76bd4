import { type ErrorDetails, SluiceError } from '@sluice/sdk';

/** The stable codes of the admin API and of {@link GatewayError}; one HTTP status each. */
export const GatewayCode = {
  /** The request is not one the admin API takes. */
  Invalid: 'GATEWAY_INVALID',
  Unauthorized: 'GATEWAY_UNAUTHORIZED',
  /** The request came from a web page. */
  Forbidden: 'GATEWAY_FORBIDDEN',
  NotFound: 'GATEWAY_NOT_FOUND',
  /** What was asked contradicts what is there (generation, spec under a used id, version that has traffic). */
  Conflict: 'GATEWAY_CONFLICT',
  /** Traffic was asked for a version that is not ready. */
  NotReady: 'GATEWAY_NOT_READY',
  /** The proxy did not confirm in time; asking again is safe. */
  Unavailable: 'GATEWAY_UNAVAILABLE',
  Internal: 'GATEWAY_INTERNAL',
  /** Nothing answers at the admin URL. */
  Unreachable: 'GATEWAY_UNREACHABLE',
  PortInUse: 'GATEWAY_PORT_IN_USE',
  StateCorrupt: 'GATEWAY_STATE_CORRUPT',
  StateLocked: 'GATEWAY_STATE_LOCKED',
  /** Other machines would reach the admin API, and no token was given. */
  TokenNeeded: 'GATEWAY_TOKEN_NEEDED',
} as const;
export type GatewayCode = (typeof GatewayCode)[keyof typeof GatewayCode];

const STATUS: Partial<Record<GatewayCode, number>> = {
  GATEWAY_INVALID: 400,
  GATEWAY_UNAUTHORIZED: 401,
  GATEWAY_FORBIDDEN: 403,
  GATEWAY_NOT_FOUND: 404,
  GATEWAY_CONFLICT: 409,
  GATEWAY_NOT_READY: 409,
  GATEWAY_UNAVAILABLE: 503,
};

const TRANSIENT = new Set<GatewayCode>(['GATEWAY_UNREACHABLE', 'GATEWAY_UNAVAILABLE', 'GATEWAY_NOT_READY']);

/** Everything the gateway, its admin API and its client can fail with. */
export class GatewayError extends SluiceError {
  declare readonly code: GatewayCode;

  constructor(code: GatewayCode, message: string, details: ErrorDetails = {}) {
    super(code, message, { permanent: !TRANSIENT.has(code), ...details });
  }

  /** The HTTP status the admin API answers it with. */
  get status(): number {
    return STATUS[this.code] ?? 500;
  }
}

export const invalid = (message: string): GatewayError => new GatewayError(GatewayCode.Invalid, message);
export const notFound = (message: string): GatewayError => new GatewayError(GatewayCode.NotFound, message);
export const conflict = (message: string, fix?: string): GatewayError =>
  new GatewayError(GatewayCode.Conflict, message, fix === undefined ? {} : { fix });
