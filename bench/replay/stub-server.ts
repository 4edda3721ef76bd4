import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** The model server of the bench, in a process of its own: one fixed answer. Prints its port. */
const answer = JSON.stringify({ predictions: [1.25, 0.5, 3.75, 0.125, 2.5] });
const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) };
const server = http.createServer((request, response) => {
  request.resume();
  request.on('end', () => response.writeHead(200, headers).end(answer));
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
