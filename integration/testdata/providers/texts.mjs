// Sends texts as the libraries of Infobip and MessageBird do, to the server that standard input
// names, and prints what each library read of the answers.
import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { Infobip, AuthType } from '@infobip-api/sdk'
import messagebird from 'messagebird'

const { base, infobip: i, messagebird: m } = JSON.parse(readFileSync(0, 'utf8'))
const out = {}
for (const [name, message] of Object.entries(i.messages)) {
  const client = new Infobip({ baseUrl: base, apiKey: i.key, authType: AuthType.ApiKey })
  const sent = await client.channels.sms.send({ messages: [message] })
  if (!sent.data) throw sent // the library returns its errors
  out[name] = sent.data.messages[0].messageId
}

// MessageBird's library knows one address only: this takes its requests to base, which reads in
// Host where they were to go.
https.request = (options) => {
  const { hostname, port } = new URL(base)
  return http.request({ ...options, hostname, port, headers: { ...options.headers, Host: options.hostname } })
}
for (const [name, message] of Object.entries(m.messages)) {
  out[name] = await new Promise((resolve, reject) => {
    messagebird.initClient(m.key).messages.create(message, (err, sent) => (err ? reject(err) : resolve(sent.id)))
  })
}
process.stdout.write(JSON.stringify(out))
