import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** An identity provider on loopback, whose tokens are real. */
export interface Issuer {
  readonly url: string;
  /** A signed token that says who its bearer is. */
  token(email: string): Promise<string>;
  close(): Promise<void>;
}

export async function startIssuer(): Promise<Issuer> {
  const pair = await generateKeyPair('RS256');
  const keys = [{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256' }];
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    const discovery = request.url === '/.well-known/openid-configuration';
    response.end(JSON.stringify(discovery ? { issuer: url, jwks_uri: `${url}/keys` } : { keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    token: (email) =>
      new SignJWT({ email })
        .setProtectedHeader({ alg: 'RS256', kid: 'one' })
        .setIssuer(url)
        .setAudience('sluice')
        .setExpirationTime('10 minutes')
        .sign(pair.privateKey),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
