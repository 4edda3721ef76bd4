import { spawn } from 'node:child_process';

/** Opens an address or a file. A machine without a browser still has the address. */
export function openInBrowser(place: string): void {
  const [program, ...args] =
    process.platform === 'darwin' ? ['open'] : process.platform === 'win32' ? ['cmd', '/c', 'start'] : ['xdg-open'];
  const child = spawn(program as string, [...args, place], { detached: true, stdio: 'ignore' });
  child.once('error', () => {});
  child.unref();
}
