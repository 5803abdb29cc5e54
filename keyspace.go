package phoneauth

import (
	"strconv"

	"github.com/phoneauth/phoneauth/internal/client"
)

// Every key that the Service hands to a store is made here. The keys are a storage
// promise: what one version has stored, the next one must find.
//
// A key is a print in braces, then the kind, then what tells several of one kind apart.
// Redis Cluster takes what stands in braces for the slot, so all of one phone is one slot.
// The store keeps challenges, limits, lockouts and scores apart, so kinds need only differ
// within each of these.
const (
	// Challenges of a phone.
	kindChallenge = "c" // a code; then the print of purpose, binding and device
	kindProof     = "p" // a verification token; then the print of its secret
	// All known devices but one were ended.
	kindDevicesEnded = "z"

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

// key is where a store finds what is kept under a print.
func key(print, kind string) string { return "{" + print + "}" + kind }

// indexed is the key of the i-th of several limits of one kind.
func indexed(print, kind string, i int) string { return key(print, kind) + strconv.Itoa(i) }

// phonePrint is the fingerprint of a phone. Everything kept about the phone is under it.
func (s *Service) phonePrint(p Phone) string { return s.keys.Print("phone", p.e164) }

// addressPrint is the fingerprint of what a client can easily change addresses within.
func (s *Service) addressPrint(c ClientInfo) string {
	return s.keys.Print("address", client.Block(c.Addr))
}

// servicePrint is the fingerprint of the realm itself.
func (s *Service) servicePrint() string { return s.keys.Print("service") }

// budgetPrint is the fingerprint of a block of numbers or a country, for codes of one
// kind of purpose.
func (s *Service) budgetPrint(rule, what string) string { return s.keys.Print("budget", rule, what) }

// challengeKey is where the challenge of t is. Whoever differs in purpose, binding or
// device has another one, with tries of its own.
func (s *Service) challengeKey(t *target) string {
	return key(t.print, kindChallenge) + s.keys.Print("challenge", t.print, string(t.purpose), t.boundTo, t.device.id)
}

// proofKey is where a proof is. It differs from proof to proof: several of one phone are
// good at once.
func (s *Service) proofKey(phonePrint, secret string) string {
	return key(phonePrint, kindProof) + s.keys.Print("proof", secret)
}
