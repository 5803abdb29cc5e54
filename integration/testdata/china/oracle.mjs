// Sends with the SDKs of Alibaba Cloud and of Tencent Cloud what the JSON on standard input asks for.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const dysms = require("@alicloud/dysmsapi20170525");
const tencent = require("tencentcloud-sdk-nodejs-sms");

const input = JSON.parse(readFileSync(0, "utf8"));
const host = new URL(input.url).host;

const aliyun = new dysms.default({
  accessKeyId: input.id, accessKeySecret: input.secret, endpoint: host, protocol: "http", toMap() { return this; },
});
const sent = await aliyun.sendSms(new dysms.SendSmsRequest(input.aliyun));

const client = new tencent.sms.v20210111.Client({
  credential: { secretId: input.id, secretKey: input.secret },
  region: "ap-guangzhou",
  profile: { httpProfile: { endpoint: host, protocol: "http://" } },
});
const status = await client.SendSms(input.tencent);

console.log(JSON.stringify([sent.body.bizId, status.SendStatusSet[0].SerialNo]));
