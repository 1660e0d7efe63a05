// Refusals arrive as the classes that the SDK has for them.

import { randomBytes } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import * as iam from '@aws-sdk/client-iam';
import * as sts from '@aws-sdk/client-sts';
import { ALICE, AUDITED, BOB, BOB_ARN, World, keys, refused, role } from './world.mjs';

const world = new World();
before(() => world.begin());
after(() => world.end());
beforeEach(() => world.reset());

const OPEN = { RoleArn: role('open'), RoleSessionName: 'ci' };
const assume = (more, client = world.sts(ALICE)) => client.send(new sts.AssumeRoleCommand({ ...OPEN, ...more }));
const nobody = () => world.sts({ accessKeyId: 'nobody', secretAccessKey: 'nothing' });

async function bearer(order, more = {}) {
  const WebIdentityToken = await world.token(order);
  const params = { RoleArn: role('builder'), RoleSessionName: 'ci', WebIdentityToken, ...more };
  return nobody().send(new sts.AssumeRoleWithWebIdentityCommand(params));
}

test('MalformedPolicyDocumentException', async () => {
  await refused(assume({ Policy: '{' }), sts.MalformedPolicyDocumentException, 400);
});

test('PackedPolicyTooLargeException', async () => {
  const Tags = Array.from({ length: 50 }, (_, n) => ({ Key: `key-${n}`, Value: randomBytes(128).toString('hex') }));
  await refused(assume({ Tags }), sts.PackedPolicyTooLargeException, 400, /^Packed size of session tags consumes \d+% of allotted space\.$/);
});

test('RegionDisabledException', async () => {
  const client = world.sts(ALICE, { region: 'sa-east-1' });
  await refused(assume({ RoleArn: role('auditor', AUDITED) }, client), sts.RegionDisabledException, 403, /^STS is not activated/);
});

test('ExpiredTokenException, InvalidIdentityTokenException and IDPRejectedClaimException', async () => {
  await refused(bearer({ defect: 'expired' }), sts.ExpiredTokenException, 400);
  await refused(bearer({ defect: 'bad-signature' }), sts.InvalidIdentityTokenException, 400);
  await refused(bearer({ defect: 'unsigned' }), sts.InvalidIdentityTokenException, 400);
  await refused(bearer({}, { ProviderId: 'graph.facebook.com' }), sts.IDPRejectedClaimException, 403);
});

test('InvalidAuthorizationMessageException', async () => {
  const asked = world.sts(ALICE).send(new sts.DecodeAuthorizationMessageCommand({ EncodedMessage: 'AAAA' }));
  await refused(asked, sts.InvalidAuthorizationMessageException, 400);
});

test('SessionDurationEscalationException and OutboundWebIdentityFederationDisabledException', async () => {
  const token = (credentials, more) =>
    world.sts(credentials).send(new sts.GetWebIdentityTokenCommand({ Audience: ['them'], SigningAlgorithm: 'RS256', ...more }));
  const short = await world.assumed(ALICE, 'open', { DurationSeconds: 900 });
  const own = keys((await world.sts(ALICE).send(new sts.GetSessionTokenCommand({ DurationSeconds: 900 }))).Credentials);
  await refused(token(short), 'AccessDenied', 403);
  await refused(token(own, { DurationSeconds: 3600 }), sts.SessionDurationEscalationException, 403);
  await world.iam(ALICE).send(new iam.DisableOutboundWebIdentityFederationCommand());
  await refused(token(ALICE), sts.OutboundWebIdentityFederationDisabledException, 403);
});

test('codes without a class', async () => {
  await refused(assume({}, world.sts(BOB)), 'AccessDenied', 403, /^User: .*user\/bob is not authorized to perform: sts:AssumeRole on resource: /);
  await refused(assume({ RoleSessionName: 'a b' }), 'ValidationError', 400);
  await refused(assume({ DurationSeconds: 43201 }), 'ValidationError', 400);
});

test('of IAM: NoSuchEntityException, EntityAlreadyExistsException, DeleteConflictException, LimitExceededException', async () => {
  const client = world.iam(ALICE);
  const go = (name, params) => client.send(new iam[`${name}Command`](params));
  await refused(go('GetUser', { UserName: 'nobody' }), iam.NoSuchEntityException, 404, /^The user with name nobody cannot be found\.$/);
  await refused(go('CreateUser', { UserName: 'bob' }), iam.EntityAlreadyExistsException, 409);
  await refused(go('DeleteUser', { UserName: 'bob' }), iam.DeleteConflictException, 409);
  await refused(go('CreateAccessKey', { UserName: 'bob' }), iam.LimitExceededException, 409);
  const put = { UserName: 'bob', PolicyName: 'bad', PolicyDocument: '{"Version":"2012-10-17"}' };
  await refused(go('PutUserPolicy', put), iam.MalformedPolicyDocumentException, 400);
  const trust = { RoleName: 'reader', PolicyDocument: '{' };
  await refused(go('UpdateAssumeRolePolicy', trust), iam.MalformedPolicyDocumentException, 400);
  await refused(go('UpdateAccessKey', { AccessKeyId: BOB.accessKeyId, Status: 'Gone' }), 'ValidationError', 400);
});

test('of IAM: AccessDenied', async () => {
  const asked = world.iam(BOB).send(new iam.GetUserCommand({ UserName: 'alice' }));
  const text = `User: ${BOB_ARN} is not authorized to perform: iam:GetUser on resource: user alice because no identity-based policy`;
  await refused(asked, 'AccessDenied', 403, new RegExp(`^${text} allows the iam:GetUser action$`));
});
