import { ErrorCode, type SluiceActivities, type SluiceConfig, SluiceError } from '@sluice/sdk';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { keyringOf } from '../encryption/keyring.ts';
import { openToken } from '../encryption/sealed-token.ts';

/** Why a token does not count; `data.reason` of the error. */
export type TokenFault =
  | 'no-token'
  | 'malformed'
  | 'bad-signature'
  | 'unknown-key'
  | 'expired'
  | 'not-yet-valid'
  | 'wrong-issuer'
  | 'wrong-audience'
  | 'no-claim'
  | 'unverified-email'
  | 'invalid';

type Oidc = NonNullable<NonNullable<SluiceConfig['approvers']>['oidc']>;

/** Clocks may differ by this much, s. */
const TOLERANCE = 60;
/** Public-key signatures only: with a shared secret, whoever can verify could sign. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/**
 * Who the bearer of a sealed token is, by the issuer's own keys. What the sender typed as `by` plays no part, and a token
 * that was sealed for another purpose, or not at all, is refused.
 *
 * @throws SluiceError `DecisionRefused` with {@link TokenFault} as `data.reason`; `Unreachable` (try again) when the
 * issuer does not answer; `InvalidConfig` where no issuer is configured
 */
export function identifyActivity(context: {
  readonly config: Pick<SluiceConfig, 'approvers' | 'encryption'>;
}): SluiceActivities['identify'] {
  let keys: { readonly of: string; readonly get: JWTVerifyGetKey } | null = null;

  async function keySet(oidc: Oidc): Promise<JWTVerifyGetKey> {
    const of = oidc.jwks ?? oidc.issuer;
    if (keys?.of === of) return keys.get;
    const url = secure(oidc.jwks ?? (await discover(oidc.issuer)), 'approvers.oidc.jwks');
    // Keys are fetched again when a token names one that is not known yet.
    keys = { of, get: createRemoteJWKSet(url, { timeoutDuration: 10_000, cooldownDuration: 5_000 }) };
    return keys.get;
  }

  return async ({ token: sealed, purpose, at }) => {
    const oidc = context.config.approvers?.oidc;
    if (oidc === undefined) {
      throw new SluiceError(ErrorCode.InvalidConfig, 'A token was sent, but no issuer is configured.', {
        where: 'approvers.oidc',
        fix: 'Set approvers.oidc in sluice.config.ts, or decide without a token.',
      });
    }
    const ring = keyringOf(context.config);
    if (ring === null) {
      throw new SluiceError(ErrorCode.InvalidConfig, 'Tokens are taken, but there is no key to seal them by.', {
        where: 'encryption in sluice.config.ts',
        fix: 'Name a key: encryption: { keyEnv: "SLUICE_KEY" }.',
      });
    }
    if (sealed.trim() === '') {
      throw refused('no-token', 'Decisions need a token of the identity provider, and none was sent.', oidc);
    }
    const token = openToken(ring, sealed, purpose).replace(/^Bearer\s+/i, '');
    // The issuer is asked only about what looks like a token.
    const payload = await verify(token, async (header, jws) => (await keySet(oidc))(header, jws), oidc, at);
    return { by: bearer(payload, oidc) };
  };
}

async function verify(token: string, keys: JWTVerifyGetKey, oidc: Oidc, at: number): Promise<JWTPayload> {
  const rules = {
    issuer: oidc.issuer,
    audience: oidc.audience,
    clockTolerance: TOLERANCE,
    // It was valid when it was sent; a worker that comes late must not make it expire.
    currentDate: new Date(at),
    requiredClaims: ['exp'],
    algorithms: ALGORITHMS,
  };
  try {
    return (await jwtVerify(token, keys, rules)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw explain(error, oidc);
    // The token does not name its key, and more than one might have signed it.
    for await (const key of error) {
      try {
        return (await jwtVerify(token, key, rules)).payload;
      } catch (inner) {
        if (!(inner instanceof errors.JWSSignatureVerificationFailed)) throw explain(inner, oidc);
      }
    }
    throw explain(new errors.JWSSignatureVerificationFailed(), oidc);
  }
}

function explain(error: unknown, oidc: Oidc): SluiceError {
  if (error instanceof SluiceError) return error;
  if (error instanceof errors.JWTExpired) return refused('expired', 'The token has expired.', oidc);
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return refused('wrong-audience', 'The token was issued for another audience.', oidc);
    if (error.claim === 'iss') return refused('wrong-issuer', 'The token comes from another issuer.', oidc);
    if (error.claim === 'nbf') return refused('not-yet-valid', 'The token is not valid yet.', oidc);
    return refused('invalid', `The token's claim "${error.claim}" is missing or wrong.`, oidc);
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return refused('bad-signature', "The token's signature is not the issuer's.", oidc);
  }
  if (error instanceof errors.JWKSNoMatchingKey) {
    return refused('unknown-key', 'The token is signed with a key that the issuer does not publish.', oidc);
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return refused('bad-signature', 'The token is signed by a method that is not allowed.', oidc);
  }
  if (
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JOSENotSupported
  ) {
    return refused('malformed', 'The token is not a signed JSON web token.', oidc);
  }
  return unreachable(oidc.jwks ?? oidc.issuer, error);
}

function bearer(payload: JWTPayload, oidc: Oidc): string {
  const claim = oidc.claim ?? 'email';
  const value = payload[claim];
  if (typeof value !== 'string' || value.trim() === '') {
    throw refused('no-claim', `The token does not say who its bearer is: it has no claim "${claim}".`, oidc);
  }
  if (claim === 'email' && payload.email_verified === false) {
    throw refused('unverified-email', `The issuer has not verified the address ${value}.`, oidc);
  }
  return value.trim();
}

/** Where the issuer says that its keys are. */
async function discover(issuer: string): Promise<string> {
  const url = secure(`${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`, 'approvers.oidc.issuer');
  let document: { readonly issuer?: unknown; readonly jwks_uri?: unknown };
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000), headers: { accept: 'application/json' } });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    document = (await response.json()) as typeof document;
  } catch (error) {
    throw unreachable(url.href, error);
  }
  if (document.issuer !== issuer || typeof document.jwks_uri !== 'string') {
    throw new SluiceError(
      ErrorCode.InvalidConfig,
      document.issuer === issuer
        ? `The issuer ${issuer} does not say where its keys are.`
        : `The server at ${url.origin} calls itself "${String(document.issuer)}", not "${issuer}".`,
      {
        where: 'approvers.oidc.issuer',
        fix: 'Write the issuer exactly as the tokens name it, slash at the end included.',
      },
    );
  }
  return document.jwks_uri;
}

/** Keys that anybody on the way could replace prove nothing. */
function secure(address: string, where: string): URL {
  const url = new URL(address);
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && loopback)) return url;
  throw new SluiceError(ErrorCode.InvalidConfig, `The issuer's keys must come over https, not from ${url.origin}.`, {
    where,
    fix: 'Use an https address.',
  });
}

function refused(reason: TokenFault, message: string, oidc: Oidc): SluiceError {
  const fix =
    reason === 'wrong-audience'
      ? `Ask ${oidc.issuer} for a token with the audience "${oidc.audience}".`
      : reason === 'no-claim'
        ? `Ask for a scope that carries it, or set approvers.oidc.claim to one the token has.`
        : `Sign in at ${oidc.issuer} again and send a fresh token.`;
  return new SluiceError(ErrorCode.DecisionRefused, message, { where: 'decision', fix, data: { reason } });
}

function unreachable(where: string, cause: unknown): SluiceError {
  const inner = cause instanceof Error ? (cause.cause ?? cause) : cause;
  const why = inner instanceof Error ? ((inner as NodeJS.ErrnoException).code ?? inner.message) : String(inner);
  return new SluiceError(ErrorCode.Unreachable, `The issuer's keys cannot be fetched from ${where}: ${why}.`, {
    where,
    fix: 'The decision is checked as soon as the issuer answers; nothing has to be sent again.',
    cause,
    permanent: false,
  });
}
