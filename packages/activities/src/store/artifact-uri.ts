import { type Artifact, type Digest, ErrorCode, SluiceError } from '@sluice/sdk';

/** What a uri names: one file, or a directory. */
export interface Address {
  readonly shape: 'blob' | 'tree';
  readonly hex: string;
}

const pattern = /^sluice:(blob|tree)\/([0-9a-f]{64})$/;

/** Takes an artifact's uri apart. @throws SluiceError `InvalidStep` for anything that is not one. */
export function addressOf(artifact: Pick<Artifact, 'uri'>): Address {
  const [, shape, hex] = pattern.exec(artifact.uri) ?? [];
  if ((shape !== 'blob' && shape !== 'tree') || hex === undefined) {
    throw new SluiceError(ErrorCode.InvalidStep, `"${artifact.uri}" is not the uri of an artifact.`, {
      fix: 'Pass on the artifact that a step returned; its uri begins with sluice:blob/ or sluice:tree/.',
    });
  }
  return { shape, hex };
}

/** Address of an artifact that is about to be read: uri and digest must name the same bytes. */
export function checkedAddress(artifact: Pick<Artifact, 'uri' | 'digest'>): Address {
  const address = addressOf(artifact);
  if (artifact.digest !== `sha256:${address.hex}`) {
    throw new SluiceError(
      ErrorCode.Corrupt,
      `The reference names two things: ${artifact.uri} and ${artifact.digest}.`,
      {
        where: artifact.uri,
        fix: 'Pass on the artifact as the step returned it.',
      },
    );
  }
  return address;
}

/** `blob-<hex>`: one file name for an address. */
export function nameOf(address: Address): string {
  return `${address.shape}-${address.hex}`;
}

export function artifactOf(address: Address, kind: Artifact['kind'], bytes: number): Artifact {
  const digest: Digest = `sha256:${address.hex}`;
  return { kind, uri: `sluice:${address.shape}/${address.hex}`, digest, bytes };
}

export function notFound(artifact: Pick<Artifact, 'uri'>, place: string): SluiceError {
  return new SluiceError(ErrorCode.NotFound, `The store has no ${artifact.uri}.`, {
    where: place,
    fix: 'Check that this worker uses the store that the artifact was written to, and that it was not discarded.',
  });
}

export function corrupt(artifact: Pick<Artifact, 'uri'>, place: string, what: string): SluiceError {
  return new SluiceError(ErrorCode.Corrupt, `${artifact.uri} is damaged: ${what}`, {
    where: place,
    fix: 'Run the step that made it again: writing the same bytes mends the artifact.',
  });
}
