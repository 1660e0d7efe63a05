// The program under test, as somebody would run it: `LOCAL_STS_BIN`.

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

export class Service {
  #process;

  /** Starts it with a seed, which is JSON. */
  async start(directory, seed) {
    const path = `${directory}/seed.json`;
    writeFileSync(path, JSON.stringify(seed));
    const listen = ['--aws-listen', '127.0.0.1:0', '--companion-listen', '127.0.0.1:0'];
    this.#process = spawn(process.env.LOCAL_STS_BIN, ['--ephemeral', ...listen, '--seed', path], {
      env: {},
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: this.#process.stdout })) {
      if (line.startsWith('ready ')) {
        Object.assign(this, JSON.parse(line.slice('ready '.length)));
        return this;
      }
    }
    throw new Error('it ended before it was ready');
  }

  /** Turns its clock forward. */
  async advance(seconds) {
    const answer = await fetch(`${this.companion}/_admin/v1/clock/advance`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ seconds }),
    });
    if (answer.status !== 200) throw new Error(await answer.text());
  }

  stop() {
    this.#process.kill();
  }
}
