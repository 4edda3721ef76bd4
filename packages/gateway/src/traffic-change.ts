import { isDeepStrictEqual } from 'node:util';
import type { GatewayTrafficSpec, Weights } from '@sluice/sdk';
import { conflict } from './errors.ts';
import type { DesiredEndpoint } from './state-file.ts';

/**
 * The endpoint after a change of traffic that was asked for at `now`.
 *
 * @throws {GatewayError} GATEWAY_CONFLICT when it is at another generation than the change expects
 */
export function changeTraffic(endpoint: DesiredEndpoint, spec: GatewayTrafficSpec, now: number): DesiredEndpoint {
  const mirror = spec.mirror === undefined ? endpoint.mirror : spec.mirror;
  const same =
    isDeepStrictEqual(positive(endpoint.weights), positive(spec.weights)) && isDeepStrictEqual(endpoint.mirror, mirror);
  const { ifGeneration } = spec;
  // The same change again, because its answer was lost: it is done already.
  const done = same && (ifGeneration === undefined || endpoint.generation === ifGeneration + 1);
  if (ifGeneration !== undefined && ifGeneration !== endpoint.generation && !done) {
    const message = `Endpoint "${endpoint.name}" is at generation ${endpoint.generation}, not ${ifGeneration}.`;
    throw conflict(message, 'Read it again.');
  }
  const lease = spec.lease ? { ...spec.lease, expiresAt: now + spec.lease.ms } : null;
  const after = { ...endpoint, lease, reverted: null };
  return same ? after : { ...after, weights: spec.weights, mirror, generation: endpoint.generation + 1 };
}

/** @throws {GatewayError} GATEWAY_CONFLICT when no lease is in force, or that of another generation */
export function renewLease(endpoint: DesiredEndpoint, generation: number | undefined, now: number): DesiredEndpoint {
  const { lease, name } = endpoint;
  if (lease === null) {
    const ran = endpoint.reverted ? ` It ran out, and the gateway went back by itself.` : '';
    throw conflict(`Endpoint "${name}" has no lease to renew.${ran}`, 'Read it again.');
  }
  if (generation !== undefined && generation !== endpoint.generation) {
    throw conflict(`Endpoint "${name}" is at generation ${endpoint.generation}, not ${generation}.`, 'Read it again.');
  }
  return { ...endpoint, lease: { ...lease, expiresAt: now + lease.ms }, reverted: null };
}

/**
 * The endpoint after its lease has run out: back at the fallback, without a mirror. While no version of the fallback
 * has a process and one of those that serve has, it stays as it is, says so, and goes back as soon as it can.
 */
export function revert(endpoint: DesiredEndpoint, hasProcess: (id: string) => boolean, now: number): DesiredEndpoint {
  const { lease, weights: from, reverted } = endpoint;
  if (lease === null) return endpoint;
  const to = positive(lease.fallback);
  const someRun = (weights: Weights) => Object.keys(positive(weights)).some(hasProcess);
  if (Object.keys(to).length > 0 && !someRun(to) && someRun(from)) {
    if (reverted) return endpoint;
    const names = Object.keys(to).join(', ');
    const note = `The lease ran out, but ${names} has no process: traffic stays until it has one.`;
    return { ...endpoint, reverted: { at: now, from, to: from, note } };
  }
  return {
    ...endpoint,
    weights: lease.fallback,
    mirror: null,
    lease: null,
    reverted: { at: now, from, to: lease.fallback, note: null },
    generation: endpoint.generation + 1,
  };
}

/** @throws {GatewayError} GATEWAY_CONFLICT when traffic goes to the version, or may */
export function mayGo({ weights, mirror, lease }: DesiredEndpoint, id: string): void {
  const has = (shares: Weights) => Object.hasOwn(shares, id) && (shares[id] ?? 0) > 0;
  if (has(weights)) throw conflict(`Version "${id}" has traffic.`, 'Set its weight to 0 first.');
  if (mirror?.version === id) throw conflict(`Version "${id}" is the mirror.`, 'Turn the mirror off first.');
  if (lease && has(lease.fallback)) {
    throw conflict(`Traffic goes back to version "${id}" when the lease ends.`, 'Set traffic without the lease first.');
  }
}

const positive = (weights: Weights): Record<string, number> =>
  Object.fromEntries(Object.entries(weights).filter(([, weight]) => weight > 0));
