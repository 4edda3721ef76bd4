import { spawn } from 'node:child_process';
import { nginxArguments } from './nginx-config.ts';

/** The model server of the bench: nginx with one fixed answer, on the port that the gateway gives it. */
const [folder = ''] = process.argv.slice(2);
const server = `
  server {
    listen 127.0.0.1:${process.env.SLUICE_PORT};
    default_type application/json;
    client_max_body_size 64m;
    location / { return 200 '{"predictions": [1.25]}'; }
  }`;
const nginx = spawn('nginx', nginxArguments(folder, server), { stdio: 'inherit' });
nginx.on('exit', (code) => process.exit(code ?? 1));
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => nginx.kill('SIGTERM'));
