// The life of a user, of a role and of a policy; what each change means shows in the next call.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import * as iam from '@aws-sdk/client-iam';
import { ACCOUNT, ALICE, BOB, World, refused, role, session, whoIs } from './world.mjs';

const world = new World();
before(() => world.begin());
after(() => world.end());
beforeEach(() => world.reset());

const call = (name, params, credentials = ALICE) => world.iam(credentials).send(new iam[`${name}Command`](params));
const allow = (action, resource = '*') =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: resource }] });
const fresh = (date) => date instanceof Date && Math.abs(date - Date.now()) < 60_000;

test('a user comes, gets keys, changes them and goes', async () => {
  const UserName = 'carol';
  const { User } = await call('CreateUser', { UserName, Path: '/crew/', Tags: [{ Key: 'team', Value: 'blue' }] });
  assert.equal(User.Arn, `arn:aws:iam::${ACCOUNT}:user/crew/carol`);
  assert.ok(fresh(User.CreateDate));
  const { AccessKey } = await call('CreateAccessKey', { UserName });
  assert.ok(fresh(AccessKey.CreateDate));
  const carol = { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey };
  assert.equal(await whoIs(world.sts(carol)), User.Arn);
  const { AccessKeyLastUsed, UserName: owner } = await call('GetAccessKeyLastUsed', { AccessKeyId: carol.accessKeyId });
  assert.deepEqual([owner, AccessKeyLastUsed.ServiceName, fresh(AccessKeyLastUsed.LastUsedDate)], [UserName, 'sts', true]);

  await refused(call('ListUsers', {}, carol), 'AccessDenied', 403);
  await call('PutUserPolicy', { UserName, PolicyName: 'look', PolicyDocument: allow('iam:ListUsers') });
  const { Users, IsTruncated } = await call('ListUsers', {}, carol);
  assert.deepEqual([Users.map((user) => user.UserName), IsTruncated], [['alice', 'bob', 'carol'], false]);
  const { PolicyDocument } = await call('GetUserPolicy', { UserName, PolicyName: 'look' });
  assert.equal(JSON.parse(decodeURIComponent(PolicyDocument)).Statement[0].Action, 'iam:ListUsers');

  await call('UpdateAccessKey', { UserName, AccessKeyId: carol.accessKeyId, Status: 'Inactive' });
  await refused(whoIs(world.sts(carol)), 'InvalidClientTokenId', 403);
  await refused(call('DeleteUser', { UserName }), iam.DeleteConflictException, 409);
  await call('DeleteAccessKey', { UserName, AccessKeyId: carol.accessKeyId });
  await call('DeleteUserPolicy', { UserName, PolicyName: 'look' });
  await call('DeleteUser', { UserName });
  await refused(call('GetUser', { UserName }), iam.NoSuchEntityException, 404);
});

test('a role comes, is assumed, trusts somebody else and goes', async () => {
  const trust = (who) =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: who }, Action: 'sts:AssumeRole' }] });
  const RoleName = 'made';
  const alice = `arn:aws:iam::${ACCOUNT}:user/alice`;
  const { Role } = await call('CreateRole', { RoleName, AssumeRolePolicyDocument: trust(alice), MaxSessionDuration: 7200 });
  assert.deepEqual([Role.Arn, Role.RoleId.slice(0, 4), fresh(Role.CreateDate)], [role(RoleName), 'AROA', true]);
  const own = await world.assumed(ALICE, RoleName, { DurationSeconds: 7200 });
  assert.equal(await whoIs(world.sts(own)), session(RoleName, 'ci'));
  await refused(call('ListRoles', {}, own), 'AccessDenied', 403);
  const { Policy } = await call('CreatePolicy', { PolicyName: 'look', PolicyDocument: allow('iam:ListRoles') });
  await call('AttachRolePolicy', { RoleName, PolicyArn: Policy.Arn });
  assert.ok((await call('ListRoles', {}, own)).Roles.some((one) => one.RoleName === RoleName));

  const { PolicyVersion } = await call('CreatePolicyVersion', { PolicyArn: Policy.Arn, PolicyDocument: allow('s3:*'), SetAsDefault: true });
  assert.deepEqual([PolicyVersion.VersionId, PolicyVersion.IsDefaultVersion], ['v2', true]);
  await refused(call('ListRoles', {}, own), 'AccessDenied', 403);
  await call('UpdateAssumeRolePolicy', { RoleName, PolicyDocument: trust(`arn:aws:iam::${ACCOUNT}:user/bob`) });
  await refused(world.assumed({ ...BOB }, 'open'), 'AccessDenied', 403);

  await refused(call('DeletePolicy', { PolicyArn: Policy.Arn }), iam.DeleteConflictException, 409);
  await call('DetachRolePolicy', { RoleName, PolicyArn: Policy.Arn });
  await call('DeletePolicyVersion', { PolicyArn: Policy.Arn, VersionId: 'v1' });
  await call('DeletePolicy', { PolicyArn: Policy.Arn });
  await call('DeleteRole', { RoleName });
  await refused(world.assumed(ALICE, RoleName), 'AccessDenied', 403);
});

test('pages of users follow each other', async () => {
  for (let n = 0; n < 7; n += 1) await call('CreateUser', { UserName: `many-${n}`, Path: '/many/' });
  const names = [];
  const pages = iam.paginateListUsers({ client: world.iam(ALICE), pageSize: 3 }, { PathPrefix: '/many/' });
  let count = 0;
  for await (const page of pages) {
    count += 1;
    names.push(...page.Users.map((user) => user.UserName));
  }
  assert.deepEqual([names, count], [Array.from({ length: 7 }, (_, n) => `many-${n}`), 3]);
});
