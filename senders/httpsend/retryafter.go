package httpsend

import (
	"errors"
	"net/http"
	"strconv"
	"time"
)

// maxRetryAfter bounds what is believed of a peer.
const maxRetryAfter = 24 * time.Hour

// RetryAfter reads the header of that name (RFC 9110, 10.2.3), seconds or a date: 0 if
// it is absent, malformed or past, at most 24 h.
func RetryAfter(h http.Header) time.Duration {
	v := h.Get("Retry-After")
	if at, err := http.ParseTime(v); err == nil {
		return min(max(time.Until(at), 0), maxRetryAfter)
	}
	n, err := strconv.ParseUint(v, 10, 63) // n is the greatest if v is greater
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0
	}
	return time.Duration(min(n, uint64(maxRetryAfter/time.Second))) * time.Second
}
