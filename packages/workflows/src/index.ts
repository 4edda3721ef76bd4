/** Safe in Temporal's workflow sandbox: deterministic code only. */

export { interceptors } from './activation.ts';
export { renderDetails } from './details.ts';
export { sluiceWorkflows } from './dispatch.ts';
export { sluiceEndpoint } from './endpoint.ts';
export { projectAt } from './place.ts';
