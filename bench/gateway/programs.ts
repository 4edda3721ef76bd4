import { spawnSync } from 'node:child_process';
import { ErrorCode, SluiceError } from '../../packages/sdk/src/index.ts';

/** Programs that only this bench needs, with the Debian package that has each. */
const packages = { nginx: 'nginx-light', haproxy: 'haproxy', wrk: 'wrk' } as const;

export type Program = keyof typeof packages;

/** @throws SluiceError `NotFound`, with the command that installs what is missing */
export function checkPrograms(): void {
  const missing = (Object.keys(packages) as Program[]).filter((name) => spawnSync(name, ['-v']).error !== undefined);
  if (missing.length === 0) return;
  throw new SluiceError(ErrorCode.NotFound, `This bench needs ${missing.join(', ')}, which are not on the PATH.`, {
    fix: `On Debian: apt-get install --no-install-recommends ${missing.map((name) => packages[name]).join(' ')}`,
  });
}
