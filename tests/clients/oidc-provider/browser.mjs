// Somebody at a browser, who logs in and agrees: the authorization code flow with PKCE, to the ID token.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { CALLBACK } from './provider.mjs';

/** The ID token of `login` for a client. */
export async function idToken(issuer, client, login) {
  const found = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const query = new URLSearchParams({
    client_id: client,
    redirect_uri: CALLBACK,
    response_type: 'code',
    scope: 'openid',
    code_challenge: challenge,
    code_challenge_method: 'S256',
  });
  const code = await authorize(`${found.authorization_endpoint}?${query}`, login);
  const grant = { grant_type: 'authorization_code', client_id: client, redirect_uri: CALLBACK };
  const body = new URLSearchParams({ ...grant, code, code_verifier: verifier });
  const answer = await fetch(found.token_endpoint, { method: 'POST', body });
  assert.equal(answer.status, 200);
  return (await answer.json()).id_token;
}

/** Follows the provider's redirects, answers its two forms, and comes back with the code. */
async function authorize(start, login) {
  const cookies = new Map();
  const forms = [`prompt=login&login=${login}&password=any`, 'prompt=consent'];
  let request = [start, {}];
  for (let step = 0; step < 12; step += 1) {
    const [url, options] = request;
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
    const answer = await fetch(url, { ...options, redirect: 'manual', headers: { ...options.headers, cookie } });
    for (const set of answer.headers.getSetCookie()) {
      const [name, ...value] = set.split(';')[0].split('=');
      cookies.set(name, value.join('='));
    }
    const location = answer.headers.get('location');
    if (location?.startsWith(CALLBACK)) {
      return new URL(location).searchParams.get('code');
    }
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    request = location ? [new URL(location, url), {}] : [url, { method: 'POST', headers, body: forms.shift() }];
  }
  throw new Error('the provider goes round in circles');
}
