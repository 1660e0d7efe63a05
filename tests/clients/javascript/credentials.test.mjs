// Every way to credentials that leads here, allowed and denied.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { fromTemporaryCredentials, fromTokenFile, fromWebToken } from '@aws-sdk/credential-providers';
import { ExpiredTokenException } from '@aws-sdk/client-sts';
import { ALICE, ALICE_ARN, BOB, BOB_ARN, RETIRED, World, application, refused, role, session, whoIs } from './world.mjs';

const world = new World();
before(() => world.begin());
after(() => world.end());
beforeEach(() => world.reset());

const variables = ({ accessKeyId, secretAccessKey, sessionToken }) => ({
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  ...(sessionToken && { AWS_SESSION_TOKEN: sessionToken }),
});

const PROFILES = `
[profile bob]
aws_access_key_id = ${BOB.accessKeyId}
aws_secret_access_key = ${BOB.secretAccessKey}

[profile reader]
source_profile = bob
role_arn = ${role('reader')}
role_session_name = monthly

[profile next]
source_profile = reader
role_arn = ${role('next')}
role_session_name = release

[profile partner]
source_profile = bob
role_arn = ${role('partner')}
role_session_name = exchange
external_id = partner-7f3a

[profile stranger]
source_profile = bob
role_arn = ${role('partner')}
external_id = somebody-else
`;

const profile = (name, text = PROFILES) => world.environment({ AWS_CONFIG_FILE: world.file(text), AWS_PROFILE: name });

test('keys in the environment', async () => {
  world.environment(variables(ALICE));
  assert.equal(await whoIs(application()), ALICE_ARN);
  world.environment(variables(await world.assumed(BOB, 'reader')));
  assert.equal(await whoIs(application()), session('reader', 'ci'));
});

test('keys that are wrong, switched off or nobody’s', async () => {
  world.environment(variables({ ...ALICE, secretAccessKey: BOB.secretAccessKey }));
  await refused(whoIs(application()), 'SignatureDoesNotMatch', 403);
  world.environment(variables(RETIRED));
  await refused(whoIs(application()), 'InvalidClientTokenId', 403);
  world.environment(variables({ ...(await world.assumed(BOB, 'reader')), sessionToken: 'nonsense' }));
  await refused(whoIs(application()), 'InvalidClientTokenId', 403);
});

test('keys in the file of credentials', async () => {
  const text = `[default]\naws_access_key_id = ${BOB.accessKeyId}\naws_secret_access_key = ${BOB.secretAccessKey}\n`;
  world.environment({ AWS_SHARED_CREDENTIALS_FILE: world.file(text) });
  assert.equal(await whoIs(application()), BOB_ARN);
});

for (const [name, arn] of [
  ['reader', session('reader', 'monthly')],
  ['next', session('next', 'release')],
]) {
  test(`a profile with a role: ${name}`, async () => {
    profile(name);
    const client = application();
    assert.equal(await whoIs(client), arn);
    const { accountId, credentialScope } = await client.config.credentials();
    assert.deepEqual([accountId, credentialScope], ['123456789012', undefined]);
  });
}

test('a profile with an external id, and with a wrong one', async () => {
  profile('partner');
  assert.equal(await whoIs(application()), session('partner', 'exchange'));
  profile('stranger');
  await refused(whoIs(application()), 'AccessDenied', 403, /^User: .*user\/bob is not authorized to perform: sts:AssumeRole/);
});

test('a profile whose section of services has the endpoint', async () => {
  const services = `\n[services local]\nsts =\n  endpoint_url = ${world.aws}\n`;
  profile('reader', PROFILES.replace('[profile reader]', '[profile reader]\nservices = local') + services);
  delete process.env.AWS_ENDPOINT_URL_STS;
  assert.equal(await whoIs(application()), session('reader', 'monthly'));
});

test('a token file in the environment, and in a profile', async () => {
  const file = world.file(await world.token());
  world.environment({ AWS_ROLE_ARN: role('builder'), AWS_ROLE_SESSION_NAME: 'build', AWS_WEB_IDENTITY_TOKEN_FILE: file });
  assert.equal(await whoIs(application()), session('builder', 'build'));
  profile('web', `[profile web]\nrole_arn = ${role('builder')}\nweb_identity_token_file = ${file}\nrole_session_name = file\n`);
  assert.equal(await whoIs(application()), session('builder', 'file'));
});

test('a token file by its provider, and a token without a file', async () => {
  const [webIdentityToken, how] = [await world.token(), { roleArn: role('builder'), roleSessionName: 'by-hand' }];
  const webIdentityTokenFile = world.file(webIdentityToken);
  const byFile = application({ credentials: fromTokenFile({ ...how, webIdentityTokenFile }) });
  assert.equal(await whoIs(byFile), session('builder', 'by-hand'));
  const byHand = application({ credentials: fromWebToken({ ...how, webIdentityToken }) });
  assert.equal(await whoIs(byHand), session('builder', 'by-hand'));
});

test('a token of another branch, and one that is over', async () => {
  const web = async (token) => {
    const file = world.file(await token);
    world.environment({ AWS_ROLE_ARN: role('builder'), AWS_ROLE_SESSION_NAME: 'build', AWS_WEB_IDENTITY_TOKEN_FILE: file });
    return whoIs(application());
  };
  const other = world.token({ sub: 'repo:acme/shop:ref:refs/heads/other' });
  await refused(web(other), 'AccessDenied', 403, /^Not authorized to perform sts:AssumeRoleWithWebIdentity$/);
  await refused(web(world.token({ defect: 'expired' })), ExpiredTokenException, 400, /^Token expired: /);
});

test('temporary credentials from a provider, with a policy of their own', async () => {
  const Policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}';
  const params = { RoleArn: role('reader'), RoleSessionName: 'narrow' };
  const narrow = application({ credentials: fromTemporaryCredentials({ masterCredentials: BOB, params: { ...params, Policy } }) });
  assert.equal(await whoIs(narrow), session('reader', 'narrow'));
  const wide = application({ credentials: fromTemporaryCredentials({ masterCredentials: BOB, params }) });
  const go = (client) => fromTemporaryCredentials({ masterCredentials: client.config.credentials, params: { ...params, RoleArn: role('next') } })();
  assert.ok((await go(wide)).sessionToken);
  await refused(go(narrow), 'AccessDenied', 403);
});
