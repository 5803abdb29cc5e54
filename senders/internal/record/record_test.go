package record_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/phoneauth/phoneauth"
	"github.com/phoneauth/phoneauth/senders/internal/record"
)

func TestJSON(t *testing.T) {
	t.Parallel()
	at := time.Date(2018, 8, 31, 1, 3, 58, 999_999_999, time.FixedZone("", 2*3600))
	for name, c := range map[string]struct {
		m    phoneauth.Message
		want string
	}{
		"a code": {
			phoneauth.Message{To: phoneauth.StoredPhone("+201061797840"), Body: "<#> 012345 & \"more\"\n@acme.example #012345", Code: "012345", Purpose: phoneauth.PurposeSignIn},
			`{"time":"2018-08-30T23:03:58.999Z","to":"+201061797840","body":"<#> 012345 & \"more\"\n@acme.example #012345","code":"012345","purpose":"sign_in"}`,
		},
		"a notice": {
			phoneauth.Message{To: phoneauth.StoredPhone("+33600000178"), Body: "Vôtre \u2028 \xff", Purpose: phoneauth.NoticePhoneChanged},
			`{"time":"2018-08-30T23:03:58.999Z","to":"+33600000178","body":"Vôtre \u2028 \ufffd","code":"","purpose":"notice_phone_changed"}`,
		},
	} {
		got, err := record.JSON(c.m, at)
		require.NoError(t, err, name)
		assert.Equal(t, c.want+"\n", string(got), "%s: one line, in clear, milliseconds cut", name)
	}
}
