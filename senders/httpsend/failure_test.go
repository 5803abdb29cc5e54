package httpsend_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/httpsend"
)

// post posts a text with a code, by a client of Client's.
func post(ctx context.Context, url string, c *http.Client) (*httpsend.Response, error) {
	return httpsend.Post(ctx, httpsend.Client(c), url, `{"to":"+201061797840","body":"canary 012345"}`+"\n", nil)
}

// peer accepts one connection after the other and hands them to serve.
func peer(t *testing.T, serve func(*net.TCPConn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serve(c.(*net.TCPConn))
			c.Close()
		}
	}()
	return "http://" + l.Addr().String() + "/canary?token=canary"
}

// readRequest reads all of a request of ours.
func readRequest(c net.Conn) []byte {
	var all []byte
	b := make([]byte, 4096)
	for {
		n, err := c.Read(b)
		all = append(all, b[:n]...)
		if err != nil || n > 0 && all[len(all)-1] == '\n' && all[len(all)-2] == '}' {
			return all
		}
	}
}

func TestConnectionRefused(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l.Close()
	_, err = post(t.Context(), "http://user:canary@"+l.Addr().String()+"/canary", nil)
	assert.Equal(t, phoneauth.Temporary, failure(t, err).Class)
	assert.ErrorIs(t, err, syscall.ECONNREFUSED)
	assert.EqualError(t, err, "phoneauth: send: temporary, sender: connection refused")
}

// TestHeaderWithLineEnd: a key that was read from a file with its line end makes a header that net/http
// does not send. So the message certainly did not leave.
func TestHeaderWithLineEnd(t *testing.T) {
	t.Parallel()
	url := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("it was sent") })
	for _, key := range []string{"canary\n", "canary\r\nX-Other: 1", "canary\x00", "canary\x7f"} {
		_, err := httpsend.Post(t.Context(), httpsend.Client(nil), url, "canary 012345", func(r *http.Request) {
			r.Header.Set("Authorization", "Bearer "+key)
		})
		assert.Equal(t, phoneauth.Temporary, failure(t, err).Class, "%q", key)
		assert.EqualError(t, err, "phoneauth: send: temporary, sender: request cannot be made")
	}
}

func TestDialFailures(t *testing.T) {
	t.Parallel()
	for want, dial := range map[string]func(context.Context) error{
		"host not found": func(context.Context) error {
			return &net.DNSError{Err: "no such host", Name: "canary.example", IsNotFound: true}
		},
		"timed out":       func(context.Context) error { return &net.OpError{Op: "dial", Err: timeout{}} },
		"no valid answer": func(context.Context) error { return errors.New("canary") },
	} {
		c := &http.Client{Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return nil, dial(ctx) },
		}}
		_, err := post(t.Context(), "http://canary.example", c)
		assert.Equal(t, phoneauth.Temporary, failure(t, err).Class, want)
		assert.EqualError(t, err, "phoneauth: send: temporary, sender: "+want)
	}
}

type timeout struct{}

func (timeout) Error() string   { return "canary" }
func (timeout) Timeout() bool   { return true }
func (timeout) Temporary() bool { return true }

func TestUntrustedCertificate(t *testing.T) {
	t.Parallel()
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.ErrorLog = nil
	srv.StartTLS()
	t.Cleanup(srv.Close)
	_, err := post(t.Context(), srv.URL, nil)
	assert.Equal(t, phoneauth.Temporary, failure(t, err).Class)
	assert.ErrorContains(t, err, "TLS handshake failed")
}

func TestHTTP2(t *testing.T) {
	t.Parallel()
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, 2, r.ProtoMajor)
		io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/broken" {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(http.StatusOK)
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	t.Cleanup(srv.Close)
	_, err := post(t.Context(), srv.URL, srv.Client())
	require.NoError(t, err)
	_, err = post(t.Context(), srv.URL+"/broken", srv.Client())
	assert.Equal(t, phoneauth.Ambiguous, failure(t, err).Class, "a stream reset after the request")
}

func TestAnswerThatIsNotHTTP(t *testing.T) {
	t.Parallel()
	url := peer(t, func(c *net.TCPConn) { c.Write(readRequest(c)) }) // sends back what it got
	_, err := post(t.Context(), url, nil)
	assert.Equal(t, phoneauth.Ambiguous, failure(t, err).Class)
	assert.ErrorContains(t, err, "no valid answer")

	url = peer(t, func(c *net.TCPConn) {
		readRequest(c)
		io.WriteString(c, "HTTP/1.1 999999 +201061797840 012345 canary\r\n\r\n")
	})
	_, err = post(t.Context(), url, nil)
	assert.Equal(t, phoneauth.Ambiguous, failure(t, err).Class)
}

func TestCutAnswer(t *testing.T) {
	t.Parallel()
	url := peer(t, func(c *net.TCPConn) {
		readRequest(c)
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\":")
	})
	resp, err := post(t.Context(), url, nil)
	require.NoError(t, err, "the status was there: the provider has spoken")
	assert.True(t, resp.OK())
	assert.Equal(t, `{"id":`, string(resp.Body))
}

func TestDeadlines(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		given, client, want time.Duration
	}{
		"none given":             {0, 0, 10 * time.Second},
		"a shorter one":          {2 * time.Second, 0, 2 * time.Second},
		"a longer one":           {time.Minute, 0, time.Minute},
		"the client's own first": {0, 3 * time.Second, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				hang := roundTripper(func(r *http.Request) (*http.Response, error) {
					<-r.Context().Done()
					return nil, r.Context().Err()
				})
				ctx := t.Context()
				if c.given > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.given)
					defer cancel()
				}
				start := time.Now()
				_, err := post(ctx, "http://canary.example", &http.Client{Transport: hang, Timeout: c.client})
				assert.Equal(t, c.want, time.Since(start))
				assert.Equal(t, phoneauth.Ambiguous, failure(t, err).Class, "a transport that does not say whether it wrote")
				assert.ErrorIs(t, err, context.DeadlineExceeded)
			})
		})
	}
}

// A dial that hangs has certainly sent nothing.
func TestHangingDial(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		end := make(chan struct{}) // net/http lets a dial outlive its request
		defer close(end)
		_, err := post(t.Context(), "http://canary.example", &http.Client{Transport: &http.Transport{
			DialContext: func(context.Context, string, string) (net.Conn, error) {
				<-end
				return nil, net.ErrClosed
			},
		}})
		assert.Equal(t, phoneauth.Temporary, failure(t, err).Class)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestClientIsNotChanged(t *testing.T) {
	t.Parallel()
	c := &http.Client{}
	assert.NotSame(t, c, httpsend.Client(c))
	assert.Nil(t, c.CheckRedirect)
}
