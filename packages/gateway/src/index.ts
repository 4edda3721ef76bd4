/** The local data plane: a host to start, and a client of its admin API. */
export { type GatewayClient, type GatewayClientOptions, gatewayClient } from './client.ts';
export { GatewayCode, GatewayError } from './errors.ts';
export { type FileLock, lockFile, lockHolder } from './file-lock.ts';
export { type GatewayHost, type GatewayHostOptions, startGatewayHost } from './host.ts';
