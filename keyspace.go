package phoneauth

import (
	"strconv"

	"github.com/phoneauth/phoneauth/internal/client"
)

// This file makes every key that the Service hands to a store. The keys must not change:
// the next version must find what this one has stored.
//
// A key is a print in braces, then the kind, then a text that tells several keys of one
// kind apart. Redis Cluster computes the slot from the text in braces, so all keys of one
// phone are in one slot. The store keeps challenges, limits, lockouts and scores apart, so
// kinds must differ only within each of these.
const (
	// Challenges of a phone.
	kindChallenge    = "c" // a code; then the print of purpose, binding and device
	kindProof        = "p" // a verification token; then the print of its secret
	kindDevicesEnded = "z" // the record that all known devices but one were ended

	// Limits of a phone.
	kindSends       = "s" // codes; then the index in Limits.PhoneSends
	kindDeviceSends = "d" // codes to known devices; then the same
	kindReward      = "b" // the reward of a verification, once a day
	kindResetReward = "r" // the same of a password reset
	kindPasswords   = "a" // sign-ins by password
	kindDevicePass  = "g" // the same on known devices
	kindDeviceEnded = "e" // a known device that was ended; then its id

	// Limits of an address.
	kindAddressSends    = "s"
	kindAddressFailures = "f"

	// The limit of the whole service.
	kindServiceSends = "s"

	// Lockouts of a phone.
	kindCodeFailures         = "f"
	kindDeviceCodeFailures   = "k"
	kindPasswordFailures     = "w"
	kindDevicePasswordFailed = "x"

	// Scores: of a block or country, and of the known devices of a phone.
	kindBudget      = "n"
	kindDeviceScore = "v"
)

// key returns the key of a kind under a print.
func key(print, kind string) string { return "{" + print + "}" + kind }

// indexed returns the key of the i-th of several limits of one kind.
func indexed(print, kind string, i int) string { return key(print, kind) + strconv.Itoa(i) }

// phonePrint returns the print of a phone. All keys of the phone begin with it.
func (s *Service) phonePrint(p Phone) string { return s.keys.Print("phone", p.e164) }

// addressPrint returns the print of the client's IPv4 address or IPv6 /64. A client can
// easily change its address within a /64.
func (s *Service) addressPrint(c ClientInfo) string {
	return s.keys.Print("address", client.Block(c.Addr))
}

// servicePrint returns the print of the realm itself.
func (s *Service) servicePrint() string { return s.keys.Print("service") }

// budgetPrint returns the print of a block of numbers or a country, for codes of one kind of
// purpose.
func (s *Service) budgetPrint(rule, what string) string { return s.keys.Print("budget", rule, what) }

// challengeKey returns the key of the challenge of t. Each purpose, binding and known device
// has another challenge, with tries of its own.
func (s *Service) challengeKey(t *target) string {
	return key(t.print, kindChallenge) + s.keys.Print("challenge", t.print, string(t.purpose), t.boundTo, t.device.id)
}

// proofKey returns the key of a proof. Each proof has another key, because several proofs of
// one phone may be live at once.
func (s *Service) proofKey(phonePrint, secret string) string {
	return key(phonePrint, kindProof) + s.keys.Print("proof", secret)
}
