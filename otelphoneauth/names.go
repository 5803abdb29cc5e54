package otelphoneauth

import (
	"regexp"
	"sync"

	"github.com/phoneauth/phoneauth"
)

// other stands for every name that is not told, as in the semantic conventions.
const other = "_OTHER"

// How many names of a kind are told in the life of a telemetry; the rest is other. The
// series of an instrument are a product of these: TestSeries holds it below 2,000.
const (
	mostPurposes = 18  // ten of the package, and 8 of the host's own
	mostRegions  = 247 // libphonenumber has 245, and there is "001"
	mostLimits   = 21  // the package has 18
	mostSenders  = 8
	mostChannels = 8
	mostChecks   = 4 // kinds of human checks: one at a time, and some over the years
)

// Names of the package, which find a place always.
var (
	ourPurposes = []string{
		string(phoneauth.PurposeSignIn), string(phoneauth.PurposePasswordRegistration),
		string(phoneauth.PurposePasswordReset), string(phoneauth.PurposePhoneChange),
		string(phoneauth.PurposeAccountDeletion), string(phoneauth.PurposeDataExport), string(phoneauth.PurposeAccountUnlock),
		string(phoneauth.NoticePasswordChanged), string(phoneauth.NoticePhoneChanged), string(phoneauth.NoticeDataExported),
	}
	ourLimits = []string{
		phoneauth.LimitPhoneSends, phoneauth.LimitChannelWait, phoneauth.LimitAddressSends, phoneauth.LimitServiceSends, phoneauth.LimitSpendHour, phoneauth.LimitSpendDay,
		phoneauth.LimitBlock, phoneauth.LimitWideBlock, phoneauth.LimitCountry,
		phoneauth.LimitPhoneFailures, phoneauth.LimitAddressFailures, phoneauth.LimitPasswordFailures,
		phoneauth.LimitPasswords, phoneauth.LimitDeviceSends, phoneauth.LimitSessions, phoneauth.LimitPhoneChange,
		phoneauth.LimitHumanChecks, phoneauth.LimitUnverifiedSends, phoneauth.LimitHumanCheckUsed,
	}
)

// nameLike is what a name looks like: no number and no token does.
var nameLike = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,31}$`)

// regionLike is ISO 3166-1 alpha-2, or "001".
var regionLike = regexp.MustCompile(`^([A-Z]{2}|001)$`)

// codeLike is a provider's error code: "21610", "HTTP 500".
var codeLike = regexp.MustCompile(`^[A-Za-z0-9_. -]{1,32}$`)

// mostDigits of a name or a provider's code. A one-time code has 6 at the least, a
// number more.
const mostDigits = 5

func fewDigits(s string) bool {
	digits := 0
	for _, r := range s {
		if '0' <= r && r <= '9' {
			digits++
		}
	}
	return digits <= mostDigits
}

// names lets through so many names: those it was made with, and then those that come
// first. It is safe for concurrent use.
type names struct {
	most int

	mu    sync.RWMutex
	known map[string]bool
}

func newNames(most int, known ...string) *names {
	n := &names{most: most, known: make(map[string]bool, most)}
	for _, name := range known {
		n.known[name] = true
	}
	return n
}

// tell returns name if it may be reported, else other.
func (n *names) tell(name string, like *regexp.Regexp) string {
	n.mu.RLock()
	known := n.known[name]
	n.mu.RUnlock()
	if known {
		return name
	}
	if !like.MatchString(name) || !fewDigits(name) {
		return other
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.known[name] && len(n.known) >= n.most {
		return other
	}
	n.known[name] = true
	return name
}

// sendCode returns a provider's code, or other.
func sendCode(code string) string {
	if codeLike.MatchString(code) && fewDigits(code) {
		return code
	}
	return other
}
