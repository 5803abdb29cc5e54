package heard_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/phoneauth/phoneauth/senders/internal/heard"
)

func TestPart(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"This is Acme.": "",
		"This code approves: 100.00 EUR to ACME.":      "100.00 EUR to ACME",
		"Your code is: zero, one, two.":                "012",
		"Once more, your code is: nine, eight, seven.": "987",
		"Je répète, votre code est : zéro, un.":        "01",
		"您的验证码是： 零, 一, 二.":                             "012",
		"Your code is: zero, canary.":                  "",
		"Your code is: 0, 1.":                          "",
		"":                                             "",
	} {
		assert.Equal(t, want, heard.Part(said), said)
	}
}
