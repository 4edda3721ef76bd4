import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TokenPurpose } from '@sluice/sdk';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Keyring, keyringOf } from '../encryption/keyring.ts';
import { sealToken } from '../encryption/sealed-token.ts';
import { identifyActivity } from './identify.ts';

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;

let server: Server;
let issuer: string;
let published: JWK[];
let asked: string[];
let pair: KeyPair;

/** An identity provider on loopback: a discovery document and a key set. */
beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.setHeader('content-type', 'application/json');
    if (request.url === '/.well-known/openid-configuration') {
      response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` }));
    } else response.end(JSON.stringify({ keys: published }));
  });
  await listen(0);
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  pair = await generateKeyPair('RS256');
  published = [{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256' }];
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

function listen(port: number): Promise<void> {
  return new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
}

const env = 'SLUICE_TEST_KEY';
process.env[env] = Buffer.alloc(32, 7).toString('base64');
const encryption = { keyEnv: env };
const ring = keyringOf({ encryption }) as Keyring;
const purpose: TokenPurpose = {
  for: 'approve',
  ...{ run: 'life/a', step: 'shop', endpoint: 'shop', candidate: 'sha256:aa', round: 1 },
};

function identify(oidc: Partial<{ issuer: string; claim: string; jwks: string }> = {}) {
  const approvers = { oidc: { issuer, audience: 'sluice', ...oidc } };
  const activity = identifyActivity({ config: { approvers, encryption } });
  return (token?: string, at = Date.now()) =>
    activity({ token: token === undefined ? '' : sealToken(ring, token, purpose), purpose, at });
}

interface Wish {
  claims?: JWTPayload;
  key?: KeyPair['privateKey'];
  kid?: string | null;
  audience?: string;
  from?: string;
  expires?: number;
}

function token({
  claims = {},
  key = pair.privateKey,
  kid = 'one',
  audience = 'sluice',
  from = issuer,
  expires,
}: Wish = {}) {
  return new SignJWT({ email: 'ada@example.org', ...claims })
    .setProtectedHeader({ alg: 'RS256', ...(kid === null ? {} : { kid }) })
    .setIssuer(from)
    .setAudience(audience)
    .setExpirationTime(expires ?? Math.floor(Date.now() / 1000) + 600)
    .sign(key);
}

const refusal = (reason: string) => ({ code: 'DecisionRefused', permanent: true, data: { reason } });

test('the bearer is who the token says', async () => {
  expect(await identify()(await token())).toEqual({ by: 'ada@example.org' });
});

test('a token that came in clear is refused: whoever may read the history has it', async () => {
  const activity = identifyActivity({ config: { approvers: { oidc: { issuer, audience: 'sluice' } }, encryption } });
  await expect(activity({ token: await token(), purpose, at: Date.now() })).rejects.toMatchObject(refusal('in-clear'));
});

test('a token that was sealed for one decision serves for no other', async () => {
  const activity = identifyActivity({ config: { approvers: { oidc: { issuer, audience: 'sluice' } }, encryption } });
  const sealed = sealToken(ring, await token(), purpose);
  const others: TokenPurpose[] = [
    { ...purpose, for: 'override' } as TokenPurpose,
    { ...purpose, run: 'life/b' },
    { ...purpose, step: 'production' } as TokenPurpose,
    { ...purpose, endpoint: 'production' } as TokenPurpose,
    { ...purpose, candidate: 'sha256:bb' } as TokenPurpose,
    { ...purpose, round: 2 } as TokenPurpose,
    { for: 'start', run: 'life/a' },
  ];
  for (const other of others) {
    const asked = activity({ token: sealed, purpose: other, at: Date.now() });
    await expect(asked).rejects.toMatchObject(refusal('wrong-purpose'));
  }
});

test('a token that was valid when it was sent counts, however late a worker looks at it', async () => {
  const now = Date.now();
  const signed = await token({ expires: Math.floor(now / 1000) - 3600 });
  expect(await identify()(signed, now - 2 * 3_600_000)).toEqual({ by: 'ada@example.org' });
  await expect(identify()(signed, now)).rejects.toMatchObject(refusal('expired'));
});

test('another claim can name the bearer, and its text may be any script', async () => {
  const signed = await token({ claims: { preferred_username: '  Zoë 漢字 ' } });
  expect(await identify({ claim: 'preferred_username' })(signed)).toEqual({ by: 'Zoë 漢字' });
});

test('a token pasted with the word Bearer in front is taken', async () => {
  expect(await identify()(`Bearer ${await token()}\n`)).toEqual({ by: 'ada@example.org' });
});

test('the issuer is asked for its keys once, not for every decision', async () => {
  const ask = identify();
  await ask(await token());
  await ask(await token());
  expect(asked).toEqual(['/.well-known/openid-configuration', '/keys']);
});

test('a key set that is named in the config needs no discovery', async () => {
  await identify({ jwks: `${issuer}/keys` })(await token());
  expect(asked).toEqual(['/keys']);
});

test('no token, or something that is none, is refused without asking the issuer', async () => {
  await expect(identify()()).rejects.toMatchObject(refusal('no-token'));
  for (const text of ['ada', 'a.b.c', '🙂.🙂.🙂', `${'x'.repeat(100_000)}`]) {
    await expect(identify()(text)).rejects.toMatchObject(refusal('malformed'));
  }
  expect(asked).toEqual([]);
});

test('a signature by another key is refused', async () => {
  const other = await generateKeyPair('RS256');
  await expect(identify()(await token({ key: other.privateKey }))).rejects.toMatchObject(refusal('bad-signature'));
  await expect(identify()(await token({ key: other.privateKey, kid: 'two' }))).rejects.toMatchObject(
    refusal('unknown-key'),
  );
});

test('a token whose payload was changed after signing is refused', async () => {
  const [header, , signature] = (await token()).split('.');
  const forged = Buffer.from(JSON.stringify({ iss: issuer, aud: 'sluice', exp: 9e9, email: 'root' })).toString(
    'base64url',
  );
  await expect(identify()(`${header}.${forged}.${signature}`)).rejects.toMatchObject(refusal('bad-signature'));
});

test('unsigned tokens and tokens signed with the public key as a shared secret are refused', async () => {
  const claims = Buffer.from(JSON.stringify({ iss: issuer, aud: 'sluice', exp: 9e9, email: 'root' })).toString(
    'base64url',
  );
  const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
  await expect(identify()(`${none}.${claims}.`)).rejects.toMatchObject({ code: 'DecisionRefused' });
  const shared = await new SignJWT({ email: 'root' })
    .setProtectedHeader({ alg: 'HS256', kid: 'one' })
    .setIssuer(issuer)
    .setAudience('sluice')
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(JSON.stringify(published[0])));
  await expect(identify()(shared)).rejects.toMatchObject(refusal('bad-signature'));
});

test('an expired token is refused, one that expired within the clock tolerance is not', async () => {
  const now = Math.floor(Date.now() / 1000);
  await expect(identify()(await token({ expires: now - 120 }))).rejects.toMatchObject(refusal('expired'));
  expect(await identify()(await token({ expires: now - 20 }))).toEqual({ by: 'ada@example.org' });
});

test('a token for another audience, of another issuer, not valid yet or without an end is refused', async () => {
  await expect(identify()(await token({ audience: 'shop' }))).rejects.toMatchObject(refusal('wrong-audience'));
  await expect(identify()(await token({ from: 'https://evil.example' }))).rejects.toMatchObject(
    refusal('wrong-issuer'),
  );
  const later = Math.floor(Date.now() / 1000) + 300;
  await expect(identify()(await token({ claims: { nbf: later } }))).rejects.toMatchObject(refusal('not-yet-valid'));
  const endless = await new SignJWT({ email: 'x' })
    .setProtectedHeader({ alg: 'RS256', kid: 'one' })
    .setIssuer(issuer)
    .setAudience('sluice')
    .sign(pair.privateKey);
  await expect(identify()(endless)).rejects.toMatchObject(refusal('invalid'));
});

test('a token that does not name its bearer, or an address nobody verified, is refused', async () => {
  await expect(identify()(await token({ claims: { email: '' } }))).rejects.toMatchObject(refusal('no-claim'));
  await expect(identify()(await token({ claims: { email: 7 as never } }))).rejects.toMatchObject(refusal('no-claim'));
  await expect(identify()(await token({ claims: { email_verified: false } }))).rejects.toMatchObject(
    refusal('unverified-email'),
  );
});

test('a token that does not name its key is tried against each of the issuer’s', async () => {
  const other = await generateKeyPair('RS256');
  published.unshift({ ...(await exportJWK(other.publicKey)), kid: 'zero', alg: 'RS256' });
  expect(await identify()(await token({ kid: null }))).toEqual({ by: 'ada@example.org' });
  const stranger = await generateKeyPair('RS256');
  await expect(identify()(await token({ kid: null, key: stranger.privateKey }))).rejects.toMatchObject(
    refusal('bad-signature'),
  );
});

test('an issuer that does not answer is to be tried again, and is asked again', async () => {
  const { port } = server.address() as AddressInfo;
  const signed = await token();
  const ask = identify();
  await new Promise((resolve) => server.close(resolve));
  await expect(ask(signed)).rejects.toMatchObject({ code: 'Unreachable', permanent: false });
  await listen(port);
  expect(await ask(signed)).toEqual({ by: 'ada@example.org' });
});

test('an issuer that calls itself something else, or comes without encryption, is a mistake in the config', async () => {
  const slash = `${issuer}/`;
  await expect(identify({ issuer: slash })(await token({ from: slash }))).rejects.toMatchObject({
    code: 'InvalidConfig',
  });
  const plain = 'http://login.example.org';
  await expect(identify({ issuer: plain })(await token({ from: plain }))).rejects.toMatchObject({
    code: 'InvalidConfig',
    message: expect.stringContaining('https'),
  });
});

test('no error repeats the token', async () => {
  const signed = await token({ audience: 'shop' });
  const error = await identify()(signed).catch((reason: Error) => reason);
  const { message, fix, data } = error as Error & { fix: string; data: unknown };
  expect(JSON.stringify([message, fix, data])).not.toContain(signed.slice(0, 40));
});
