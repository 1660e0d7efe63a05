// Tokens of an OpenID provider that is not ours, taken by the SDK for JavaScript.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, before, mock, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { idToken } from './browser.mjs';
import { ALGORITHMS, OpenIdProvider, key } from './provider.mjs';
import { Service } from './service.mjs';

const ACCOUNT = '123456789012';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/web`;
const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/web/alice`;
const NO_KEY = /^Couldn't retrieve verification key from your identity provider,  please reference/;
const NOT_VALIDATED = /^The web identity token provided could not be validated\. See /;
const NOT_AUTHORIZED = /^Not authorized to perform sts:AssumeRoleWithWebIdentity$/;

// The application that signs in this way is not registered with the role's account.
const STRANGER = 'RS512';
const REGISTERED = ALGORITHMS.filter((algorithm) => algorithm !== STRANGER);

const directory = mkdtempSync(`${tmpdir()}/oidc-provider-`);
const first = ['RS256', 'ES256', 'ES384', 'ES512'].map((algorithm) => key(algorithm, `${algorithm}-first`));
const provider = new OpenIdProvider();
const service = new Service();

before(async () => {
  for (const name of Object.keys(process.env).filter((name) => name.startsWith('AWS_'))) delete process.env[name];
  Object.assign(process.env, { AWS_REGION: 'eu-central-1', AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' });
  process.env.AWS_EC2_METADATA_DISABLED = 'true';
  await provider.start(first);
  const host = provider.url.replace('http://', '');
  const trust = {
    Effect: 'Allow',
    Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${host}` },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: { StringEquals: { [`${host}:sub`]: 'alice' } },
  };
  const clientIds = REGISTERED.map((algorithm) => `app-${algorithm}`);
  await service.start(directory, {
    accounts: [
      {
        id: ACCOUNT,
        oidcProviders: [{ url: provider.url, clientIds }],
        roles: [{ name: 'web', trust: { Version: '2012-10-17', Statement: [trust] } }],
      },
    ],
  });
  process.env.AWS_ENDPOINT_URL_STS = service.aws;
});

after(() => {
  provider.stop();
  service.stop();
  rmSync(directory, { recursive: true });
});

const login = (algorithm, name = 'alice') => idToken(provider.url, `app-${algorithm}`, name);

function assume(token) {
  const client = new STSClient({ maxAttempts: 1, credentials: { accessKeyId: 'nobody', secretAccessKey: 'nothing' } });
  return client.send(new AssumeRoleWithWebIdentityCommand({ RoleArn: ROLE, RoleSessionName: 'alice', WebIdentityToken: token }));
}

const refused = (token, name, message) => assert.rejects(() => assume(token), { name, message });

for (const algorithm of REGISTERED) {
  test(`a login is good for the role: ${algorithm}`, async () => {
    const answer = await assume(await login(algorithm));
    assert.equal(answer.AssumedRoleUser.Arn, SESSION);
    assert.deepEqual([answer.Audience, answer.SubjectFromWebIdentityToken], [`app-${algorithm}`, 'alice']);
  });
}

test('a login of somebody else is not, nor one for another application', async () => {
  await refused(await login('RS256', 'mallory'), 'AccessDenied', NOT_AUTHORIZED);
  await refused(await login(STRANGER), 'InvalidIdentityTokenException', NOT_VALIDATED);
});

test('a token with a changed name is refused', async () => {
  const [header, payload, signature] = (await login('RS256', 'mallory')).split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url'));
  const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'alice' })).toString('base64url');
  await refused(`${header}.${forged}.${signature}`, 'InvalidIdentityTokenException', NOT_VALIDATED);
});

test('keys are turned over while everything runs', async () => {
  const old = await login('RS256');
  const second = key('RS256', 'RS256-second');
  provider.show([second, ...first.slice(0, 1)]);
  const fresh = await login('RS256');
  assert.equal(JSON.parse(Buffer.from(fresh.split('.')[0], 'base64url')).kid, 'RS256-second');
  const answer = await eventually(() => assume(fresh), NO_KEY);
  assert.equal(answer.AssumedRoleUser.Arn, SESSION);
  assert.equal((await assume(old)).AssumedRoleUser.Arn, SESSION);

  provider.show([second]);
  const asked = provider.asked.length;
  for (let time = 0; time < 5; time += 1) await assume(fresh);
  assert.equal(provider.asked.length, asked, 'keys that are known are not asked for again');
});

test('an application becomes what its environment says, and takes the token that is there then', async () => {
  const file = `${directory}/token`;
  writeFileSync(file, await login('RS256'));
  Object.assign(process.env, { AWS_ROLE_ARN: ROLE, AWS_ROLE_SESSION_NAME: 'alice', AWS_WEB_IDENTITY_TOKEN_FILE: file });
  const client = new STSClient({ maxAttempts: 1 });
  const whoAmI = async () => (await client.send(new GetCallerIdentityCommand())).Arn;
  const keys = async () => (await client.config.credentials()).accessKeyId;
  assert.equal(await whoAmI(), SESSION);
  const before = await keys();
  assert.equal(await keys(), before);

  const hour = 3600;
  await service.advance(hour);
  mock.timers.enable({ apis: ['Date'], now: Date.now() + hour * 1000 });
  writeFileSync(file, await login('RS256'));
  assert.equal(await whoAmI(), SESSION);
  assert.notEqual(await keys(), before);
  mock.timers.reset();
});

/** Calls until it is answered; meanwhile it may be refused so, and no longer than a few seconds. */
async function eventually(call, message) {
  for (let tries = 0; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      assert.match(error.message, message);
      assert.ok(tries < 80, 'it was refused to the end');
      await pause(100);
    }
  }
}
