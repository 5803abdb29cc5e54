package siteverify

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/phoneauth/phoneauth/humancheck"
	"github.com/phoneauth/phoneauth/senders/httpsend"
)

// verdict is what a vendor says of an answer.
type verdict struct {
	Success    *bool    `json:"success"`
	Hostname   string   `json:"hostname"`
	Action     string   `json:"action"`
	CData      string   `json:"cdata"`
	Score      *float64 `json:"score"`
	ErrorCodes []string `json:"error-codes"`
}

// wrongCodes blame the answer. hCaptcha has had three names for an answer that is too old or
// was used.
var wrongCodes = []string{
	"missing-input-response", "invalid-input-response", "timeout-or-duplicate",
	"expired-input-response", "already-seen-response", "invalid-or-already-seen-response",
	"browser-error",
}

// ourCodes blame the configuration, our request or the vendor. Only these get into errors.
var ourCodes = []string{
	"missing-input-secret", "invalid-input-secret", "bad-request", "sitekey-secret-mismatch",
	"not-using-dummy-passcode", "missing-remoteip", "invalid-remoteip", "invalid-keys", "internal-error",
}

var (
	errNonsense = errors.New("the answer of the vendor cannot be read")
	errNoScore  = errors.New("the vendor gives no score: the keys are of another version")
)

// read reads a vendor's answer, of which httpsend has kept at most 16 KiB.
func read(resp *httpsend.Response) (verdict, error) {
	var said verdict
	err := json.Unmarshal(resp.Body, &said)
	if resp.Status != http.StatusOK {
		return verdict{}, fmt.Errorf("HTTP %d%s", resp.Status, said.known())
	}
	if err != nil || said.Success == nil {
		return verdict{}, errNonsense
	}
	return said, nil
}

// known returns the codes in parentheses that may get into errors.
func (v verdict) known() string {
	codes := slices.DeleteFunc(slices.Clone(ourCodes), func(code string) bool { return !slices.Contains(v.ErrorCodes, code) })
	if len(codes) == 0 {
		return ""
	}
	return " (" + strings.Join(codes, ", ") + ")"
}

// judge returns nil for a verdict that proves something. ErrWrong: the answer is wrong.
func (c *Check) judge(said verdict, p humancheck.Params) error {
	if !*said.Success {
		for _, code := range said.ErrorCodes {
			if !slices.Contains(wrongCodes, code) {
				return fmt.Errorf("the vendor refuses the request%s", said.known())
			}
		}
		return humancheck.ErrWrong
	}
	if c.config.MinScore > 0 && said.Score == nil {
		return errNoScore
	}
	switch {
	case !slices.Contains(c.hostnames, strings.ToLower(said.Hostname)),
		c.config.Action != "" && said.Action != c.config.Action,
		c.config.Vendor.BindsCData && said.CData != p.Binding,
		c.config.MinScore > 0 && *said.Score < c.config.MinScore:
		return humancheck.ErrWrong
	}
	return nil
}
