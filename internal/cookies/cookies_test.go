package cookies_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth/internal/cookies"
)

func TestValue(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		headers []string
		values  []string
		value   string
	}{
		{nil, nil, ""},
		{[]string{"a=1"}, []string{"1"}, "1"},
		{[]string{"b=2; a=1; aa=3; A=4"}, []string{"1"}, "1"},
		{[]string{"a=1; a=1"}, []string{"1"}, "1"},
		{[]string{"a=; a=1"}, []string{"1"}, "1"},
		{[]string{"a=2; a=1"}, []string{"2", "1"}, ""},
		{[]string{"a=2", "a=1; a=2"}, []string{"2", "1"}, ""}, // HTTP/2 sends several headers
	} {
		r := &http.Request{Header: http.Header{"Cookie": tt.headers}}
		assert.Equal(t, tt.values, cookies.Values(r, "a"), tt.headers)
		assert.Equal(t, tt.value, cookies.Value(r, "a"), tt.headers)
	}
}
