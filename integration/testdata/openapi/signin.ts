// Signs in with a client whose types are generated from docs/openapi.yaml:
//
//   node out/signin.js http://127.0.0.1:8080 FILE
//
// FILE is where the server appends the texts that it sends.
import { readFileSync } from "node:fs";
import { argv } from "node:process";
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

const [url, texts] = argv.slice(2);
const phone = "+201061797840";
const api = createClient<paths>({ baseUrl: url });

function want(ok: boolean, what: string, got: unknown): asserts ok {
  if (!ok) throw new Error(`${what}: ${JSON.stringify(got)}`);
}

function code(): string {
  const lines = readFileSync(texts, "utf8").trim().split("\n");
  return JSON.parse(lines[lines.length - 1]).code;
}

// The Connect API: a code, a proof, a session.
const start = await api.POST("/users/verification/start", { body: { phone } });
want(start.response.status === 200 && start.data === undefined, "start", start.error);

const wrong = await api.POST("/users/verification/verify", { body: { phone, verification_code: "x" } });
want(wrong.error?.errors?.[0].code === "verification_failed", "a wrong code", wrong);

const verified = await api.POST("/users/verification/verify", { body: { phone, verification_code: code() } });
want(verified.data !== undefined, "verify", verified.error);

const connected = await api.POST("/connect", { body: { phone, verification_token: verified.data.verification_token } });
const user: components["schemas"]["User"] | undefined = connected.data?.data;
const tokens: components["schemas"]["Tokens"] | undefined = connected.data?.meta;
want(user !== undefined && tokens !== undefined, "connect", connected.error);
want(user.attributes.new_user && user.attributes.phone === phone, "the new user", user);

// Who is it? First nobody, then the user.
const nobody = await api.GET("/users/me");
want(nobody.error?.code === "unauthorized" && nobody.response.headers.get("www-authenticate") === "Bearer", "nobody", nobody);
const headers = { Authorization: `${tokens.token_type} ${tokens.access_token}` };
const me = await api.GET("/users/me", { headers });
want(me.data?.data.id === user.id, "me", me.error);

// New tokens, and the end.
const renewed = await api.POST("/token/refresh", { body: { refresh_token: tokens.refresh_token } });
want(renewed.data !== undefined && renewed.data.device_token !== "", "refresh", renewed.error);
const out = await api.POST("/logout", { body: { refresh_token: renewed.data.refresh_token } });
want(out.response.status === 204, "logout", out.error);
const ended = await api.POST("/token/refresh", { body: { refresh_token: renewed.data.refresh_token } });
want(ended.error?.code === "invalid_refresh_token", "after the end", ended);

// The Login API, with its errors in capitals.
const login = await api.POST("/api/v1/login", { body: { user: { phone, sms_code: "123456" } } });
want(login.error?.error.code === "UNAUTHORIZED", "a code that is used up", login);

// The types refuse what the API would. Each of the next lines must be an error:
// @ts-expect-error there is no such path
type A = paths["/users/verification/begin"];
// @ts-expect-error a token is missing
const c: components["schemas"]["ConnectRequest"] = { phone };
// @ts-expect-error nor is there such a code
const d: components["schemas"]["PhoneError"]["code"] = "phone_taken";

console.log("signed in", user.attributes.phone);
