// Sends as each vendor's own library does, to the address on standard input, and prints what
// each library read of the answer.
import { readFileSync } from 'node:fs'
import plivo from 'plivo'
import Telnyx from 'telnyx'
import { Auth } from '@vonage/auth'
import { Voice } from '@vonage/voice'

const { base, plivo: p, telnyx: t, vonage: v } = JSON.parse(readFileSync(0, 'utf8'))
const out = {}
{
  const client = new plivo.Client(p.id, p.token, { url: `${base}/v1/Account/${p.id}` })
  const sent = await client.messages.create({ src: p.from, dst: p.to, text: p.text, type: 'sms', url: p.url, method: 'POST', log: false })
  out.plivo = sent.messageUuid[0]
}
{
  const client = new Telnyx({ apiKey: t.key, baseURL: `${base}/v2`, maxRetries: 0 })
  const sent = await client.messages.send({ from: t.from, to: t.to, text: t.text, type: 'SMS', webhook_url: t.url })
  out.telnyx = sent.data.id
}
{
  const client = new Voice(new Auth({ applicationId: v.application, privateKey: v.key }), { apiHost: base })
  const sent = await client.createOutboundCall({
    to: [{ type: 'phone', number: v.to }],
    from: { type: 'phone', number: v.from },
    ncco: v.texts.map((text) => ({ action: 'talk', text, language: v.language })),
    event_url: [v.url],
    event_method: 'POST',
    machineDetection: 'hangup',
    lengthTimer: 120,
    ringingTimer: v.ring,
  })
  out.vonage = sent.uuid
}
process.stdout.write(JSON.stringify(out))
