import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ErrorCode, SluiceError } from '@sluice/sdk';

/** Where a new project takes Sluice's packages from. */
export type PackageSource =
  /** A registry, by version. */
  | { readonly kind: 'registry'; readonly version: string }
  /** Packed packages in a folder, which are copied into the project. */
  | { readonly kind: 'tarballs'; readonly folder: string }
  /** The packages of a checkout, in a folder, as they are. */
  | { readonly kind: 'checkout'; readonly packages: string };

/** What a new project's `package.json` says of Sluice's packages. */
export interface PackageReferences {
  /** Version ranges, or `file:` and `link:` paths. */
  readonly sdk: string;
  readonly cli: string;
  /** Where the other packages come from, which these two need; by name. */
  readonly overrides?: Readonly<Record<string, string>>;
  /** Command that installs them. */
  readonly install: string;
  /** Contents of files that go into the project with it, by path. */
  readonly files: Readonly<Record<string, Buffer>>;
}

/** Folder of a project that holds packed packages. */
const VENDOR = 'vendor';

/** @throws SluiceError `NotFound` where a folder of tarballs lacks the packages of a pipeline */
export function packageReferences(source: PackageSource, project: string): PackageReferences {
  switch (source.kind) {
    case 'registry': {
      const range = `^${source.version}`;
      return { sdk: range, cli: range, install: 'npm install', files: {} };
    }
    case 'tarballs':
      return vendored(source.folder);
    case 'checkout': {
      const link = (name: string) => `link:${relative(project, join(source.packages, name))}`;
      // npm has no links to a folder; pnpm does, and runs the checkout as it is.
      return { sdk: link('sdk'), cli: link('cli'), install: 'npx -y pnpm@12.21.0 install', files: {} };
    }
  }
}

/** Where the command itself comes from. */
export function ownSource(): PackageSource {
  const cli = fileURLToPath(new URL('../..', import.meta.url));
  const packages = join(cli, '..');
  if (import.meta.url.endsWith('.ts') && existsSync(join(packages, 'sdk/package.json'))) {
    return { kind: 'checkout', packages };
  }
  const { version } = JSON.parse(readFileSync(join(cli, 'package.json'), 'utf8')) as { version: string };
  // Installed into a project that carries its packages, however deep: a project made from there carries them too.
  const carried = above(cli)
    .map((folder) => join(folder, VENDOR))
    .find((folder) => existsSync(join(folder, `sluice-cli-${version}.tgz`)));
  return carried === undefined ? { kind: 'registry', version } : { kind: 'tarballs', folder: carried };
}

/** `sluice-sdk-0.1.0.tgz` is `@sluice/sdk`. The version is a digit on, so that no package's name is cut. */
function packageOf(file: string): string | null {
  const name = /^sluice-([a-z-]+?)-\d.*\.tgz$/.exec(file)?.[1];
  return name === undefined ? null : `@sluice/${name}`;
}

function vendored(folder: string): PackageReferences {
  const tarballs = new Map<string, string>();
  for (const file of readdirSync(folder).sort()) {
    const name = packageOf(file);
    if (name !== null) tarballs.set(name, file);
  }
  const specOf = (name: string) => {
    const file = tarballs.get(name);
    if (file !== undefined) return `file:${VENDOR}/${file}`;
    throw new SluiceError(ErrorCode.NotFound, `There is no packed ${name}.`, {
      where: folder,
      fix: 'Pack the packages of a checkout: npx -y pnpm@12.21.0 tarballs',
    });
  };
  const sdk = specOf('@sluice/sdk');
  const cli = specOf('@sluice/cli');
  // What the project names itself is overridden by what it says there; npm refuses anything else.
  const overrides = Object.fromEntries(
    [...tarballs.keys()].map((name) => [
      name,
      name === '@sluice/sdk' || name === '@sluice/cli' ? `$${name}` : specOf(name),
    ]),
  );
  const files = Object.fromEntries(
    [...tarballs.values()].map((file) => [`${VENDOR}/${file}`, readFileSync(join(folder, file))]),
  );
  return { sdk, cli, overrides, install: 'npm install', files };
}

/** A folder's parents, the nearest first. */
function above(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [] : [parent, ...above(parent)];
}
