package integration

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"unicode/utf16"
)

// StartSMSC starts the fake SMSC and waits until it is online. It sends the given
// texts, as "+201061797840 12345 text STOP please" (from, to), which come in at Kannel.
func (k *Kannel) StartSMSC(t testing.TB, inbound ...string) {
	t.Helper()
	args := []string{"-H", "127.0.0.1", "-r", strconv.Itoa(k.fakePort), "-i", "0.01", "-m", strconv.Itoa(len(inbound))}
	if len(inbound) == 0 {
		inbound = []string{"nobody nobody text nothing"} // without one it reads stdin
	}
	k.fake = startProcess(t, k.dir, k.arrive, find("fakesmsc"), append(args, inbound...)...)
	k.WaitSMSC(t, true)
}

// StopSMSC ends the fake SMSC, and waits until Kannel knows. What is on its way to it is
// lost: the protocol of fakesmsc acknowledges nothing.
func (k *Kannel) StopSMSC(t testing.TB) {
	t.Helper()
	k.fake.kill()
	k.WaitSMSC(t, false)
}

// Messages returns what arrived at the fake SMSC, in order, over all its starts. A text
// of more than one line is cut after the first, as fakesmsc's protocol is one of lines.
func (k *Kannel) Messages() []Text {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.messages)
}

var gotMessage = regexp.MustCompile(`Got message \d+: <(\S+) (\S+) (?:udh (\S+) )?(text|ucs-2|data) (.*)>$`)

// arrive reads one line of fakesmsc's log.
func (k *Kannel) arrive(line string) {
	m := gotMessage.FindStringSubmatch(line)
	if m == nil {
		return
	}
	text := Text{From: m[1], To: m[2], Part: m[3], Coding: m[4], Text: m[5]}
	switch text.Coding {
	case "data":
		text.Text, _ = url.QueryUnescape(text.Text)
	case "ucs-2":
		text.Text, _ = url.QueryUnescape(text.Text)
		text.Text = utf16BE(text.Text)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.messages = append(k.messages, text)
}

func utf16BE(s string) string {
	var units []uint16
	for ; len(s) >= 2; s = s[2:] {
		units = append(units, uint16(s[0])<<8|uint16(s[1]))
	}
	return string(utf16.Decode(units))
}
