// Package record writes a message as the JSON object that the console's NewJSON and
// the webhook share.
package record

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/phoneauth/phoneauth"
)

// object is a message in clear; nothing else may hold one. Every field is always there.
type object struct {
	Time    string `json:"time"`
	To      string `json:"to"`
	Body    string `json:"body"`
	Code    string `json:"code"`
	Purpose string `json:"purpose"`
}

// JSON returns m as one line that ends with a newline: time (at, RFC 3339, UTC,
// milliseconds), to (E.164), body, code ("" in notices), purpose. Somebody who reads it can
// sign in as the owner of the number.
func JSON(m phoneauth.Message, at time.Time) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // "<#>" begins texts for Android's SMS Retriever
	err := e.Encode(object{
		Time:    at.UTC().Format("2006-01-02T15:04:05.000Z"),
		To:      m.To.E164(),
		Body:    string(m.Body),
		Code:    string(m.Code),
		Purpose: string(m.Purpose),
	})
	return b.Bytes(), err
}
