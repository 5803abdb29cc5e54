package httpsend

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"syscall"
)

var (
	errRequest = errors.New("request cannot be made")
	errTimeout = errors.New("timed out")
	errLookup  = errors.New("host not found")
	errTLS     = errors.New("TLS handshake failed")
	errOther   = errors.New("no valid answer")
)

// cause returns what may be said of an error of net/http. Its own words are not passed on:
// *url.Error holds the URL with its credentials, and errors about malformed answers
// quote the peer, which may have sent the message back.
func cause(ctx context.Context, err error) error {
	if ctxErr := ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno // "connection refused"
	}
	for _, known := range []error{context.DeadlineExceeded, context.Canceled, io.ErrUnexpectedEOF, io.EOF, net.ErrClosed} {
		if errors.Is(err, known) {
			return known
		}
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return errLookup
	}
	var cert *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	if errors.As(err, &cert) || errors.As(err, &record) || errors.As(err, &alert) {
		return errTLS
	}
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) && timeout.Timeout() {
		return errTimeout
	}
	return errOther
}
