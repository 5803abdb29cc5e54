// Makes with Vonage's own SDK the requests that the JSON on standard input asks for.
import { readFileSync } from "node:fs";
import { Auth } from "@vonage/auth";
import { Verify2 } from "@vonage/verify2";

const input = JSON.parse(readFileSync(0, "utf8"));
const auth = new Auth({ applicationId: input.application, privateKey: input.key });
const client = new Verify2(auth, { apiHost: input.url });
const ids = [];
for (const request of input.requests) ids.push((await client.newRequest(request)).requestId);
console.log(JSON.stringify(ids));
