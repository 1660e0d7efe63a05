// Responses that samlify issued, taken by the SDK for JavaScript; those of the built-in identity provider, believed by samlify.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, before, test } from 'node:test';
import { AssumeRoleWithSAMLCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { CIPHER, ENTITY, IdentityProvider, PROVIDER, ROLE, SIGNATURE, SIGN_IN, TRANSPORT, believe, key } from './provider.mjs';
import { Service } from './service.mjs';

const ALICE = 'alice@example.test';
const SESSION = `arn:aws:sts::123456789012:assumed-role/analyst/${ALICE}`;
const DEMO = 'arn:aws:iam::123456789012:saml-provider/demo';
const BAD_SIGNATURE = ['InvalidIdentityTokenException', /^Response signature invalid$/];
const UNREADABLE = ['InvalidIdentityTokenException', /^Invalid base64 SAMLResponse \(Service: AWSOpenIdDiscoveryService; /];
const EXPIRED = ['ExpiredTokenException', /^Response has expired$/];
const STALE = ['ExpiredTokenException', /^Token must be redeemed within 5 minutes of issuance$/];

const directory = mkdtempSync(`${tmpdir()}/samlify-`);
const provider = new IdentityProvider();
const service = new Service();

const trust = {
  Effect: 'Allow',
  Principal: { Federated: PROVIDER },
  Action: 'sts:AssumeRoleWithSAML',
  Condition: { StringEquals: { 'SAML:aud': SIGN_IN, 'saml:sub': ALICE } },
};

before(async () => {
  for (const name of Object.keys(process.env).filter((name) => name.startsWith('AWS_'))) delete process.env[name];
  Object.assign(process.env, { AWS_REGION: 'eu-central-1', AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' });
  process.env.AWS_EC2_METADATA_DISABLED = 'true';
  await service.start(directory, {
    accounts: [
      {
        id: '123456789012',
        samlProviders: [
          { name: 'elsewhere', metadata: provider.metadata(), privateKeys: [key('provider-next'), key('provider')] },
          { name: 'demo', metadata: 'built-in' },
        ],
        roles: [{ name: 'analyst', trust: { Version: '2012-10-17', Statement: [trust] } }],
      },
    ],
  });
});

after(() => {
  service.stop();
  rmSync(directory, { recursive: true });
});

const client = (keys) => new STSClient({ maxAttempts: 1, endpoint: service.aws, credentials: keys });

function assume(xml) {
  const assertion = Buffer.from(xml).toString('base64');
  const nobody = client({ accessKeyId: 'nobody', secretAccessKey: 'nothing' });
  return nobody.send(new AssumeRoleWithSAMLCommand({ RoleArn: ROLE, PrincipalArn: PROVIDER, SAMLAssertion: assertion }));
}

const refused = (xml, [name, message]) => assert.rejects(() => assume(xml), { name, message });

function change(xml, old, now) {
  assert.ok(xml.includes(old), `${old} is not in ${xml}`);
  return xml.replace(old, () => now);
}

for (const method of ['RSA_SHA256', 'RSA_SHA512']) {
  for (const signsResponse of [false, true]) {
    test(`whoever samlify vouches for gets credentials: ${method}${signsResponse ? ', the Response signed too' : ''}`, async () => {
      const answer = await assume(await new IdentityProvider({ method: SIGNATURE[method] }).response({ signsResponse }));
      assert.equal(answer.AssumedRoleUser.Arn, SESSION);
      assert.deepEqual([answer.Subject, answer.Issuer, answer.Audience], [ALICE, ENTITY, SIGN_IN]);
      const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = answer.Credentials;
      const who = await client({ accessKeyId, secretAccessKey, sessionToken }).send(new GetCallerIdentityCommand());
      assert.equal(who.Arn, SESSION);
    });
  }
}

for (const cipher of ['AES_128', 'AES_256', 'AES_128_GCM']) {
  test(`what samlify encrypts is opened: ${cipher}`, async () => {
    const encrypting = new IdentityProvider({ cipher: CIPHER[cipher] });
    for (const signsResponse of [false, true]) {
      const xml = await encrypting.response({ signsResponse });
      assert.ok(xml.includes('EncryptedAssertion') && !xml.includes(ALICE), xml);
      assert.equal((await assume(xml)).Subject, ALICE);
    }
  });
}

test('weak ways to sign and to encrypt are not taken', async () => {
  await refused(await new IdentityProvider({ method: SIGNATURE.RSA_SHA1 }).response(), BAD_SIGNATURE);
  await refused(await new IdentityProvider({ method: SIGNATURE.RSA_SHA256_MGF1 }).response(), BAD_SIGNATURE);
  await refused(await new IdentityProvider({ cipher: CIPHER.AES_256, transport: TRANSPORT.RSA_1_5 }).response(), UNREADABLE);
});

test('nothing can be altered', async () => {
  for (const signsResponse of [false, true]) {
    const good = await provider.response({ signsResponse });
    await refused(change(good, `>${ALICE}</saml:NameID>`, '>mallory</saml:NameID>'), BAD_SIGNATURE);
    await refused(change(good, 'role/analyst,', 'role/admin,'), BAD_SIGNATURE);
    await refused(good.replaceAll(/NotOnOrAfter="20../g, 'NotOnOrAfter="2099'), BAD_SIGNATURE);
  }
  await refused(await new IdentityProvider({ name: 'stranger' }).response(), BAD_SIGNATURE);
  const wrongly = await new IdentityProvider({ name: 'stranger', cipher: CIPHER.AES_256 }).response();
  await refused(wrongly, BAD_SIGNATURE);
});

test('an audience of another service is taken, as AWS does, and somebody else than the trust policy names is not', async () => {
  assert.equal((await assume(await provider.response({ audience: 'urn:elsewhere' }))).Subject, ALICE);
  const denied = /^Not authorized to perform sts:AssumeRoleWithSAML$/;
  await refused(await provider.response({ name: 'mallory@example.test' }), ['AccessDenied', denied]);
});

test('a wrapped assertion is not believed', async () => {
  const good = await provider.response();
  const [assertion] = good.match(/<saml:Assertion.*<\/saml:Assertion>/);
  const [signature] = assertion.match(/<ds:Signature.*<\/ds:Signature>/);
  const bare = change(assertion, signature, '');
  const forged = bare.replace(/ ID="[^"]+"/, ' ID="_forged"').replaceAll(ALICE, 'mallory@example.test');
  const put = (...instead) => change(good, assertion, instead.join(''));
  await refused(put(forged, assertion), UNREADABLE);
  await refused(put(assertion, forged), UNREADABLE);
  await refused(put(change(forged, '</saml:Assertion>', `${assertion}</saml:Assertion>`)), UNREADABLE);
  await refused(put(`<samlp:Extensions>${assertion}</samlp:Extensions>`, forged), UNREADABLE);
  await refused(put(change(forged, '</saml:Issuer>', `</saml:Issuer>${signature}`), bare), UNREADABLE);
  assert.equal((await assume(good)).Subject, ALICE);
});

// The clock goes forward from here on.
test('an assertion is over when it says, and five minutes after its issue', async () => {
  const short = await provider.response({ minutes: 2 });
  const long = await provider.response({ minutes: 60 });
  await service.advance(121);
  await refused(short, EXPIRED);
  assert.equal((await assume(long)).Subject, ALICE);
  await service.advance(180);
  await refused(long, STALE);
});

async function builtIn(wanted) {
  const answer = await fetch(`${service.companion}/saml/response`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ roles: [[ROLE, DEMO]], subject: ALICE, ...wanted }),
  });
  assert.equal(answer.status, 200);
  return (await answer.json()).samlResponse;
}

test('samlify believes the built-in identity provider, and nothing that is broken on purpose', async () => {
  const back = await fetch(`${service.companion}/_admin/v1/clock`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ mode: 'system', backwards: true }),
  });
  assert.equal(back.status, 200);
  const metadata = await (await fetch(`${service.companion}/saml/metadata`)).text();
  for (const shape of ['default', 'okta', 'entra', 'adfs', 'keycloak', 'google', 'ping', 'shibboleth', 'onelogin']) {
    assert.equal(await believe(metadata, await builtIn({ shape })), ALICE, shape);
  }
  for (const [defect, message] of [
    ['altered', 'FAILED_TO_VERIFY_SIGNATURE'],
    ['signed-by-stranger', 'ERROR_UNMATCH_CERTIFICATE_DECLARATION_IN_METADATA'],
    ['unsigned', 'FAILED_TO_VERIFY_SIGNATURE'],
    ['expired', 'ERR_SUBJECT_UNCONFIRMED'],
  ]) {
    await assert.rejects(async () => believe(metadata, await builtIn({ defect })), { message }, defect);
  }
});
