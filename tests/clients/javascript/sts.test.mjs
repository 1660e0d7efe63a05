// Each action of STS that is served, once as it goes well; the answers are read as the SDK reads them.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import * as sts from '@aws-sdk/client-sts';
import { ACCOUNT, ALICE, ALICE_ARN, AUDITED, BOB, BOB_ARN, HOUR, MAIN, World, eventually, keys, refused, role, session, whoIs } from './world.mjs';

const world = new World();
before(() => world.begin());
after(() => world.end());
beforeEach(() => world.reset());

const call = (credentials, name, params, more) => world.sts(credentials, more).send(new sts[`${name}Command`](params));
const NOBODY = { accessKeyId: 'nobody', secretAccessKey: 'nothing' };

/** Credentials that are whole, and end after this many seconds. */
function lasting({ Credentials }, seconds) {
  assert.match(Credentials.AccessKeyId, /^ASIA[A-Z2-7]{16}$/);
  assert.equal(Credentials.SecretAccessKey.length, 40);
  assert.ok(Credentials.Expiration instanceof Date);
  assert.ok(Math.abs(Credentials.Expiration - Date.now() - seconds * 1000) < 10_000, String(Credentials.Expiration));
  return keys(Credentials);
}

test('GetCallerIdentity', async () => {
  const answer = await call(BOB, 'GetCallerIdentity', {});
  assert.deepEqual([answer.Account, answer.Arn, answer.UserId.slice(0, 4)], [ACCOUNT, BOB_ARN, 'AIDA']);
  assert.match(answer.$metadata.requestId, /^[0-9a-f-]{36}$/);
});

test('AssumeRole, with all that can be said', async () => {
  const more = { DurationSeconds: 900, SourceIdentity: 'Alice', Tags: [{ Key: 'team', Value: 'blü =+@' }], TransitiveTagKeys: ['team'] };
  const answer = await call(ALICE, 'AssumeRole', { RoleArn: role('open'), RoleSessionName: 'a=b@c.d', ...more });
  const own = lasting(answer, 900);
  assert.equal(answer.AssumedRoleUser.Arn, session('open', 'a=b@c.d'));
  assert.match(answer.AssumedRoleUser.AssumedRoleId, /^AROA[A-Z2-7]+:a=b@c\.d$/);
  assert.equal(answer.SourceIdentity, 'Alice');
  assert.ok(answer.PackedPolicySize > 0);
  assert.equal(await whoIs(world.sts(own)), session('open', 'a=b@c.d'));
});

test('AssumeRole with a code of a second factor', async () => {
  const SerialNumber = `arn:aws:iam::${ACCOUNT}:mfa/alice-phone`;
  const shown = await (await fetch(`${world.companion}/_admin/v1/mfa?serialNumber=${SerialNumber}`)).json();
  const params = { RoleArn: role('open'), RoleSessionName: 'ci', SerialNumber };
  lasting(await call(ALICE, 'AssumeRole', { ...params, TokenCode: shown.code }), HOUR);
  await refused(call(ALICE, 'AssumeRole', { ...params, TokenCode: shown.code }), 'AccessDenied', 403, /^MultiFactorAuthentication failed/);
});

test('AssumeRoleWithWebIdentity', async () => {
  const params = { RoleArn: role('builder'), RoleSessionName: 'ci', WebIdentityToken: await world.token() };
  const answer = await call(NOBODY, 'AssumeRoleWithWebIdentity', params);
  lasting(answer, HOUR);
  assert.deepEqual([answer.SubjectFromWebIdentityToken, answer.Audience], [MAIN, 'sts.amazonaws.com']);
  assert.equal(answer.Provider, `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com`);
});

test('AssumeRoleWithSAML', async () => {
  const PrincipalArn = `arn:aws:iam::${ACCOUNT}:saml-provider/demo`;
  const params = { RoleArn: role('analyst'), PrincipalArn, SAMLAssertion: await world.assertion() };
  const answer = await call(NOBODY, 'AssumeRoleWithSAML', params);
  lasting(answer, HOUR);
  assert.deepEqual([answer.Subject, answer.Audience], ['alice', 'https://signin.aws.amazon.com/saml']);
  const other = { ...params, RoleArn: role('builder'), SAMLAssertion: await world.assertion() };
  await refused(call(NOBODY, 'AssumeRoleWithSAML', other), sts.InvalidIdentityTokenException, 400, /doesn't contain the requested Role/);
});

test('AssumeRoot', async () => {
  const params = { TargetPrincipal: AUDITED, TaskPolicyArn: { arn: 'arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials' } };
  const own = lasting(await call(ALICE, 'AssumeRoot', params), 900);
  assert.equal(await whoIs(world.sts(own)), `arn:aws:iam::${AUDITED}:root`);
  await refused(call(BOB, 'AssumeRoot', params), 'AccessDenied', 403);
});

test('GetSessionToken and GetFederationToken', async () => {
  const own = lasting(await call(BOB, 'GetSessionToken', {}), 12 * HOUR);
  assert.equal(await whoIs(world.sts(own)), BOB_ARN);
  const Policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}';
  const answer = await call(ALICE, 'GetFederationToken', { Name: 'guest', Policy });
  const federated = lasting(answer, 12 * HOUR);
  assert.equal(answer.FederatedUser.Arn, `arn:aws:sts::${ACCOUNT}:federated-user/guest`);
  assert.equal(await whoIs(world.sts(federated)), answer.FederatedUser.Arn);
  await refused(call(BOB, 'GetFederationToken', { Name: 'guest' }), 'AccessDenied', 403);
});

test('GetAccessKeyInfo', async () => {
  const { accessKeyId } = await world.assumed(BOB, 'reader');
  assert.equal((await call(ALICE, 'GetAccessKeyInfo', { AccessKeyId: accessKeyId })).Account, ACCOUNT);
});

test('DecodeAuthorizationMessage', async () => {
  await refused(call(BOB, 'AssumeRole', { RoleArn: role('open'), RoleSessionName: 'ci' }), 'AccessDenied', 403);
  const EncodedMessage = await eventually(() => world.said().match(/encoded_message=(\S+)\s*$/)?.[1]);
  const { DecodedMessage } = await call(ALICE, 'DecodeAuthorizationMessage', { EncodedMessage });
  const { allowed, context } = JSON.parse(DecodedMessage);
  assert.deepEqual([allowed, context.principal.arn, context.action], [false, BOB_ARN, 'sts:AssumeRole']);
  await refused(call(BOB, 'DecodeAuthorizationMessage', { EncodedMessage }), 'AccessDenied', 403);
});

test('GetWebIdentityToken', async () => {
  const params = { Audience: ['https://them.example'], SigningAlgorithm: 'ES384', Tags: [{ Key: 'team', Value: 'blue' }] };
  const { WebIdentityToken, Expiration } = await call(ALICE, 'GetWebIdentityToken', params);
  const claims = JSON.parse(Buffer.from(WebIdentityToken.split('.')[1], 'base64url'));
  assert.deepEqual([claims.sub, claims.aud, claims.exp], [ALICE_ARN, 'https://them.example', Math.floor(Expiration / 1000)]);
  await refused(call(BOB, 'GetWebIdentityToken', params), 'AccessDenied', 403);
});

test('an action that is not served', async () => {
  await refused(call(ALICE, 'GetDelegatedAccessToken', { TradeInToken: 'x'.repeat(10) }), 'InvalidAction', 400);
});

for (const minutes of [-14, 14]) {
  test(`a clock that is ${minutes} minutes wrong is forgiven`, async () => {
    assert.equal(await whoIs(world.sts(ALICE, { systemClockOffset: minutes * 60_000 })), ALICE_ARN);
  });
}

for (const minutes of [-60, 60]) {
  test(`a clock that is ${minutes} minutes wrong is refused once, and put right by the answer`, async () => {
    const client = world.sts(ALICE, { systemClockOffset: minutes * 60_000 });
    await refused(whoIs(client), 'SignatureDoesNotMatch', 403, /^Signature (expired|not yet current): /);
    assert.equal(await whoIs(client), ALICE_ARN);
  });
}
