import { createServer } from 'node:http';

/** Answers with its version and the length of what it got, after `?ms=`. */
const version = process.env.SLUICE_VERSION ?? '';

createServer((request, response) => {
  const wait = Number(new URL(request.url ?? '/', 'http://model').searchParams.get('ms') ?? 0);
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  request.on('end', () => {
    const answer = () => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ version, bytes }));
    };
    if (wait > 0) setTimeout(answer, wait);
    else answer();
  });
  // Longer than the gateway keeps a free connection, so that it never meets one that is being closed.
}).listen({ port: Number(process.env.SLUICE_PORT), host: process.env.SLUICE_HOST });
