// An SMSC on loopback for tests, system id any, password "pw". It prints one JSON
// object a line: {port} when it listens, {down: true} when it no longer does, {submit}
// for each message it answered. Each message has a delivery report: failed when the
// number ends in 99. A message to a number that ends in 98 is refused. Lines on stdin: "stop" and "start".
//
// To stop is to answer everything it printed and nothing else, so that a gateway that
// sends the unanswered again neither loses nor doubles a message. Reports that were not
// acknowledged wait for the next session.
import readline from 'node:readline'
import smpp from 'smpp'

const say = (line) => process.stdout.write(JSON.stringify(line) + '\n')
const sessions = new Set()
const reports = []
let port = 0
let last = 0
let server

function report (session) {
  for (const r of reports) {
    if (r.session === session) continue
    r.session = session
    const stat = r.to.endsWith('99') ? 'UNDELIV err:001' : 'DELIVRD err:000'
    session.deliver_sm({
      esm_class: 4,
      source_addr: r.to,
      destination_addr: r.from,
      short_message: `id:${r.id} sub:001 dlvrd:001 submit date:2611212230 done date:2611212230 stat:${stat} text:${r.text.slice(0, 20).replace(/[^ -~]/g, '.')}`
    }, () => reports.splice(reports.indexOf(r), 1))
  }
}

function serve (session) {
  let stopping = false
  const close = () => { stopping = true; session.socket.end() }
  sessions.add(close)
  session.on('close', () => sessions.delete(close))
  session.on('error', () => {})
  session.on('bind_transceiver', (pdu) => {
    if (pdu.password !== 'pw') {
      session.send(pdu.response({ command_status: smpp.ESME_RBINDFAIL }))
      return close()
    }
    session.send(pdu.response())
    report(session)
  })
  session.on('submit_sm', (pdu) => {
    if (stopping) return
    if (pdu.destination_addr.endsWith('98')) {
      return session.send(pdu.response({ command_status: smpp.ESME_RINVDSTADR }))
    }
    const id = `m${++last}`
    session.send(pdu.response({ message_id: id }))
    const { source_addr: from, destination_addr: to, data_coding: coding, short_message: { message: text, udh } } = pdu
    say({ submit: { from, to, text, coding, part: udh ? udh.map((b) => b.toString('hex')).join() : '' } })
    if (pdu.registered_delivery) {
      reports.push({ id, from, to, text })
      report(session)
    }
  })
  session.on('enquire_link', (pdu) => { if (!stopping) session.send(pdu.response()) })
  session.on('unbind', (pdu) => { session.send(pdu.response()); close() })
}

function start () {
  server = smpp.createServer({}, serve)
  server.listen(port, '127.0.0.1', () => {
    port = server.address().port
    say({ port })
  })
}

const commands = {
  start,
  stop () {
    server.close(() => say({ down: true }))
    for (const close of sessions) close()
  }
}

readline.createInterface({ input: process.stdin })
  .on('line', (line) => commands[line]())
  .on('close', () => process.exit())
start()
