// Hashes each password of the JSON on standard input with each kind, and writes the hashes in
// the text forms that systems export.
import { readFileSync } from "node:fs";
import bcrypt from "bcryptjs";
import { FirebaseScrypt } from "firebase-scrypt";
import * as wasm from "hash-wasm";

const { passwords, firebase } = JSON.parse(readFileSync(0, "utf8"));
const project = new FirebaseScrypt(firebase);
const raw = (b) => Buffer.from(b).toString("base64").replace(/=+$/, "");
const out = [];

for (const password of passwords) {
  const add = (kind, hash) => out.push({ kind, password, hash });
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const b64 = raw(salt);
  add("bcrypt cost=4", await bcrypt.hash(password, 4));
  add("bcrypt cost=10", (await bcrypt.hash(password, 10)).replace("$2b$", "$2a$"));
  if (password !== "" && Buffer.byteLength(password) <= 72) {
    add("bcrypt cost=5", await wasm.bcrypt({ password, salt, costFactor: 5, outputType: "encoded" }));
  }
  add("firebase-scrypt mem_cost=14 rounds=8", `$firebase-scrypt$${Buffer.from(salt).toString("base64")}$${await project.hash(password, Buffer.from(salt).toString("base64"))}`);
  for (const [name, f, m, t, p] of [["argon2i", wasm.argon2i, 64, 3, 2], ["argon2id", wasm.argon2id, 4096, 2, 4], ["argon2id", wasm.argon2id, 65536, 1, 1]]) {
    add(`${name} m=${m} t=${t} p=${p}`, await f({ password, salt, iterations: t, parallelism: p, memorySize: m, hashLength: 32, outputType: "encoded" }));
  }
  for (const [ln, r, p] of [[10, 8, 2], [14, 8, 1]]) {
    const key = await wasm.scrypt({ password, salt, costFactor: 2 ** ln, blockSize: r, parallelism: p, hashLength: 32, outputType: "binary" });
    add(`scrypt ln=${ln} r=${r} p=${p}`, `$scrypt$ln=${ln},r=${r},p=${p}$${b64}$${raw(key)}`);
    const text = Buffer.from(salt).toString("hex");
    const long = await wasm.scrypt({ password, salt: text, costFactor: 2 ** ln, blockSize: r, parallelism: p, hashLength: 64, outputType: "hex" });
    add(`scrypt ln=${ln} r=${r} p=${p}`, `scrypt:${2 ** ln}:${r}:${p}$${text}$${long}`);
  }
  for (const [name, f, size] of [["sha1", wasm.createSHA1(), 20], ["sha256", wasm.createSHA256(), 32], ["sha512", wasm.createSHA512(), 64]]) {
    const key = await wasm.pbkdf2({ password, salt, iterations: 2000, hashLength: size, hashFunction: f, outputType: "binary" });
    add(`pbkdf2-${name} iterations=2000`, `$pbkdf2-${name}$2000$${b64.replaceAll("+", ".")}$${raw(key).replaceAll("+", ".")}`);
    const text = Buffer.from(salt).toString("hex");
    const django = await wasm.pbkdf2({ password, salt: text, iterations: 1000, hashLength: size, hashFunction: f, outputType: "binary" });
    add(`pbkdf2-${name} iterations=1000`, `pbkdf2_${name}$1000$${text}$${Buffer.from(django).toString("base64")}`);
  }
  for (const name of ["sha1", "sha256", "sha512"]) {
    const digest = Buffer.from(await wasm[name](Buffer.concat([Buffer.from(password), salt])), "hex");
    const scheme = name === "sha1" ? "SSHA" : "S" + name.toUpperCase();
    add(`ldap-${scheme.toLowerCase()}`, `{${scheme}}${Buffer.concat([digest, salt]).toString("base64")}`);
  }
}
process.stdout.write(JSON.stringify(out));
