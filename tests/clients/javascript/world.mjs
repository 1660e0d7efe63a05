// What the tests share: the service with the seed of all languages, its people, environments and clients.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { IAMClient } from '@aws-sdk/client-iam';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { Service } from './service.mjs';

export const ACCOUNT = '123456789012';
export const AUDITED = '210987654321';
export const ALICE_ARN = `arn:aws:iam::${ACCOUNT}:user/alice`;
export const BOB_ARN = `arn:aws:iam::${ACCOUNT}:user/bob`;
export const ALICE = { accessKeyId: 'AKIAEXAMPLEALICE0001', secretAccessKey: 'EXAMPLE0alice0secret0EXAMPLE0alice0secre' };
export const BOB = { accessKeyId: 'AKIAEXAMPLEBOB000001', secretAccessKey: 'EXAMPLE0bob00secret0EXAMPLE0bob00secret0' };
export const RETIRED = { accessKeyId: 'AKIAEXAMPLEBOB000002', secretAccessKey: 'EXAMPLE0bob00retired0EXAMPLE0bob00retire' };
export const MAIN = 'repo:acme/shop:ref:refs/heads/main';
export const HOUR = 3600;

export const role = (name, account = ACCOUNT) => `arn:aws:iam::${account}:role/${name}`;
export const session = (name, as, account = ACCOUNT) => `arn:aws:sts::${account}:assumed-role/${name}/${as}`;

export class World extends Service {
  #files = 0;

  async begin() {
    this.directory = mkdtempSync(`${tmpdir()}/javascript-`);
    await this.start(this.directory, process.env.MATRIX_SEED, '--delivery-listen', '127.0.0.1:0');
    this.environment({});
  }

  end() {
    this.stop();
    rmSync(this.directory, { recursive: true });
  }

  async reset() {
    await this.ask('POST', '/_admin/v1/reset');
    this.environment({});
  }

  /** Nothing of the machine's own, and these variables. */
  environment(variables) {
    for (const name of Object.keys(process.env).filter((name) => /^AWS_|_proxy$/i.test(name))) delete process.env[name];
    const nothing = { AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null', AWS_EC2_METADATA_DISABLED: 'true' };
    Object.assign(process.env, nothing, { HOME: this.directory, AWS_REGION: 'eu-central-1', AWS_ENDPOINT_URL_STS: this.aws }, variables);
  }

  /** A new file: the SDK reads none twice. */
  file(text) {
    const path = `${this.directory}/file-${(this.#files += 1)}`;
    writeFileSync(path, text);
    return path;
  }

  /** A token of a build, for main unless said otherwise. */
  async token(more = {}) {
    const order = { preset: 'github-actions', platformIssuer: true, aud: 'sts.amazonaws.com', sub: MAIN, ...more };
    return (await this.ask('POST', '/oidc/token', order)).token;
  }

  /** An assertion that says who logged in. */
  async assertion(more = {}) {
    const roles = [[role('analyst'), `arn:aws:iam::${ACCOUNT}:saml-provider/demo`]];
    return (await this.ask('POST', '/saml/response', { roles, subject: 'alice', ...more })).samlResponse;
  }

  /** The service's clock stands so that sessions of an hour, by the machine's clock, end in this many seconds. */
  sessionsEndIn(seconds) {
    const at = new Date(Date.now() + (seconds - HOUR) * 1000).toISOString();
    return this.ask('PUT', '/_admin/v1/clock', { mode: 'frozen', at, backwards: true });
  }

  sts(credentials, more = {}) {
    return new STSClient({ maxAttempts: 1, endpoint: this.aws, credentials, ...more });
  }

  iam(credentials, more = {}) {
    return new IAMClient({ maxAttempts: 1, endpoint: this.aws, credentials, ...more });
  }

  /** The keys of a session of this role. */
  async assumed(credentials, name, more = {}) {
    const command = new AssumeRoleCommand({ RoleArn: role(name), RoleSessionName: 'ci', ...more });
    return keys((await this.sts(credentials).send(command)).Credentials);
  }
}

export const keys = ({ AccessKeyId, SecretAccessKey, SessionToken }) => ({
  accessKeyId: AccessKeyId,
  secretAccessKey: SecretAccessKey,
  sessionToken: SessionToken,
});

/** Who the client is to the service. */
export const whoIs = async (client) => (await client.send(new GetCallerIdentityCommand())).Arn;

/** An application that is told nothing but its environment. */
export const application = (more = {}) => new STSClient({ maxAttempts: 1, ...more });

/** Expects a refusal: its class or, where the SDK has none, its name; the status and the text. */
export async function refused(promise, kind, status, text) {
  const error = await promise.then(() => assert.fail('this was to be refused'), (error) => error);
  if (typeof kind === 'string') assert.equal(error.name, kind, error.message);
  else assert.ok(error instanceof kind, `${error.name} is no ${kind.name}: ${error.message}`);
  assert.equal(error.$metadata.httpStatusCode, status);
  assert.equal(error.$fault, status < 500 ? 'client' : 'server');
  assert.match(error.$metadata.requestId, /^[0-9a-f-]{36}$/);
  if (text) assert.match(error.message, text);
  return error;
}

/** What is there in the end, though not at once. */
export async function eventually(look) {
  for (let time = 0; time < 500; time += 1) {
    const found = await look();
    if (found) return found;
    await pause(10);
  }
  return assert.fail('it never came');
}
