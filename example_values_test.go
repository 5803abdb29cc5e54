package phoneauth_test

import (
	"encoding/json"
	"fmt"

	"github.com/phoneauth/phoneauth"
)

// ParsePhone knows every spelling of a number. What it returns prints masked.
func ExampleParsePhone() {
	for _, typed := range []string{"+20 106 179 7840", "0106 179 7840", "201061797840", "call me"} {
		phone, err := phoneauth.ParsePhone(typed, "EG")
		fmt.Println(phone.E164(), phone, err)
	}
	// Output:
	// +201061797840 +20******7840 <nil>
	// +201061797840 +20******7840 <nil>
	// +201061797840 +20******7840 <nil>
	//   phoneauth: invalid phone number
}

// Numbering plans change. A number in your table that parses to another one, or to none,
// belongs to an account that nobody finds any more.
func ExampleStoredPhone() {
	for _, number := range []string{"+5215512345678", "+525512345678"} {
		stored := phoneauth.StoredPhone(number)
		typed, err := phoneauth.ParsePhone(stored.E164(), "")
		fmt.Println(stored.E164(), "is found:", err == nil && typed == stored)
	}
	// Output:
	// +5215512345678 is found: false
	// +525512345678 is found: true
}

// Keys are made once, written by Encode, and read at every start.
func ExampleGenerateKeys() {
	made := phoneauth.GenerateKeys()
	file := made.Encode() // os.WriteFile("phoneauth.key", file, 0o600)

	keys, err := phoneauth.ParseKeys(file)
	fmt.Println(len(keys.Secrets), keys.Secrets[0].ID, err)
	// Output:
	// 1 1 <nil>
}

// Nothing but Encode writes keys: what prints or encodes them shows that there are some.
func ExampleKeys_Encode() {
	keys := phoneauth.GenerateKeys()
	text, _ := json.Marshal(map[string]any{"keys": keys})
	fmt.Println(string(text))
	fmt.Println(keys)
	// Output:
	// {"keys":"[redacted]"}
	// [redacted]
}

// ParseKeys names what is wrong, and quotes nothing of the file.
func ExampleParseKeys() {
	_, err := phoneauth.ParseKeys([]byte(`{"index": "c2hvcnQ=", "secrets": []}`))
	fmt.Println(err)
	// Output:
	// phoneauth: keys: Keys.Index: must be at least 32 bytes, has 5
	// phoneauth: keys: Keys.Secrets: is required
}

// A Secret prints redacted. Converting it to string is the one way to its value.
func ExampleSecret() {
	token := phoneauth.Secret("eyJhbGciOiJIUzI1NiJ9")
	fmt.Println(token)
	fmt.Println(string(token))
	// Output:
	// [redacted]
	// eyJhbGciOiJIUzI1NiJ9
}

func ExampleSegments() {
	for _, text := range []string{
		"012345 est votre code de connexion à Acme.",
		"012345 est votre code reçu d'Acme.",
	} {
		n, encoding := phoneauth.Segments(text)
		fmt.Println(n, encoding)
	}
	// Output:
	// 1 GSM-7
	// 1 UCS-2
}
