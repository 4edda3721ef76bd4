import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { ErrorCode, type SluiceConfig, SluiceError } from '@sluice/sdk';

/** The project's keys: what is closed is closed by the current one; earlier ones still open what they closed. */
export interface Keyring {
  /** Id of the current key: the first digits of its SHA-256. */
  readonly current: string;
  readonly keys: ReadonlyMap<string, Uint8Array>;
}

/** Where it stands in the config and in the environment. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the keys that `encryption` names; null where the config has none.
 *
 * @throws SluiceError `InvalidConfig` for a variable that is not set, or holds no 32 bytes in base64
 */
export function keyringOf(config: Pick<SluiceConfig, 'encryption'>, env: Environment = process.env): Keyring | null {
  const { encryption } = config;
  if (encryption === undefined) return null;
  const current = keyFrom(encryption.keyEnv, env);
  const old = (encryption.oldKeyEnvs ?? []).map((name) => keyFrom(name, env));
  return { current: idOf(current), keys: new Map([...old, current].map((key) => [idOf(key), key])) };
}

function keyFrom(name: string, env: Environment): Uint8Array {
  const text = env[name]?.trim() ?? '';
  const key = Buffer.from(text, 'base64');
  if (key.length === 32 && /^[A-Za-z0-9+/_-]+=*$/.test(text)) return new Uint8Array(key);
  throw new SluiceError(
    ErrorCode.InvalidConfig,
    text === '' ? `The key ${name} is not set.` : `${name} holds no key: it must be 32 bytes in base64.`,
    {
      where: `encryption in sluice.config.ts, ${name} in the environment`,
      fix: `Make a key once (openssl rand -base64 32), and set ${name} to it for every worker and for everybody who uses the command.`,
    },
  );
}

function idOf(key: Uint8Array): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 16);
}

/** Bytes closed by AES-256-GCM: 12 of nonce, the text, 16 of tag. `about` is authenticated with them, and not inside. */
export function close(ring: Keyring, bytes: Uint8Array, about: string): Uint8Array {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', keyOf(ring, ring.current), nonce);
  cipher.setAAD(Buffer.from(about));
  return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

/** @throws SluiceError `InvalidConfig` for a key this process does not have; Error for bytes that were changed */
export function open(ring: Keyring, id: string, bytes: Uint8Array, about: string): Uint8Array {
  const decipher = createDecipheriv('aes-256-gcm', keyOf(ring, id), bytes.subarray(0, 12));
  decipher.setAAD(Buffer.from(about));
  decipher.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
}

function keyOf(ring: Keyring, id: string): Uint8Array {
  const key = ring.keys.get(id);
  if (key !== undefined) return key;
  throw new SluiceError(ErrorCode.InvalidConfig, `The key ${id} is not among the project's keys.`, {
    where: 'encryption in sluice.config.ts',
    fix: 'Name the variable that holds it in encryption.oldKeyEnvs, and set it.',
  });
}
