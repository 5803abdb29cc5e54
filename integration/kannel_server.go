// Package integration tests phoneauth against real servers. What is not a test here
// starts them.
package integration

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// KannelOptions say what a Kannel is connected to.
type KannelOptions struct {
	// SMPP is the address of an SMSC, system id any, password "pw"; empty is a fake SMSC.
	SMPP string
	// Inbound is the post-url for texts that come in, without its query; empty: none.
	Inbound string
}

// Kannel is a real gateway: bearerbox, smsbox and, without SMPP, fakesmsc.
type Kannel struct {
	// URL of sendsms, and who may use it.
	URL, Username, Password string

	dir      string
	boxes    []*process
	admin    string
	fakePort int
	fake     *process

	mu       sync.Mutex
	messages []Text
}

// Text is a message that arrived at an SMSC.
type Text struct {
	From, To, Text string
	// Coding is "text", "ucs-2" or "data" at the fake SMSC, and the data_coding at the
	// SMPP one.
	Coding string
	// Part is the user data header of a part of a long message, in hex.
	Part string
}

const installKannel = "apt-get install -y --no-install-recommends kannel kannel-extras"

// StartKannel starts a Kannel on free ports, which ends with the test. Without one
// installed the test is skipped, or fails with PHONEAUTH_REQUIRE_SERVERS=1.
func StartKannel(t testing.TB, o KannelOptions) *Kannel {
	t.Helper()
	bearerbox, smsbox := find("bearerbox"), find("smsbox")
	if bearerbox == "" || smsbox == "" || find("fakesmsc") == "" {
		missing(t, "kannel", installKannel)
	}
	for range 3 { // somebody may take a port meanwhile
		if k := startKannel(t, o, bearerbox, smsbox); k != nil {
			return k
		}
	}
	t.Fatal("kannel does not start")
	return nil
}

func startKannel(t testing.TB, o KannelOptions, bearerbox, smsbox string) *Kannel {
	t.Helper()
	ports := freePorts(t, 4)
	k := &Kannel{
		URL:      fmt.Sprintf("http://127.0.0.1:%d/cgi-bin/sendsms", ports[2]),
		Username: "phoneauth",
		Password: "canary-kannel-password",
		dir:      t.TempDir(),
		admin:    fmt.Sprintf("http://127.0.0.1:%d/status.txt?password=adm", ports[0]),
		fakePort: ports[3],
	}
	require.NoError(t, os.WriteFile(filepath.Join(k.dir, "k.conf"), []byte(k.conf(o, ports)), 0o600))

	// The smsbox ends when it finds no bearerbox, fakesmsc when it finds no port.
	bb := startProcess(t, k.dir, nil, bearerbox, "-v", "4", "k.conf")
	Eventually(t, "bearerbox", func() bool {
		return !bb.running() || k.status() != "" && listens(ports[1]) && (o.SMPP != "" || listens(k.fakePort))
	})
	sb := startProcess(t, k.dir, nil, smsbox, "-v", "4", "k.conf")
	Eventually(t, "smsbox", func() bool {
		return !bb.running() || !sb.running() || boxOnline.MatchString(k.status()) && listens(ports[2])
	})
	if !bb.running() || !sb.running() {
		bb.kill()
		sb.kill()
		return nil
	}
	k.boxes = []*process{sb, bb}
	if o.SMPP == "" {
		k.StartSMSC(t)
	} else {
		k.WaitSMSC(t, true)
	}
	return k
}

// find looks for a program of Kannel where Debian has it, and in the PATH.
func find(program string) string {
	for _, path := range []string{"/usr/sbin/" + program, "/usr/lib/kannel/test/" + program, program} {
		if found, err := exec.LookPath(path); err == nil {
			return found
		}
	}
	return ""
}

// conf is what the documentation of senders/kannel advises, and short intervals.
func (k *Kannel) conf(o KannelOptions, ports []int) string {
	smsc := fmt.Sprintf(`smsc = fake
smsc-id = FAKE
host = 127.0.0.1
port = %d
connect-allow-ip = 127.0.0.1`, k.fakePort)
	if o.SMPP != "" {
		host, port, _ := net.SplitHostPort(o.SMPP)
		smsc = fmt.Sprintf(`smsc = smpp
smsc-id = SMPP
host = %s
port = %s
transceiver-mode = true
smsc-username = "esme"
smsc-password = "pw"
system-type = ""
address-range = ""
source-addr-ton = 5
source-addr-npi = 0
dest-addr-ton = 1
dest-addr-npi = 1
reconnect-delay = 1`, host, port)
	}
	inbound := ""
	if o.Inbound != "" {
		inbound = `
group = sms-service
keyword = default
catch-all = true
send-sender = true
post-url = "` + o.Inbound + `?inbound=%I&keyword=%k"
max-messages = 0
`
	}
	return fmt.Sprintf(`group = core
admin-port = %d
admin-interface = 127.0.0.1
admin-password = adm
admin-allow-ip = "127.0.0.1"
smsbox-port = %d
smsbox-interface = 127.0.0.1
box-allow-ip = "127.0.0.1"
log-file = "bearerbox.log"
log-level = 2
store-type = file
store-location = "kannel.store"
dlr-storage = internal
sms-resend-freq = 1

group = smsc
%s

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = %d
sendsms-port = %d
sendsms-interface = 127.0.0.1
sendsms-chars = "0123456789 +-"
log-file = "smsbox.log"
log-level = 2
http-request-retry = 5
http-queue-delay = 1

group = sendsms-user
username = %s
password = %s
user-allow-ip = "127.0.0.1"
max-messages = 5
concatenation = true
%s`, ports[0], ports[1], smsc, ports[1], ports[2], k.Username, k.Password, inbound)
}

// Kill ends Kannel. It does not come back.
func (k *Kannel) Kill() {
	for _, box := range k.boxes {
		box.kill()
	}
}

func listens(port int) bool {
	c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return false
	}
	c.Close()
	return true
}

var (
	boxOnline  = regexp.MustCompile(`smsbox:.*\(on-line `)
	smscOnline = regexp.MustCompile(`(?m)^\s+(FAKE|SMPP)\[.*\(online `)
)

// status is bearerbox's own page, or "".
func (k *Kannel) status() string {
	resp, err := http.Get(k.admin)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return string(body)
}

// WaitSMSC waits until Kannel has its SMSC, or has lost it.
func (k *Kannel) WaitSMSC(t testing.TB, online bool) {
	t.Helper()
	Eventually(t, fmt.Sprint("SMSC online: ", online), func() bool {
		status := k.status()
		return status != "" && smscOnline.MatchString(status) == online
	})
}

// Logs returns all that Kannel wrote to its logs.
func (k *Kannel) Logs(t testing.TB) string {
	t.Helper()
	var all strings.Builder
	for _, name := range []string{"bearerbox.log", "smsbox.log"} {
		b, err := os.ReadFile(filepath.Join(k.dir, name))
		require.NoError(t, err)
		all.WriteString(cmp.Or(string(b), name+" is empty\n"))
	}
	return all.String()
}
