// The program under test, as somebody would run it: `LOCAL_STS_BIN`.

import { spawn } from 'node:child_process';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

export class Service {
  #process;
  #log;

  /** Starts it with a seed, an object or the path of a file, and more options. */
  async start(directory, seed, ...more) {
    const path = typeof seed === 'string' ? seed : `${directory}/seed.json`;
    if (typeof seed !== 'string') writeFileSync(path, JSON.stringify(seed));
    const listen = ['--aws-listen', '127.0.0.1:0', '--companion-listen', '127.0.0.1:0'];
    this.#log = `${directory}/log`;
    this.#process = spawn(process.env.LOCAL_STS_BIN, ['--ephemeral', ...listen, '--seed', path, ...more], {
      env: {},
      stdio: ['ignore', 'pipe', openSync(this.#log, 'a')],
    });
    for await (const line of createInterface({ input: this.#process.stdout })) {
      if (line.startsWith('ready ')) {
        Object.assign(this, JSON.parse(line.slice('ready '.length)));
        return this;
      }
    }
    throw new Error(`it ended before it was ready, and said:\n${this.said()}`);
  }

  /** Turns its clock forward. */
  advance(seconds) {
    return this.ask('POST', '/_admin/v1/clock/advance', { seconds });
  }

  /** What the companion answers. */
  async ask(method, path, body = {}) {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(this.companion + path, { method, headers, body: JSON.stringify(body) });
    if (answer.status !== 200) throw new Error(await answer.text());
    return answer.json();
  }

  /** What it wrote on standard error so far. */
  said() {
    return readFileSync(this.#log, 'utf8');
  }

  stop() {
    this.#process.kill();
  }
}
