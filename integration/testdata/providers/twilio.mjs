// Sends texts, calls and verifications as Twilio's library does, to the server that standard input
// names, and prints what the library read of the answers.
import { readFileSync } from 'node:fs'
import twilio from 'twilio'

const { base, account, token, key, secret, texts, calls, service, verifications, approved } = JSON.parse(readFileSync(0, 'utf8'))

// The library has no setting for an address: this takes its requests to base, which reads in Host
// where they were to go.
class ToBase extends twilio.RequestClient {
  request(options) {
    const { protocol, host, pathname, search } = new URL(options.uri)
    if (protocol !== 'https:') throw new Error(`${protocol} is no https`)
    return super.request({ ...options, uri: base + pathname + search, headers: { ...options.headers, Host: host } })
  }
}

const out = {}
const httpClient = new ToBase()
const byToken = twilio(account, token, { httpClient })
const byKey = twilio(key, secret, { accountSid: account, httpClient })
for (const [name, text] of Object.entries(texts)) {
  out[name] = (await byToken.messages.create(text)).sid
}
for (const [name, { language, voice, parts, ...call }] of Object.entries(calls)) {
  const twiml = new twilio.twiml.VoiceResponse()
  for (const part of parts) {
    twiml.pause({ length: 1 })
    twiml.say(voice ? { language, voice } : { language }, part)
  }
  out[name] = (await byKey.calls.create({ ...call, twiml })).sid
}
for (const [name, verification] of Object.entries(verifications)) {
  out[name] = (await byKey.verify.v2.services(service).verifications.create(verification)).sid
}
out.approved = (await byKey.verify.v2.services(service).verifications(approved).update({ status: 'approved' })).sid
process.stdout.write(JSON.stringify(out))
