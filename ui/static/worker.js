// Solves a challenge of ALTCHA version 2, beside the page so that the page stays quick. It
// gets the challenge, and sends {tried} now and then, and at last {solution} or {fault}.
'use strict';

const lanes = 8; // derivations on their way at once
const every = 200; // milliseconds between messages

const bytesOf = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

// solve tries the counters from 0 on, until a key begins with keyPrefix.
async function solve({ algorithm, nonce, salt, cost, keyLength, keyPrefix }) {
  const [, hash] = /^PBKDF2\/(SHA-\d+)$/.exec(algorithm);
  const begin = bytesOf(nonce);
  const derivation = { name: 'PBKDF2', hash, salt: bytesOf(salt), iterations: cost };
  const started = performance.now();
  let told = started;
  let next = 0;
  let solution;

  async function derive(counter) {
    const password = new Uint8Array(begin.length + 4);
    password.set(begin);
    new DataView(password.buffer).setUint32(begin.length, counter);
    const key = await crypto.subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits']);
    return new Uint8Array(await crypto.subtle.deriveBits(derivation, key, keyLength * 8));
  }

  async function lane() {
    while (!solution) {
      const counter = next;
      next += 1;
      const derivedKey = hexOf(await derive(counter));
      const now = performance.now();
      if (derivedKey.startsWith(keyPrefix)) solution = { counter, derivedKey, time: Math.round(now - started) };
      if (now - told < every) continue;
      told = now;
      postMessage({ tried: counter });
    }
  }

  await Promise.all(Array.from({ length: lanes }, lane));
  return solution;
}

onmessage = async ({ data }) => {
  try {
    postMessage({ solution: await solve(data.parameters) });
  } catch (error) {
    postMessage({ fault: String(error) });
  }
};
