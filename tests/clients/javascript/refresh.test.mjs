// Credentials over time. The service's clock is set so that the sessions which it opens end soon by the machine's.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { BOB, HOUR, World, application, eventually, refused, role, session, whoIs } from './world.mjs';

const world = new World();
before(() => world.begin());
after(() => world.end());
beforeEach(() => world.reset());

const PROVIDERS = {
  async 'a profile with a role'() {
    const bob = `[profile bob]\naws_access_key_id = ${BOB.accessKeyId}\naws_secret_access_key = ${BOB.secretAccessKey}\n`;
    const reader = `[profile reader]\nsource_profile = bob\nrole_arn = ${role('reader')}\nrole_session_name = ci\n`;
    world.environment({ AWS_CONFIG_FILE: world.file(bob + reader), AWS_PROFILE: 'reader' });
    return [application(), session('reader', 'ci')];
  },
  async 'a token file'() {
    const file = world.file(await world.token({ lifetimeSeconds: 3 * HOUR }));
    world.environment({ AWS_ROLE_ARN: role('builder'), AWS_ROLE_SESSION_NAME: 'ci', AWS_WEB_IDENTITY_TOKEN_FILE: file });
    return [application(), session('builder', 'ci')];
  },
  async 'a provider of temporary credentials'() {
    const params = { RoleArn: role('reader'), RoleSessionName: 'ci' };
    return [application({ credentials: fromTemporaryCredentials({ masterCredentials: BOB, params }) }), session('reader', 'ci')];
  },
};

const keyOf = async (client) => (await client.config.credentials()).accessKeyId;

for (const [name, make] of Object.entries(PROVIDERS)) {
  test(`credentials are kept while they are good: ${name}`, async () => {
    await world.sessionsEndIn(6 * 60);
    const [client, arn] = await make();
    assert.equal(await whoIs(client), arn);
    const first = await keyOf(client);
    assert.equal(await whoIs(client), arn);
    assert.equal(await keyOf(client), first);
  });

  test(`credentials are replaced in their last five minutes, and so outlive their end: ${name}`, async () => {
    await world.sessionsEndIn(4 * 60);
    const [client, arn] = await make();
    assert.equal(await whoIs(client), arn);
    const first = await keyOf(client);
    await world.advance(4 * 60);
    // The chain of an application fetches beside the work, and hands out the old ones until then.
    const second = await eventually(async () => {
      const { accessKeyId, expiration } = await client.config.credentials();
      return expiration - Date.now() > 5 * 60_000 && accessKeyId;
    });
    assert.notEqual(second, first);
    await world.advance(HOUR - 60);
    assert.equal(await whoIs(client), arn);
    assert.equal(await keyOf(client), second);
  });

  test(`credentials that end before their time are refused as expired: ${name}`, async () => {
    const [client, arn] = await make();
    assert.equal(await whoIs(client), arn);
    await world.advance(HOUR);
    await refused(whoIs(client), 'ExpiredToken', 403, /^The security token included in the request is expired$/);
  });
}
