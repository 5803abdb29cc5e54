// Does with altcha-lib what the JSON on standard input asks for. The sub-keys are derived as
// the documentation of humancheck/altcha says.
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { createChallenge, solveChallenge, verifySolution } from "altcha-lib";
import * as native from "altcha-lib/algorithms/pbkdf2";
import * as web from "altcha-lib/algorithms/web/pbkdf2";

const input = JSON.parse(readFileSync(0, "utf8"));
const subkey = (label) => createHmac("sha256", Buffer.from(input.key, "hex")).update(label).digest("hex");
const secrets = {
  hmacSignatureSecret: subkey("phoneauth altcha signature"),
  hmacKeySignatureSecret: subkey("phoneauth altcha keySignature"),
};
const { deriveKey } = input.web ? web : native;

// An answer as the widget encodes it.
const solve = async (challenge) => {
  const solution = await solveChallenge({ challenge, deriveKey });
  return { answer: btoa(JSON.stringify({ challenge, solution })), counter: solution.counter, ms: solution.time };
};

const output = { solved: [], created: [], verified: [] };
for (const challenge of input.solve ?? []) output.solved.push(await solve(challenge));
for (const options of input.create ?? []) {
  output.created.push(await solve(await createChallenge({ algorithm: "PBKDF2/SHA-256", deriveKey, ...options, ...secrets })));
}
for (const answer of input.verify ?? []) {
  const { challenge, solution } = JSON.parse(atob(answer));
  // Once by the signature of the key, and once by deriving the key again.
  const fast = await verifySolution({ challenge, solution, deriveKey, ...secrets });
  const slow = await verifySolution({ challenge, solution, deriveKey, hmacSignatureSecret: secrets.hmacSignatureSecret });
  output.verified.push({ fast: fast.verified, slow: slow.verified });
}
process.stdout.write(JSON.stringify(output));
