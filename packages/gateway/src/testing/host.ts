import { startGatewayHost } from '../host.ts';

/** A host in a process of its own, to be stopped and killed; its first argument holds the options. */
const host = await startGatewayHost(JSON.parse(process.argv[2] ?? '{}'));
console.log(host.adminUrl);
