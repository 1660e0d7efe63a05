// Credentials as they are fetched where an application runs on AWS: by a container, a pod and an instance.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { World, application, eventually, role, whoIs } from './world.mjs';

const world = new World();
before(() => world.begin());
after(() => world.end());
beforeEach(() => world.reset());

const as = (name) => new RegExp(`^arn:aws:sts::123456789012:assumed-role/${name}/`);
const full = (path, more) => world.environment({ AWS_CONTAINER_CREDENTIALS_FULL_URI: world.delivery + path, ...more });

test('a container with its token in the environment, and in a file', async () => {
  full('/creds/worker', { AWS_CONTAINER_AUTHORIZATION_TOKEN: 'let-me-in' });
  const client = application();
  assert.match(await whoIs(client), as('worker'));
  const { accountId, expiration } = await client.config.credentials();
  assert.equal(accountId ?? '123456789012', role('worker').split(':')[4]);
  assert.ok(Math.abs(expiration - Date.now() - 6 * 3600_000) < 60_000);
  full('/creds/worker', { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: world.file('let-me-in') });
  assert.match(await whoIs(application()), as('worker'));
});

test('a token in a file counts for more than one in the environment', async () => {
  const file = world.file('let-me-in');
  full('/creds/worker', { AWS_CONTAINER_AUTHORIZATION_TOKEN: 'wrong', AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file });
  assert.match(await whoIs(application()), as('worker'));
});

test('a container with a wrong token, or without one', async () => {
  full('/creds/worker', { AWS_CONTAINER_AUTHORIZATION_TOKEN: 'wrong' });
  await assert.rejects(whoIs(application()), { name: 'CredentialsProviderError' });
  full('/creds/worker');
  await assert.rejects(whoIs(application()), { name: 'CredentialsProviderError' });
});

test('a pod', async () => {
  full('/v1/credentials', { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: world.file('pod-token') });
  assert.match(await whoIs(application()), as('pod'));
});

test('credentials of a container are fetched anew before they end', async () => {
  full('/creds/hurried');
  const client = application();
  assert.match(await whoIs(client), as('worker'));
  const { accessKeyId } = await client.config.credentials();
  await world.advance(50);
  await eventually(async () => (await client.config.credentials()).accessKeyId !== accessKeyId);
  await world.advance(20);
  assert.match(await whoIs(client), as('worker'));
});

test('an instance', async () => {
  world.environment({ AWS_EC2_METADATA_SERVICE_ENDPOINT: world.delivery, AWS_EC2_METADATA_DISABLED: 'false' });
  assert.match(await whoIs(application()), as('worker'));
});
