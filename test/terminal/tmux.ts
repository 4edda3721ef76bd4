import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const show = fileURLToPath(new URL('show.ts', import.meta.url));
let count = 0;

/** A scene in a terminal of so many columns; its server ends with it. */
export async function terminal(scene: string, columns: number, rows = 50) {
  const socket = `sluice-test-${process.pid}-${++count}`;
  const tmux = async (...args: string[]) =>
    (await run('tmux', ['-L', socket, '-f', '/dev/null', ...args], { env })).stdout;
  const command = [process.execPath, '--no-warnings', show, scene, socket].map((word) => `'${word}'`).join(' ');
  await tmux('new-session', '-d', '-x', String(columns), '-y', String(rows), command);
  return {
    /** Waits until the scene says that it has come there. */
    until: (channel: 'drawn' | 'ended') => tmux('wait-for', channel),
    /** Text on the screen, without what stands behind its last line; whatever picture the spinner has. */
    capture: async () => (await tmux('capture-pane', '-p')).replaceAll(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/g, '⠋').trimEnd(),
    press: (key: string) => tmux('send-keys', key),
    close: () => tmux('kill-server').catch(() => {}),
  };
}

/** Nothing of the machine's: its time zone, its language, and what it thinks of colours. */
const env = {
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  TERM: 'xterm-256color',
  LANG: 'C.UTF-8',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
  SHELL: '/bin/sh',
};
