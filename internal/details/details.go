// Package details is what an entry of the journal says beside what it is found and counted by.
package details

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Details are kept as JSON, without the fields that are zero. They are those of a
// phoneauth.Event.
type Details struct {
	// Phone is masked.
	Phone string `json:"phone,omitempty"`
	// SessionID is that of the event.
	SessionID string `json:"session,omitempty"`
	// Limit is the rule that refused.
	Limit string `json:"limit,omitempty"`
	// Until is when it would admit.
	Until time.Time `json:"until,omitzero"`
	// SendClass is the class of a failed send.
	SendClass string `json:"class,omitempty"`
	// SendFault says whose fault it was.
	SendFault string `json:"fault,omitempty"`
	// SendCode is what the provider said.
	SendCode string `json:"code,omitempty"`
	// Client is the program that signed in.
	Client string `json:"client,omitempty"`
	// Terms is the version of the terms that was accepted.
	Terms string `json:"terms,omitempty"`
	// Place is where it was.
	Place string `json:"place,omitempty"`
	// Device is true when a known device asked.
	Device bool `json:"device,omitempty"`
	// Test is true for a test number.
	Test bool `json:"test,omitempty"`
	// Check is the kind of the human check.
	Check string `json:"check,omitempty"`
	// Level is that of the human check; 0 is none.
	Level int `json:"level,omitempty"`
	// Actor is the operator.
	Actor string `json:"actor,omitempty"`
	// Reason is why the operator acts.
	Reason string `json:"reason,omitempty"`
	// Intent is what the operator is about to do.
	Intent string `json:"intent,omitempty"`
	// Challenge is a print of the challenge whose code was sent.
	Challenge string `json:"challenge,omitempty"`
}

// Read returns what Append has written. Of anything else it returns what it can read.
func Read(data []byte) (d Details) {
	_ = json.Unmarshal(data, &d)
	return d
}

// Append appends d as JSON to b, as [json.Marshal] writes it. It takes a tenth of the time.
func (d *Details) Append(b []byte) []byte {
	b = append(b, '{')
	begun := len(b)
	b = appendText(b, `"phone":`, d.Phone)
	b = appendText(b, `"session":`, d.SessionID)
	b = appendText(b, `"limit":`, d.Limit)
	if !d.Until.IsZero() {
		b = append(b, `"until":`...)
		b = append(d.Until.AppendFormat(append(b, '"'), time.RFC3339Nano), '"', ',')
	}
	b = appendText(b, `"class":`, d.SendClass)
	b = appendText(b, `"fault":`, d.SendFault)
	b = appendText(b, `"code":`, d.SendCode)
	b = appendText(b, `"client":`, d.Client)
	b = appendText(b, `"terms":`, d.Terms)
	b = appendText(b, `"place":`, d.Place)
	if d.Device {
		b = append(b, `"device":true,`...)
	}
	if d.Test {
		b = append(b, `"test":true,`...)
	}
	b = appendText(b, `"check":`, d.Check)
	if d.Level != 0 {
		b = append(strconv.AppendInt(append(b, `"level":`...), int64(d.Level), 10), ',')
	}
	b = appendText(b, `"actor":`, d.Actor)
	b = appendText(b, `"reason":`, d.Reason)
	b = appendText(b, `"intent":`, d.Intent)
	b = appendText(b, `"challenge":`, d.Challenge)
	if len(b) > begun {
		b = b[:len(b)-1] // the last comma
	}
	return append(b, '}')
}

// Fit shortens the longest of the texts that others have chosen, until Append writes at most most
// bytes or nothing is left to shorten.
func (d *Details) Fit(most int) {
	texts := []*string{&d.Reason, &d.Actor, &d.SendCode, &d.Client, &d.Terms, &d.Place, &d.Check}
	for len(d.Append(nil)) > most {
		longest := slices.MaxFunc(texts, func(a, b *string) int { return cmp.Compare(len(*a), len(*b)) })
		if *longest == "" {
			return
		}
		*longest = strings.ToValidUTF8((*longest)[:len(*longest)/2], "")
	}
}

// appendText appends a field and a comma, unless text is empty.
func appendText(b []byte, name, text string) []byte {
	if text == "" {
		return b
	}
	b = append(b, name...)
	if plain(text) {
		b = append(append(append(b, '"'), text...), '"')
	} else {
		quoted, _ := json.Marshal(text) // a text has no error
		b = append(b, quoted...)
	}
	return append(b, ',')
}

// same are the bytes that are the same in JSON.
var same = func() (same [256]bool) {
	for c := ' '; c <= '~'; c++ {
		same[c] = !strings.ContainsRune(`"\<>&`, c)
	}
	return same
}()

// plain reports whether text is the same in JSON.
func plain(text string) bool {
	for i := range len(text) {
		if !same[text[i]] {
			return false
		}
	}
	return true
}
