// An OpenID provider on loopback: the certified library `oidc-provider`, with keys that can be turned over.

import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const KINDS = {
  RS256: ['rsa', { modulusLength: 2048 }],
  ES256: ['ec', { namedCurve: 'P-256' }],
  ES384: ['ec', { namedCurve: 'P-384' }],
  ES512: ['ec', { namedCurve: 'P-521' }],
};
const RSA = ['RS256', 'RS384', 'RS512'];
export const ALGORITHMS = [...RSA, 'ES256', 'ES384', 'ES512'];
export const CALLBACK = 'http://127.0.0.1/callback';

/** A private key for an algorithm, as a JWK. */
export function key(algorithm, kid) {
  const [type, options] = KINDS[RSA.includes(algorithm) ? 'RS256' : algorithm];
  return { ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), kid, use: 'sig' };
}

/** A client for each algorithm, by its name: public ones, so PKCE is all that protects their codes. */
function client(algorithm) {
  return {
    client_id: `app-${algorithm}`,
    application_type: 'native',
    grant_types: ['authorization_code'],
    id_token_signed_response_alg: algorithm,
    redirect_uris: [CALLBACK],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
}

export class OpenIdProvider {
  asked = [];
  #handle;
  #server = createServer((request, response) => {
    this.asked.push(request.url.split('?')[0]);
    this.#handle(request, response);
  });

  async start(keys) {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.url = `http://127.0.0.1:${this.#server.address().port}`;
    this.show(keys);
    return this;
  }

  /** From now on it has these keys, and signs with the first that fits. */
  show(keys) {
    const provider = new Provider(this.url, {
      clients: ALGORITHMS.filter((algorithm) => keys.some((key) => fits(key, algorithm))).map(client),
      jwks: { keys },
      enabledJWA: { idTokenSigningAlgValues: ALGORITHMS },
      findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    });
    this.#handle = provider.callback();
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

function fits(key, algorithm) {
  const curve = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[algorithm];
  return key.crv === curve && key.kty === (curve ? 'EC' : 'RSA');
}
