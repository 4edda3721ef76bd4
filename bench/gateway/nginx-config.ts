import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes a configuration of nginx for one process on loopback and returns the arguments that start it. */
export function nginxArguments(folder: string, http: string): string[] {
  mkdirSync(folder, { recursive: true });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `  ${name}_temp_path ${folder};`,
  );
  const config = [
    'daemon off;',
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    'worker_processes 1;',
    `pid ${folder}/nginx.pid;`,
    'error_log stderr error;',
    'events { worker_connections 1024; }',
    'http {',
    '  access_log off;',
    '  keepalive_requests 1000000000;',
    ...temporary,
    http,
    '}',
  ];
  const path = join(folder, 'nginx.conf');
  writeFileSync(path, `${config.join('\n')}\n`);
  return ['-p', folder, '-e', 'stderr', '-c', path];
}
